// What generated code holds next to what protobuf-es holds, field by field as the descriptor says: the values
// themselves, not what either side writes of them.

import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { firstDifference } from "./difference.ts";

type Fields = { readonly [name: string]: unknown };

/** The first difference between a generated message and protobuf-es' one; null when there is none. */
export function messageDifference(desc: DescMessage, ours: object, theirs: Message): string | null {
  return firstDifference(ours, likeOurs(desc, theirs), (got, wanted) =>
    got instanceof Uint8Array && wanted instanceof Uint8Array
      ? Buffer.compare(got, wanted) === 0
      : Object.is(got, wanted),
  );
}

/** protobuf-es' message in the shapes of generated code. */
function likeOurs(desc: DescMessage, message: Message): unknown {
  if (desc.typeName.startsWith("google.protobuf.")) {
    const known = wellKnown(desc, message as unknown as Fields);
    if (known !== undefined) return known.value;
  }
  const from = message as unknown as Fields;
  const to: { [name: string]: unknown } = {};
  for (const field of desc.fields) {
    if (field.oneof !== undefined) continue;
    // In proto2 and with `optional`, protobuf-es has defaults in the prototype.
    const set = field.presence === IMPLICIT || Object.hasOwn(from, field.localName);
    to[field.localName] = set ? fieldLikeOurs(field, from[field.localName]) : undefined;
    if (!set && field.presence === REQUIRED) to[field.localName] = from[field.localName];
  }
  for (const { localName, fields } of desc.oneofs) {
    const { case: name, value } = from[localName] as { case: string | undefined; value: unknown };
    const field = fields.find((each) => each.localName === name);
    to[localName] =
      field === undefined ? undefined : { $case: field.localName, value: fieldLikeOurs(field, value) };
  }
  return to;
}

// FeatureSet.FieldPresence, of descriptor.proto.
const IMPLICIT = 2;
const REQUIRED = 3;

function fieldLikeOurs(field: DescField, value: unknown): unknown {
  const one = (item: unknown) => (field.message === undefined ? item : likeOursOrPlain(field.message, item));
  if (field.fieldKind === "list") return (value as unknown[]).map(one);
  if (field.fieldKind !== "map") return one(value);
  const entries = Object.entries(value as object).map(
    ([key, item]) => [mapKey(field, key), one(item)] as const,
  );
  return new Map(entries);
}

/** protobuf-es has wrappers and Struct unwrapped where a field holds one of them. */
function likeOursOrPlain(desc: DescMessage, item: unknown): unknown {
  if (typeof item === "object" && item !== null && "$typeName" in item)
    return likeOurs(desc, item as Message);
  return item;
}

function mapKey(field: DescField & { fieldKind: "map" }, key: string): unknown {
  switch (field.mapKey) {
    case 9:
      return key;
    case 8:
      return key === "true";
    case 3:
    case 4:
    case 6:
    case 16:
    case 18:
      return BigInt(key);
    default:
      return Number(key);
  }
}

function wellKnown({ typeName }: DescMessage, fields: Fields): { value: unknown } | undefined {
  switch (typeName.slice("google.protobuf.".length)) {
    case "FieldMask":
      return { value: fields.paths };
    case "Value":
      return { value: plainValue(fields) };
    case "ListValue":
      return { value: (fields.values as Fields[]).map(plainValue) };
    case "Struct": {
      const entries = Object.entries(fields.fields as { [key: string]: Fields });
      return { value: Object.fromEntries(entries.map(([key, value]) => [key, plainValue(value)])) };
    }
    default:
      return typeName.endsWith("Value") ? { value: fields.value } : undefined;
  }
}

function plainValue({ kind }: Fields): unknown {
  const { case: name, value } = kind as { case: string | undefined; value: unknown };
  if (name === undefined) return undefined;
  if (name === "nullValue") return null;
  if (name === "listValue") return ((value as Fields).values as Fields[]).map(plainValue);
  if (name !== "structValue") return value;
  // protobuf-es may hold a Struct as JSON already.
  const message = value as Fields;
  if (!("$typeName" in message)) return message;
  const entries = Object.entries(message.fields as { [key: string]: Fields });
  return Object.fromEntries(entries.map(([key, each]) => [key, plainValue(each)]));
}
