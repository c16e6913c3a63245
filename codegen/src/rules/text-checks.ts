// Checks for text and bytes.

import type { Check, Json, Refusal } from "./check.ts";
import { compilePattern } from "./pattern-automaton.ts";
import { PatternError } from "./pattern-parse.ts";
import { listOf, type Rule, type RuleSet } from "./read-rules.ts";

/** Formats by their rules, as violations name them. */
const FORMATS: ReadonlyMap<string, string> = new Map([
  ["email", "email address"],
  ["hostname", "hostname"],
  ["ip", "IP address"],
  ["ipv4", "IPv4 address"],
  ["ipv6", "IPv6 address"],
  ["uri", "URI"],
  ["uri_ref", "URI Reference"],
  ["address", "hostname, or ip address"],
  ["uuid", "UUID"],
  ["tuuid", "trimmed UUID"],
  ["ip_with_prefixlen", "IP prefix"],
  ["ipv4_with_prefixlen", "IPv4 address with prefix length"],
  ["ipv6_with_prefixlen", "IPv6 address with prefix length"],
  ["ip_prefix", "IP prefix"],
  ["ipv4_prefix", "IPv4 prefix"],
  ["ipv6_prefix", "IPv6 prefix"],
  ["host_and_port", "host (hostname or IP address) and port pair"],
  ["ulid", "ULID"],
  ["protobuf_fqn", "fully-qualified Protobuf name"],
  ["protobuf_dot_fqn", "fully-qualified Protobuf name with a leading dot"],
]);
/** What `format` can be: `formats` of the runtime has all of them. */
export const FORMAT_NAMES: readonly string[] = [
  ...FORMATS.keys(),
  ...["header_name", "header_name_loose", "header_value", "header_value_loose"],
];
/** Lengths that bytes of a format have. */
const SIZES: ReadonlyMap<string, { readonly sizes: readonly number[]; readonly name: string }> = new Map([
  ["ip", { sizes: [4, 16], name: "IP address" }],
  ["ipv4", { sizes: [4], name: "IPv4 address" }],
  ["ipv6", { sizes: [16], name: "IPv6 address" }],
  ["uuid", { sizes: [16], name: "UUID" }],
]);
const HEADER_NAME = 1;
const HEADER_VALUE = 2;

/** Checks of text. What cannot be compiled goes to `refuse`, with its path below the rules of text. */
export function stringChecks(set: RuleSet, refuse: (refusal: Refusal) => void): Check[] {
  const strict = set.rules.get("strict")?.value !== false;
  return [...set.rules.values()].flatMap((rule) => {
    if (rule.name === "pattern") return patternChecks(rule, "string", refuse);
    if (rule.name === "well_known_regex") return headerChecks(rule.value as number, strict);
    return FORMATS.has(rule.name) ? formatChecks(rule) : stringCheck(rule);
  });
}

function stringCheck(rule: Rule): Check[] {
  const { name, value } = rule;
  const check = (keyword: string, schema: Json, text: string): Check[] => [
    { keyword, value: schema, rule: `string.${name}`, text },
  ];
  const texts = listOf(rule).map(String);
  switch (name) {
    case "const":
      return check("const", String(value), `must equal \`${value}\``);
    case "len":
      return check("characters", ["is", Number(value)], `must be ${value} characters`);
    case "min_len":
      return check("minLength", Number(value), `must be at least ${value} characters`);
    case "max_len":
      return check("maxLength", Number(value), `must be at most ${value} characters`);
    case "len_bytes":
      return check("utf8", ["is", Number(value)], `must be ${value} bytes`);
    case "min_bytes":
      return check("utf8", ["min", Number(value)], `must be at least ${value} bytes`);
    case "max_bytes":
      return check("utf8", ["max", Number(value)], `must be at most ${value} bytes`);
    case "prefix":
      return check("text", ["startsWith", String(value)], `does not have prefix \`${value}\``);
    case "suffix":
      return check("text", ["endsWith", String(value)], `does not have suffix \`${value}\``);
    case "contains":
      return check("text", ["includes", String(value)], `does not contain substring \`${value}\``);
    case "not_contains":
      return check("not", { text: ["includes", String(value)] }, `contains substring \`${value}\``);
    case "in":
      return check("enum", texts, `must be in list [${texts.join(", ")}]`);
    case "not_in":
      return check("not", { enum: texts }, `must not be in list [${texts.join(", ")}]`);
    default:
      return [];
  }
}

function formatChecks({ name, value }: Rule): Check[] {
  const what = FORMATS.get(name);
  if (value !== true) return [];
  const check = { keyword: "format", value: name, rule: `string.${name}`, text: `must be a valid ${what}` };
  return name === "uri_ref" ? [check] : [check, notEmpty(`string.${name}`, what ?? "")];
}

/** An empty text is told so by a rule of its own. */
function notEmpty(rule: string, what: string): Check {
  const text = `value is empty, which is not a valid ${what.replace("host (hostname or IP address)", "host")}`;
  return { keyword: "minLength", value: 1, rule: `${rule}_empty`, text };
}

function headerChecks(known: number, strict: boolean): Check[] {
  const suffix = strict ? "" : "_loose";
  const rule = "string.well_known_regex.header";
  if (known === HEADER_NAME) {
    const what = "HTTP header name";
    const check = { keyword: "format", value: `header_name${suffix}`, rule: `${rule}_name` };
    return [{ ...check, text: `must be a valid ${what}` }, notEmpty(`${rule}_name`, what)];
  }
  if (known !== HEADER_VALUE) return [];
  const check = { keyword: "format", value: `header_value${suffix}`, rule: `${rule}_value` };
  return [{ ...check, text: "must be a valid HTTP header value" }];
}

function patternChecks(rule: Rule, family: "string" | "bytes", refuse: (refusal: Refusal) => void): Check[] {
  const source = String(rule.value);
  try {
    compilePattern(source);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const text = `the pattern ${JSON.stringify(source)} cannot be compiled to one step a character: ${error.message}`;
    refuse({ path: [rule.number], text: `${text}; change it` });
    return [];
  }
  return family === "string"
    ? [
        {
          keyword: "matches",
          value: source,
          rule: "string.pattern",
          text: `does not match regex pattern \`${source}\``,
        },
      ]
    : [
        {
          keyword: "matchesText",
          value: source,
          rule: "bytes.pattern",
          text: `must match regex pattern \`${source}\``,
        },
      ];
}

/** Checks of bytes. */
export function bytesChecks(set: RuleSet, refuse: (refusal: Refusal) => void): Check[] {
  return [...set.rules.values()].flatMap((rule) =>
    rule.name === "pattern" ? patternChecks(rule, "bytes", refuse) : bytesCheck(rule),
  );
}

function bytesCheck(rule: Rule): Check[] {
  const { name, value } = rule;
  const check = (keyword: string, schema: Json, text: string): Check[] => [
    { keyword, value: schema, rule: `bytes.${name}`, text },
  ];
  const known = SIZES.get(name);
  if (known !== undefined) return value === true ? sizeChecks(name, known.sizes, known.name) : [];
  switch (name) {
    case "len":
      return check("size", ["is", Number(value)], `must be ${value} bytes`);
    case "min_len":
      return check("size", ["min", Number(value)], `must be at least ${value} bytes`);
    case "max_len":
      return check("size", ["max", Number(value)], `must be at most ${value} bytes`);
    case "prefix":
    case "suffix":
      return check("bytes", [name, latin1(value)], `does not have ${name} ${hex(value)}`);
    case "contains":
      return check("bytes", [name, latin1(value)], `does not contain ${hex(value)}`);
    case "const":
    case "in":
    case "not_in":
      return check(
        "listed",
        { type: "bytes", values: listOf(rule).map(latin1), not: name === "not_in" },
        listText(rule),
      );
    default:
      return [];
  }
}

function listText(rule: Rule): string {
  if (rule.name === "const") return `must be ${hex(rule.value)}`;
  return `must ${rule.name === "in" ? "" : "not "}be in list [${listOf(rule).map(hex).join(", ")}]`;
}

function sizeChecks(name: string, sizes: readonly number[], what: string): Check[] {
  const text = `value is empty, which is not a valid ${what}`;
  return [
    { keyword: "size", value: ["in", 0, ...sizes], rule: `bytes.${name}`, text: `must be a valid ${what}` },
    { keyword: "size", value: ["min", 1], rule: `bytes.${name}_empty`, text },
  ];
}

function latin1(value: unknown): string {
  return Buffer.from(value as Uint8Array).toString("latin1");
}

function hex(value: unknown): string {
  return Buffer.from(value as Uint8Array).toString("hex");
}
