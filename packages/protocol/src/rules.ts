// `@vertex/protocol/rules`: what generated validators import. They hold the rules of a schema as code; this holds
// what the rules have in common.

export { formats } from "./rules/formats.ts";
export { type Automaton, pattern } from "./rules/match.ts";
export {
  bytesAt,
  bytesOf,
  bytesWith,
  characters,
  compareNow,
  compareTime,
  matchesText,
  pathsOutside,
  pathsWithin,
  sameBytes,
  samePaths,
  unique,
  utf8Bytes,
} from "./rules/values.ts";
export {
  explain,
  MAX_RULE_DEPTH,
  MAX_VIOLATIONS,
  type RuleTable,
  subscript,
  tooDeep,
  type Violation,
} from "./rules/violation.ts";
