// Rules that this generator does not compile. They are refused by name: a rule that is left out would be a promise
// that nobody keeps.

import type { Registry } from "@bufbuild/protobuf";
import type { Refusal } from "./check.ts";
import { isRuleSet, type RuleSet } from "./read-rules.ts";

/** Everything in `set` that cannot be compiled, however deep. */
export function unsupportedIn(set: RuleSet, registry: Registry): Refusal[] {
  const found: Refusal[] = set.unknown.map((number) => ({
    path: [number],
    text: unknownText(set.type, number, registry),
  }));
  for (const rule of set.rules.values()) {
    if (rule.name === "cel" || rule.name === "cel_expression") {
      found.push({
        path: [rule.number],
        text: `${rule.name} is not supported; use standard rules, or check it in the handler`,
      });
      continue;
    }
    // Rules of one rule stand below it: repeated.items, map.keys.
    const { value } = rule;
    if (!isRuleSet(value) || !value.type.startsWith("buf.validate.")) continue;
    found.push(
      ...unsupportedIn(value, registry).map(({ path, text }) => ({ path: [rule.number, ...path], text })),
    );
  }
  return found;
}

function unknownText(type: string, number: number, registry: Registry): string {
  for (const each of registry) {
    if (each.kind === "extension" && each.number === number && each.extendee.typeName === type) {
      return `the predefined rule (${each.typeName}) is not supported; use standard rules, or check it in the handler`;
    }
  }
  return `rule ${number} of ${type} is not known; it may be newer than this generator`;
}
