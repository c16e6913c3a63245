// The checks of one value by its type, from the rules that a field, an item, a key or a map's value has.

import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { Check, Refusal } from "./check.ts";
import { clockChecks, type Order, orderedChecks } from "./number-checks.ts";
import { listOf, type Rule, type RuleSet, setAt } from "./read-rules.ts";
import { bytesChecks, stringChecks } from "./text-checks.ts";

/** What a value is. */
export type ValueType =
  | { readonly kind: "scalar"; readonly scalar: ScalarType }
  | { readonly kind: "enum"; readonly desc: DescEnum }
  | { readonly kind: "message"; readonly desc: DescMessage };

/** Takes what is refused, with the field numbers that lead there from the rules of the value. */
export type Refuse = (refusal: Refusal) => void;

const WIDE: ReadonlySet<string> = new Set(["int64", "uint64", "sint64", "fixed64", "sfixed64"]);

/** Messages with rules of their own. */
const FAMILIES: ReadonlyMap<string, string> = new Map([
  ["google.protobuf.Any", "any"],
  ["google.protobuf.Duration", "duration"],
  ["google.protobuf.Timestamp", "timestamp"],
  ["google.protobuf.FieldMask", "field_mask"],
]);

/** Wrappers, which are the value they hold, or nothing. */
const WRAPPERS: ReadonlyMap<string, ScalarType> = new Map([
  ["google.protobuf.BoolValue", ScalarType.BOOL],
  ["google.protobuf.Int32Value", ScalarType.INT32],
  ["google.protobuf.UInt32Value", ScalarType.UINT32],
  ["google.protobuf.Int64Value", ScalarType.INT64],
  ["google.protobuf.UInt64Value", ScalarType.UINT64],
  ["google.protobuf.FloatValue", ScalarType.FLOAT],
  ["google.protobuf.DoubleValue", ScalarType.DOUBLE],
  ["google.protobuf.StringValue", ScalarType.STRING],
  ["google.protobuf.BytesValue", ScalarType.BYTES],
]);

/** What a value of a field, or of its items, is. */
export function valueTypeOf(field: DescField): ValueType {
  if (field.message !== undefined) return { kind: "message", desc: field.message };
  if (field.enum !== undefined) return { kind: "enum", desc: field.enum };
  return { kind: "scalar", scalar: field.scalar ?? ScalarType.STRING };
}

/** The family of rules that such values take: "int32", "any"; undefined for messages that take none. */
function familyOf(type: ValueType): string | undefined {
  if (type.kind === "enum") return "enum";
  const scalar = type.kind === "scalar" ? type.scalar : WRAPPERS.get(type.desc.typeName);
  if (scalar !== undefined) return ScalarType[scalar].toLowerCase();
  return type.kind === "message" ? FAMILIES.get(type.desc.typeName) : undefined;
}

/** The family of rules that is set, whatever it fits. */
function givenFamily(rules: RuleSet): Rule | undefined {
  return [...rules.rules.values()].find(
    ({ name }) => !["cel", "cel_expression", "required", "ignore"].includes(name),
  );
}

/**
 * The checks of a value.
 * @param rules a FieldRules.
 */
export function valueChecks(type: ValueType, rules: RuleSet | undefined, refuse: Refuse): Check[] {
  const given = rules && givenFamily(rules);
  if (rules === undefined || given === undefined) return [];
  const family = familyOf(type);
  if (given.name !== family) {
    const fit = family === undefined ? "it takes none" : `use those of ${family}`;
    refuse({ path: [given.number], text: `rules of ${given.name} do not fit the type of the field; ${fit}` });
    return [];
  }
  const set = setAt(rules, family);
  if (set === undefined) return [];
  const inside: Refuse = ({ path, text }) => refuse({ path: [given.number, ...path], text });
  return familyChecks(type, family, set, inside);
}

function familyChecks(type: ValueType, family: string, set: RuleSet, refuse: Refuse): Check[] {
  switch (family) {
    case "string":
      return stringChecks(set, refuse);
    case "bytes":
      return bytesChecks(set, refuse);
    case "enum":
      return enumChecks(set, (type as { readonly desc: DescEnum }).desc);
    case "any":
      return listChecks("any", "typeUrl", set);
    case "field_mask":
      return listChecks("field_mask", "paths", set);
    case "timestamp":
      return [...orderedChecks(family, "time", set), ...clockChecks(set)];
    default:
      return orderedChecks(family, orderOf(family), set);
  }
}

function orderOf(family: string): Order {
  if (family === "duration") return "time";
  return WIDE.has(family) ? "bigint" : "number";
}

function enumChecks(set: RuleSet, desc: DescEnum): Check[] {
  const checks = orderedChecks("enum", "number", set);
  if (set.rules.get("defined_only")?.value !== true) return checks;
  const value = [...new Set(desc.values.map(({ number }) => number))];
  const text = "value must be one of the defined enum values";
  return [...checks, { keyword: "enum", value, rule: "enum.defined_only", text }];
}

const LIST_TEXTS: { readonly [rule: string]: string } = {
  "any.in": "type URL must be in the allow list",
  "any.not_in": "type URL must not be in the block list",
  "field_mask.const": "must equal paths ",
  "field_mask.in": "must only contain paths in ",
  "field_mask.not_in": "must not contain any paths in ",
};

function listChecks(family: string, keyword: string, set: RuleSet): Check[] {
  return [...set.rules.values()].flatMap((rule) => {
    const id = `${family}.${rule.name}`;
    const text = LIST_TEXTS[id];
    if (text === undefined) return [];
    const inner = setAt(set, rule.name)?.rules.get("paths");
    const values = (inner === undefined ? listOf(rule) : listOf(inner)).filter(
      (each) => typeof each === "string",
    );
    const shown = text.endsWith(" ") ? `${text}[${values.join(", ")}]` : text;
    return [{ keyword, value: [rule.name, ...values], rule: id, text: shown }];
  });
}

/** Checks of a list itself. */
export function listFieldChecks(set: RuleSet | undefined, items: ValueType, refuse: Refuse): Check[] {
  return [...(set?.rules.values() ?? [])].flatMap((rule): Check[] => {
    const id = `repeated.${rule.name}`;
    const count = Number(rule.value);
    if (rule.name === "min_items") {
      return [
        { keyword: "minItems", value: count, rule: id, text: `must contain at least ${count} item(s)` },
      ];
    }
    if (rule.name === "max_items") {
      return [
        { keyword: "maxItems", value: count, rule: id, text: `must contain no more than ${count} item(s)` },
      ];
    }
    if (rule.name !== "unique" || rule.value !== true) return [];
    if (items.kind === "message" && !WRAPPERS.has(items.desc.typeName)) {
      refuse({ path: [rule.number], text: "messages cannot be compared; remove the rule unique" });
    }
    return [{ keyword: "unique", value: true, rule: id, text: "repeated value must contain unique items" }];
  });
}

/** Checks of a map itself. */
export function mapFieldChecks(set: RuleSet | undefined): Check[] {
  return [...(set?.rules.values() ?? [])].flatMap((rule): Check[] => {
    const count = Number(rule.value);
    if (rule.name !== "min_pairs" && rule.name !== "max_pairs") return [];
    const [bound, words] = rule.name === "min_pairs" ? ["min", "at least"] : ["max", "at most"];
    return [
      {
        keyword: "pairs",
        value: [bound, count],
        rule: `map.${rule.name}`,
        text: `map must be ${words} ${count} entries`,
      },
    ];
  });
}
