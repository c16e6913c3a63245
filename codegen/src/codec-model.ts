// The messages of one file as plain data: what the codec emitters need and nothing of descriptors.

import { isFieldSet } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { defaultLiteral } from "./defaults.ts";
import type { TypeRef } from "./model.ts";
import { camelCase } from "./names.ts";
import { type Schema, typesOf } from "./schema.ts";

/** What a scalar is called in the functions of reader and writer. */
export type ScalarType =
  | "Uint32"
  | "Int32"
  | "Sint32"
  | "Bool"
  | "Fixed32"
  | "Sfixed32"
  | "Float"
  | "Double"
  | "Int64"
  | "Uint64"
  | "Sint64"
  | "Fixed64"
  | "Sfixed64"
  | "String"
  | "Bytes";

/** What one value of a field is. */
export type Content =
  | { readonly kind: "scalar"; readonly type: ScalarType; readonly enum?: EnumRef }
  | {
      readonly kind: "message";
      readonly ref: TypeRef;
      readonly isGroup: boolean;
      /** It can hold itself, however far away. */
      readonly isRecursive: boolean;
      /** ts-proto declares another type for it: the message's `value`, or what `unwrap` makes of it. */
      readonly shownAs?: "value" | "unwrapped";
    };

export interface EnumRef extends TypeRef {
  /** The number that stands for absence. */
  readonly first: number;
}

/** When a field is on the wire. `implicit`: when it is not the default; `present`: when it is not undefined. */
export type Presence = "implicit" | "present" | "required" | "repeated" | "packed" | "map";

export interface FieldModel {
  readonly number: number;
  /** The property that holds it, or for a member of a oneof its `$case`. */
  readonly property: string;
  /** The property that holds the oneof it is a member of. */
  readonly oneof?: string;
  readonly presence: Presence;
  readonly content: Content;
  /** What the schema says of its absence, as TypeScript: in proto2, of optional fields. */
  readonly default?: string;
  /** Of a map: what ts-proto calls its entries, and what their values are. */
  readonly entry?: { readonly tsName: string; readonly value: Content };
}

export interface MessageModel {
  readonly tsName: string;
  /** By number. */
  readonly fields: readonly FieldModel[];
  /** Some field holds it as a group, so that it may end at a tag instead of at a length. */
  readonly isGroup: boolean;
  /** It is an entry of a map. */
  readonly isEntry: boolean;
}

const SCALARS: ReadonlyMap<Type, ScalarType> = new Map([
  [Type.UINT32, "Uint32"],
  [Type.INT32, "Int32"],
  [Type.SINT32, "Sint32"],
  [Type.BOOL, "Bool"],
  [Type.FIXED32, "Fixed32"],
  [Type.SFIXED32, "Sfixed32"],
  [Type.FLOAT, "Float"],
  [Type.DOUBLE, "Double"],
  [Type.INT64, "Int64"],
  [Type.UINT64, "Uint64"],
  [Type.SINT64, "Sint64"],
  [Type.FIXED64, "Fixed64"],
  [Type.SFIXED64, "Sfixed64"],
  [Type.STRING, "String"],
  [Type.BYTES, "Bytes"],
]);

/** Google's types that ts-proto shows as something else. */
const SHOWN_AS: ReadonlyMap<string, "value" | "unwrapped"> = new Map([
  ...["Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes"].map(
    (name) => [`google.protobuf.${name}Value`, "value"] as const,
  ),
  ...["Struct", "Value", "ListValue", "FieldMask"].map(
    (name) => [`google.protobuf.${name}`, "unwrapped"] as const,
  ),
]);

/** What is known of the message that a field belongs to. */
interface Owner {
  readonly desc: DescriptorProto;
  readonly tsName: string;
  /** "" for the entries of a map. */
  readonly fullName: string;
  readonly isProto3: boolean;
}

/** The messages of `file` and the entries of its maps, as ts-proto declares them. */
export function modelMessages(schema: Schema, file: FileDescriptorProto): MessageModel[] {
  const isProto3 = file.syntax === "proto3";
  const owners: Owner[] = [];
  for (const { kind, tsName, fullName, desc } of typesOf(file)) {
    if (kind !== "message") continue;
    owners.push({ desc, tsName, fullName, isProto3 });
    for (const entry of desc.nestedType.filter(({ options }) => options?.mapEntry === true))
      owners.push({ desc: entry, tsName: entryName(tsName, entry), fullName: "", isProto3 });
  }
  const groups = new Set(schema.files.flatMap(({ messageType }) => messageType.flatMap(groupsIn)));
  return owners.map((owner) => ({
    tsName: owner.tsName,
    fields: owner.desc.field
      .map((field) => modelField(schema, owner, field))
      .toSorted((a, b) => a.number - b.number),
    isGroup: owner.fullName !== "" && groups.has(`.${owner.fullName}`),
    isEntry: owner.fullName === "",
  }));
}

function entryName(tsName: string, entry: DescriptorProto): string {
  return `${tsName}_${camelCase(entry.name)}`;
}

function groupsIn(message: DescriptorProto): string[] {
  const own = message.field.filter(({ type }) => type === Type.GROUP).map(({ typeName }) => typeName);
  return [...own, ...message.nestedType.flatMap(groupsIn)];
}

function modelField(schema: Schema, owner: Owner, field: FieldDescriptorProto): FieldModel {
  const model = { number: field.number, property: camelCase(field.name) };
  const entry = entryOf(owner, field);
  if (entry !== undefined) {
    const tsName = entryName(owner.tsName, entry);
    const content: Content = {
      kind: "message",
      ref: { fullName: "", tsName, file: "" },
      isGroup: false,
      isRecursive: false,
    };
    const value = entry.field.find(({ number }) => number === 2) as FieldDescriptorProto;
    return { ...model, presence: "map", content, entry: { tsName, value: modelContent(schema, value) } };
  }
  const content = modelContent(schema, field);
  const presence = presenceOf(owner, field, content);
  if (!isUnionMember(field)) return { ...model, presence, content, ...defaultOf(schema, field) };
  const oneof = camelCase(owner.desc.oneofDecl[field.oneofIndex]?.name ?? "");
  return { ...model, oneof, presence, content };
}

/** The default of an optional field of proto2. */
function defaultOf(schema: Schema, field: FieldDescriptorProto): { default?: string } {
  const isGiven = isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue);
  const literal = isGiven && field.label === Label.OPTIONAL ? defaultLiteral(field) : undefined;
  if (literal === undefined || field.type !== Type.ENUM)
    return literal === undefined ? {} : { default: literal };
  const entry = schema.types.get(field.typeName.slice(1));
  const values = entry?.kind === "enum" ? entry.desc.value : [];
  const number = values.find(({ name }) => name === literal)?.number;
  return number === undefined ? {} : { default: String(number) };
}

/** The message of a map's entries, if `field` is a map. */
function entryOf(owner: Owner, field: FieldDescriptorProto): DescriptorProto | undefined {
  if (field.label !== Label.REPEATED || field.type !== Type.MESSAGE) return undefined;
  return owner.desc.nestedType.find(
    ({ name, options }) =>
      options?.mapEntry === true && field.typeName.endsWith(`.${owner.desc.name}.${name}`),
  );
}

/** True for the fields of a oneof that was written as one. */
export function isUnionMember(field: FieldDescriptorProto): boolean {
  return !field.proto3Optional && isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex);
}

function presenceOf(owner: Owner, field: FieldDescriptorProto, content: Content): Presence {
  if (field.label === Label.REPEATED) {
    const isPackable = content.kind === "scalar" && content.type !== "String" && content.type !== "Bytes";
    return isPackable && (field.options?.packed ?? owner.isProto3) ? "packed" : "repeated";
  }
  if (content.kind === "message" || field.proto3Optional) return "present";
  if (owner.isProto3 || owner.desc.options?.mapEntry === true) return "implicit";
  return field.label === Label.REQUIRED ? "required" : "present";
}

function modelContent(schema: Schema, field: FieldDescriptorProto): Content {
  const scalar = SCALARS.get(field.type);
  if (scalar !== undefined) return { kind: "scalar", type: scalar };
  const fullName = field.typeName.slice(1);
  const entry = schema.types.get(fullName);
  if (entry === undefined) throw new Error(`the compiler let an unknown type pass: ${fullName}`);
  const ref: TypeRef = { fullName, tsName: entry.tsName, file: entry.file.name };
  if (entry.kind === "enum") {
    const numbers = entry.desc.value.map(({ number }) => number);
    const first = numbers.includes(0) ? 0 : (numbers[0] ?? 0);
    return { kind: "scalar", type: "Int32", enum: { ...ref, first } };
  }
  const shownAs = SHOWN_AS.get(fullName);
  return {
    kind: "message",
    ref,
    isGroup: field.type === Type.GROUP,
    isRecursive: schema.recursive.has(fullName),
    ...(shownAs !== undefined && { shownAs }),
  };
}
