// The rules of one message as a JSON schema over what the generated code calls its fields, and the table that leads
// from a failed check back to field and rule.

import type { DescField, DescMessage, DescOneof } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import { camelCase } from "../names.ts";
import type { Check, Json } from "./check.ts";
import {
  listFieldChecks,
  mapFieldChecks,
  type Refuse,
  type ValueType,
  valueChecks,
  valueTypeOf,
} from "./field-checks.ts";
import { flagAt, type RuleSet, readRules, setAt } from "./read-rules.ts";

type JsonObject = { [key: string]: Json };

/** How an absent value of a field without presence looks. */
export type Zero = "number" | "bigint" | "string" | "boolean" | "bytes" | "list" | "map" | number;

/** One row of the table: field, rule, text, and whether it is about a map's key. */
export type TableRow = readonly [field: string, rule?: string, text?: string, forKey?: boolean];

/** A message that has rules, or holds one that does. */
export interface CompiledRules {
  readonly schema: JsonObject;
  readonly table: ReadonlyMap<string, TableRow>;
}

/** What compiling needs to know of other messages. */
export interface RuleScope {
  /** Whether that message is validated at all. */
  isGuarded(typeName: string): boolean;
  /** Takes what cannot be compiled, at `desc`; the path begins at its options. */
  refuse(desc: DescField | DescOneof | DescMessage, path: readonly number[], text: string): void;
}

const IF_ZERO_VALUE = 1;
const ALWAYS = 3;

/** Whether values of that kind are to be skipped whatever they are. */
export function isIgnored(rules: RuleSet | undefined): boolean {
  return rules?.rules.get("ignore")?.value === ALWAYS;
}

/** The rules of a field; undefined if it has none. */
export function fieldRules(field: DescField): RuleSet | undefined {
  return readRules(field.proto.options, "FieldRules");
}

/** Compiles the rules of `message`. */
export function compileMessage(message: DescMessage, scope: RuleScope): CompiledRules {
  return new MessageCompiler(message, scope).compile();
}

class MessageCompiler {
  readonly #message: DescMessage;
  readonly #scope: RuleScope;
  readonly #table = new Map<string, TableRow>();
  readonly #properties: JsonObject = {};
  readonly #whole: Json[] = [];
  readonly #together: { readonly fields: readonly string[]; readonly required: boolean }[];

  constructor(message: DescMessage, scope: RuleScope) {
    this.#message = message;
    this.#scope = scope;
    this.#together = togetherRules(message);
  }

  compile(): CompiledRules {
    for (const field of this.#message.fields) this.#field(field);
    for (const oneof of this.#message.oneofs) {
      if (!flagAt(readRules(oneof.proto.options, "OneofRules"), "required")) continue;
      this.#demand({ set: { property: camelCase(oneof.name) } }, [
        oneof.name,
        "required",
        "exactly one field is required in oneof",
      ]);
    }
    this.#togetherChecks();
    const schema: JsonObject = { properties: this.#properties };
    if (this.#whole.length > 0) schema.allOf = this.#whole;
    return { schema, table: this.#table };
  }

  /** Adds a check of the message as a whole. */
  #demand(check: Json, row: TableRow): void {
    this.#table.set(`#/allOf/${this.#whole.length}`, row);
    this.#whole.push(check);
  }

  #togetherChecks(): void {
    for (const { fields, required } of this.#together) {
      const members = fields.map((name) => this.#message.fields.find((field) => field.name === name));
      const problem = problemOf(fields, members);
      if (problem !== undefined) {
        this.#scope.refuse(this.#message, [4], problem);
        continue;
      }
      const tests = members.flatMap((field) => (field === undefined ? [] : [presenceOf(field)]));
      const names = fields.join(", ");
      this.#demand({ together: { tests, most: 1 } }, [
        "",
        "message.oneof",
        `only one of ${names} can be set`,
      ]);
      if (required) {
        this.#demand({ together: { tests, least: 1 } }, ["", "message.oneof", `one of ${names} must be set`]);
      }
    }
  }

  #field(field: DescField): void {
    const rules = fieldRules(field);
    if (isIgnored(rules)) return;
    const zero = zeroOf(field);
    const required = flagAt(rules, "required");
    if (required) this.#required(field, zero);
    const schema =
      zero !== undefined && (required || this.#skipsZero(field, rules))
        ? this.#filledValue(field, rules, zero, required)
        : this.#fieldValue(field, rules, pointerOf(field));
    if (Object.keys(schema).length > 0) this.#place(field, schema);
  }

  #required(field: DescField, zero: Zero | undefined): void {
    const row: TableRow = [field.name, "required", "value is required"];
    if (zero === undefined) this.#demand({ set: presenceOf(field) }, row);
    else this.#table.set(pointerOf(field), row);
  }

  /** The rules of a field that says nothing when it is zero. */
  #filledValue(field: DescField, rules: RuleSet | undefined, zero: Zero, required: boolean): JsonObject {
    const inner = this.#fieldValue(field, rules, `${pointerOf(field)}/whenFilled/rules`);
    return {
      ...(required && { filled: zero }),
      ...(Object.keys(inner).length > 0 && { whenFilled: { zero, rules: inner } }),
    };
  }

  /** Rules do not look at a value that says nothing. */
  #skipsZero(field: DescField, rules: RuleSet | undefined): boolean {
    const ignore = rules?.rules.get("ignore")?.value;
    if (ignore !== undefined) return ignore === IF_ZERO_VALUE;
    return this.#together.some(({ fields }) => fields.includes(field.name));
  }

  #fieldValue(field: DescField, rules: RuleSet | undefined, pointer: string): JsonObject {
    const refuse = this.#refuser(field, []);
    if (field.fieldKind === "list") return this.#list(field, rules, pointer, refuse);
    if (field.fieldKind === "map") return this.#map(field, rules, pointer);
    return this.#value(valueTypeOf(field), rules, pointer, field.name, refuse, false);
  }

  #refuser(field: DescField, before: readonly number[]): Refuse {
    return ({ path, text }) => this.#scope.refuse(field, [...before, ...path], text);
  }

  #list(
    field: DescField & { fieldKind: "list" },
    rules: RuleSet | undefined,
    pointer: string,
    refuse: Refuse,
  ): JsonObject {
    const set = this.#holder(field, rules, "repeated");
    const type = valueTypeOf(field);
    const own = this.#checks(listFieldChecks(set, type, refuse), pointer, field.name, false);
    const items = this.#element(type, setAt(set, "items"), `${pointer}/each`, field, [18, 4], false);
    return Object.keys(items).length === 0 ? own : { ...own, each: items };
  }

  #map(field: DescField & { fieldKind: "map" }, rules: RuleSet | undefined, pointer: string): JsonObject {
    const set = this.#holder(field, rules, "map");
    const own = this.#checks(mapFieldChecks(set), pointer, field.name, false);
    const keyType: ValueType = { kind: "scalar", scalar: field.mapKey };
    const keys = this.#element(keyType, setAt(set, "keys"), `${pointer}/entries/keys`, field, [19, 4], true);
    const values = this.#element(
      valueTypeOf(field),
      setAt(set, "values"),
      `${pointer}/entries/values`,
      field,
      [19, 5],
      false,
    );
    const entries: JsonObject = {
      ...(Object.keys(keys).length > 0 && { keys }),
      ...(Object.keys(values).length > 0 && { values }),
    };
    return Object.keys(entries).length === 0 ? own : { ...own, entries };
  }

  /** The rules of a list or a map; others do not fit. */
  #holder(field: DescField, rules: RuleSet | undefined, family: string): RuleSet | undefined {
    for (const rule of rules?.rules.values() ?? []) {
      if (["cel", "cel_expression", "required", "ignore", family].includes(rule.name)) continue;
      const text = `rules of ${rule.name} do not fit the field; use those of ${family}`;
      this.#scope.refuse(field, [rule.number], text);
    }
    return setAt(rules, family);
  }

  /** Items, keys and values of maps: they have rules and no presence, so that `required` says nothing of them. */
  #element(
    type: ValueType,
    rules: RuleSet | undefined,
    pointer: string,
    field: DescField,
    path: readonly number[],
    forKey: boolean,
  ): JsonObject {
    if (isIgnored(rules)) return {};
    const refuse = this.#refuser(field, path);
    const skips = rules?.rules.get("ignore")?.value === IF_ZERO_VALUE && type.kind !== "message";
    if (!skips) return this.#value(type, rules, pointer, field.name, refuse, forKey);
    const inner = this.#value(type, rules, `${pointer}/whenFilled/rules`, field.name, refuse, forKey);
    return Object.keys(inner).length === 0 ? {} : { whenFilled: { zero: zeroOfType(type), rules: inner } };
  }

  #value(
    type: ValueType,
    rules: RuleSet | undefined,
    pointer: string,
    field: string,
    refuse: Refuse,
    forKey: boolean,
  ): JsonObject {
    const checks = valueChecks(type, rules, refuse);
    const own = this.#checks(checks, pointer, field, forKey);
    if (type.kind !== "message" || !this.#scope.isGuarded(type.desc.typeName)) return own;
    this.#table.set(pointer, [field]);
    return { ...own, message: type.desc.typeName };
  }

  #checks(checks: readonly Check[], pointer: string, field: string, forKey: boolean): JsonObject {
    checks.forEach(({ rule, text }, index) => {
      const row: TableRow = forKey ? [field, rule, text, true] : [field, rule, text];
      this.#table.set(`${pointer}/allOf/${index}`, row);
    });
    return checks.length === 0 ? {} : { allOf: checks.map(({ keyword, value }) => ({ [keyword]: value })) };
  }

  /** Puts the schema of a field where its value stands. */
  #place(field: DescField, schema: JsonObject): void {
    if (!isMember(field)) {
      this.#properties[camelCase(field.name)] = schema;
      return;
    }
    const name = camelCase(field.oneof.name);
    const holder = (this.#properties[name] ?? { cases: {} }) as { readonly cases: JsonObject };
    holder.cases[camelCase(field.name)] = schema;
    this.#properties[name] = holder;
  }
}

/** `(buf.validate.message).oneof`: of these fields, one at most. */
function togetherRules(message: DescMessage): { fields: string[]; required: boolean }[] {
  const value = readRules(message.proto.options, "MessageRules")?.rules.get("oneof")?.value;
  const sets = (Array.isArray(value) ? value : []) as RuleSet[];
  return sets.map((set) => ({
    fields: ((set.rules.get("fields")?.value as string[] | undefined) ?? []).map(String),
    required: flagAt(set, "required"),
  }));
}

function problemOf(
  fields: readonly string[],
  members: readonly (DescField | undefined)[],
): string | undefined {
  if (fields.length === 0) return "a oneof rule names no fields; name them";
  const missing = fields.find((_, index) => members[index] === undefined);
  if (missing !== undefined)
    return `a oneof rule names ${JSON.stringify(missing)}, which is no field; correct it`;
  return new Set(fields).size < fields.length ? "a oneof rule names a field twice; correct it" : undefined;
}

/** True for the fields of a oneof that was written as one. */
export function isMember(field: DescField): field is DescField & { readonly oneof: DescOneof } {
  return field.oneof !== undefined;
}

function pointerOf(field: DescField): string {
  if (!isMember(field)) return `#/properties/${camelCase(field.name)}`;
  return `#/properties/${camelCase(field.oneof.name)}/cases/${camelCase(field.name)}`;
}

/** How the field looks when it is not set; undefined when it is then `undefined`. */
function zeroOf(field: DescField): Zero | undefined {
  if (field.fieldKind === "list") return "list";
  if (field.fieldKind === "map") return "map";
  if (field.presence !== Presence.IMPLICIT) return undefined;
  return zeroOfType(valueTypeOf(field));
}

function zeroOfType(type: ValueType): Zero {
  if (type.kind === "enum") return type.desc.values[0]?.number ?? 0;
  if (type.kind === "message") return "number";
  return ZEROS[type.scalar] ?? "number";
}

/** By ScalarType; the rest are numbers. */
const ZEROS: { readonly [scalar: number]: Zero } = {
  3: "bigint",
  4: "bigint",
  6: "bigint",
  8: "boolean",
  9: "string",
  12: "bytes",
  16: "bigint",
  18: "bigint",
};

/** How to see whether the field is set. */
function presenceOf(field: DescField): Json {
  if (isMember(field)) return { oneof: camelCase(field.oneof.name), member: camelCase(field.name) };
  const zero = zeroOf(field);
  return zero === undefined ? { property: camelCase(field.name) } : { property: camelCase(field.name), zero };
}
