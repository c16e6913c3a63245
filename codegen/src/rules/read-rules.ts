// What `(buf.validate.field) = { … }` and its like say, as plain trees. Descriptors carry them as unknown fields; they
// are read with a copy of validate.proto that travels with the generator, whatever copy the schema brings.

import { type DescMessage, fromBinary, isFieldSet, type Message } from "@bufbuild/protobuf";
import { fileDesc, messageDesc } from "@bufbuild/protobuf/codegenv2";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import {
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_field_mask,
  file_google_protobuf_timestamp,
} from "@bufbuild/protobuf/wkt";
import { VALIDATE_DESCRIPTOR } from "../gen/validate-proto.ts";

/** The field number of `field`, `oneof` and `message` in the options of protobuf. */
export const RULES_EXTENSION = 1159;

/** A value that a rule compares with: of a scalar type, a list of them, or a message. */
export type RuleValue = boolean | number | bigint | string | Uint8Array | RuleSet | readonly RuleValue[];

/** One message of buf.validate: what is set in it. */
export interface RuleSet {
  /** `buf.validate.Int32Rules`. */
  readonly type: string;
  readonly rules: ReadonlyMap<string, Rule>;
  /** Numbers of fields that validate.proto does not declare: predefined rules, or rules of a later version. */
  readonly unknown: readonly number[];
}

/** One field of such a message. */
export interface Rule {
  readonly name: string;
  /** Its number, for places in the source. */
  readonly number: number;
  readonly value: RuleValue;
}

const VALIDATE = fileDesc(VALIDATE_DESCRIPTOR, [
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_field_mask,
  file_google_protobuf_timestamp,
]);

/** Options of any kind, as decoded by something that knows no extensions. */
interface Options {
  readonly $unknown?:
    | readonly { readonly no: number; readonly wireType: number; readonly data: Uint8Array }[]
    | undefined;
}

/** The rules in the options of a field, oneof or message; `type` is FieldRules, OneofRules or MessageRules. */
export function readRules(options: Options | undefined, type: string): RuleSet | undefined {
  const parts = (options?.$unknown ?? []).filter(
    ({ no, wireType }) => no === RULES_EXTENSION && wireType === WireType.LengthDelimited,
  );
  if (parts.length === 0) return undefined;
  // Options in several places are one message in pieces.
  const bytes = parts.map(({ data }) => new BinaryReader(data).bytes());
  const desc = ruleMessage(type);
  return treeOf(desc, fromBinary(desc, Buffer.concat(bytes)));
}

function ruleMessage(name: string): DescMessage {
  const index = VALIDATE.messages.findIndex((message) => message.name === name);
  return messageDesc(VALIDATE, index);
}

function treeOf(desc: DescMessage, message: Message): RuleSet {
  const rules = new Map<string, Rule>();
  for (const field of desc.fields) {
    if (!isFieldSet(message, field)) continue;
    const inner = field.message;
    const oneof: unknown =
      field.oneof === undefined ? undefined : Reflect.get(message, field.oneof.localName);
    const raw: unknown =
      oneof === undefined ? Reflect.get(message, field.localName) : Reflect.get(oneof as object, "value");
    const convert = (value: unknown): RuleValue =>
      inner === undefined ? (value as RuleValue) : treeOf(inner, value as Message);
    const value = Array.isArray(raw) ? raw.map(convert) : convert(raw);
    rules.set(field.name, { name: field.name, number: field.number, value });
  }
  return { type: desc.typeName, rules, unknown: (message.$unknown ?? []).map(({ no }) => no) };
}

/** The message that `set` holds under `name`. */
export function setAt(set: RuleSet | undefined, name: string): RuleSet | undefined {
  const value = set?.rules.get(name)?.value;
  return isRuleSet(value) ? value : undefined;
}

/** Whether `set` holds `true` under `name`. */
export function flagAt(set: RuleSet | undefined, name: string): boolean {
  return set?.rules.get(name)?.value === true;
}

/** True for a message among values. */
export function isRuleSet(value: RuleValue | undefined): value is RuleSet {
  return typeof value === "object" && "rules" in value;
}

/** The values of a repeated rule; one value is a list of one. */
export function listOf(rule: Rule): readonly RuleValue[] {
  return Array.isArray(rule.value) ? rule.value : [rule.value];
}
