// Checks for numbers, and for what is ordered like them: 64-bit integers, durations, timestamps.

import type { Check, Json } from "./check.ts";
import { isRuleSet, listOf, type Rule, type RuleSet, type RuleValue } from "./read-rules.ts";

/** How values of a family compare in JavaScript. Times are written `[seconds, nanos]`, 64-bit integers as text. */
export type Order = "number" | "bigint" | "time";

const KEYWORDS: { readonly [bound: string]: string } = {
  gt: "exclusiveMinimum",
  gte: "minimum",
  lt: "exclusiveMaximum",
  lte: "maximum",
};
const WORDS: { readonly [bound: string]: string } = {
  gt: "greater than",
  gte: "greater than or equal to",
  lt: "less than",
  lte: "less than or equal to",
};

/**
 * Checks of one of the numeric families.
 * @param family its name in rule ids: "int32", "timestamp".
 */
export function orderedChecks(family: string, order: Order, set: RuleSet): Check[] {
  const named = (rule: string): Rule[] => [...set.rules.values()].filter(({ name }) => name === rule);
  const checks: Check[] = [];
  for (const rule of named("const")) {
    checks.push(listed(family, order, rule, "const", `must equal ${shown(rule.value, family)}`));
  }
  checks.push(...rangeChecks(family, order, set));
  for (const rule of named("in")) {
    checks.push(listed(family, order, rule, "in", `must be in list ${shown(rule.value, family)}`));
  }
  for (const rule of named("not_in")) {
    checks.push(listed(family, order, rule, "not_in", `must not be in list ${shown(rule.value, family)}`));
  }
  if (set.rules.get("finite")?.value === true) {
    checks.push({ keyword: "finite", value: true, rule: `${family}.finite`, text: "must be finite" });
  }
  return checks;
}

function listed(family: string, order: Order, rule: Rule, name: string, text: string): Check {
  const values = listOf(rule).map((value) => literal(value));
  const common = { rule: `${family}.${name}`, text };
  if (order !== "number") {
    return { ...common, keyword: "listed", value: { type: order, values, not: name === "not_in" } };
  }
  return name === "not_in"
    ? { ...common, keyword: "not", value: { enum: values } }
    : { ...common, keyword: "enum", value: values };
}

function rangeChecks(family: string, order: Order, set: RuleSet): Check[] {
  const low = set.rules.get("gt") ?? set.rules.get("gte");
  const high = set.rules.get("lt") ?? set.rules.get("lte");
  const words = [low, high].map((rule) => rule && `${WORDS[rule.name]} ${shown(rule.value, family)}`);
  if (low !== undefined && high !== undefined) {
    const inside = !precedes(high.value, low.value);
    const rule = `${family}.${low.name}_${high.name}${inside ? "" : "_exclusive"}`;
    const text = `must be ${words[0]} ${inside ? "and" : "or"} ${words[1]}`;
    return [
      { keyword: "range", value: { type: order, ...boundOf(low), ...boundOf(high), inside }, rule, text },
    ];
  }
  const only = low ?? high;
  if (only === undefined) return [];
  const rule = `${family}.${only.name}`;
  const text = `must be ${words[0] ?? words[1]}`;
  if (order === "number") {
    return [{ keyword: KEYWORDS[only.name] ?? "", value: literal(only.value), rule, text }];
  }
  return [{ keyword: "range", value: { type: order, ...boundOf(only), inside: true }, rule, text }];
}

function boundOf(rule: Rule): { readonly [key: string]: Json } {
  return { [rule.name]: literal(rule.value) };
}

/** A value as a keyword holds it. */
function literal(value: RuleValue): Json {
  if (typeof value === "bigint") return String(value);
  if (isRuleSet(value)) return partsOf(value).map(String);
  return value as number;
}

/** Seconds and nanoseconds of a duration or timestamp. */
function partsOf(value: RuleValue): [seconds: bigint, nanos: number] {
  const field = (name: string): RuleValue | undefined =>
    isRuleSet(value) ? value.rules.get(name)?.value : undefined;
  return [BigInt((field("seconds") as bigint | undefined) ?? 0n), Number(field("nanos") ?? 0)];
}

function precedes(a: RuleValue, b: RuleValue): boolean {
  if (!isRuleSet(a)) return (a as number) < (b as number);
  const [seconds, nanos] = partsOf(a);
  const [otherSeconds, otherNanos] = partsOf(b);
  return seconds < otherSeconds || (seconds === otherSeconds && nanos < otherNanos);
}

/** A value as a sentence shows it. */
function shown(value: RuleValue, family: string): string {
  if (Array.isArray(value)) return `[${value.map((each) => shown(each, family)).join(", ")}]`;
  if (!isRuleSet(value as RuleValue)) return String(value);
  return family === "timestamp" ? showTimestamp(value) : showDuration(value);
}

/** `1.5s`. */
function showDuration(value: RuleValue): string {
  const [seconds, nanos] = partsOf(value);
  const negative = seconds < 0n || nanos < 0;
  const whole = seconds < 0n ? -seconds : seconds;
  const rest = nanos === 0 ? "" : `.${String(Math.abs(nanos)).padStart(9, "0").replace(/0+$/, "")}`;
  return `${negative ? "-" : ""}${whole}${rest}s`;
}

/** ISO 8601, as far as dates of JavaScript reach. */
function showTimestamp(value: RuleValue): string {
  const [seconds, nanos] = partsOf(value);
  const date = new Date(Number(seconds) * 1_000);
  if (Number.isNaN(date.getTime())) return `${seconds}s after 1970`;
  const rest = nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
  return date.toISOString().replace(".000Z", `${rest}Z`);
}

/** Checks of a timestamp against the clock. */
export function clockChecks(set: RuleSet): Check[] {
  const checks: Check[] = [];
  if (set.rules.get("lt_now")?.value === true) {
    checks.push({
      keyword: "now",
      value: { before: true },
      rule: "timestamp.lt_now",
      text: "must be less than now",
    });
  }
  if (set.rules.get("gt_now")?.value === true) {
    checks.push({
      keyword: "now",
      value: { after: true },
      rule: "timestamp.gt_now",
      text: "must be greater than now",
    });
  }
  const within = set.rules.get("within");
  if (within !== undefined) {
    const text = `must be within ${showDuration(within.value)} of now`;
    checks.push({ keyword: "now", value: { within: literal(within.value) }, rule: "timestamp.within", text });
  }
  return checks;
}
