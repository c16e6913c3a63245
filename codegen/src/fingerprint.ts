// The fingerprint of a service: a hash of everything that changes what its bytes mean. Names of fields, order,
// comments and defaults do not; numbers, types, labels and method kinds do. docs/CODEGEN.md shows the text.

import { isFieldSet } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { fnv1a } from "./method-id.ts";
import type { Schema } from "./schema.ts";

/** What the fingerprint reads of a method. */
export interface FingerprintMethod {
  readonly path: string;
  readonly kind: string;
  readonly request: { readonly fullName: string };
  readonly response: { readonly fullName: string };
}

/** FNV-1a (32 bit) over the canonical text of a service. */
export function fingerprint(schema: Schema, methods: readonly FingerprintMethod[]): number {
  return fnv1a(canonicalText(schema, methods));
}

/** One line a method, then one a message that the methods reach, each part sorted. */
function canonicalText(schema: Schema, methods: readonly FingerprintMethod[]): string {
  const lines = methods.map(
    ({ path, kind, request, response }) =>
      `method ${path} ${kind} ${request.fullName} ${response.fullName}\n`,
  );
  const messages = new Map<string, string>();
  const open = methods.flatMap(({ request, response }) => [request.fullName, response.fullName]);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const entry = schema.types.get(name);
    if (messages.has(name) || entry?.kind !== "message") continue;
    messages.set(name, messageLine(name, entry.desc));
    open.push(...referredTypes(entry.desc));
  }
  return [...lines.toSorted(), ...[...messages.values()].toSorted()].join("");
}

function messageLine(name: string, desc: DescriptorProto): string {
  const fields = desc.field.toSorted((a, b) => a.number - b.number);
  return `message ${name}${fields.map((field) => ` ${fieldText(field, desc)}`).join("")}\n`;
}

/** `3=repeated message a.B`, `4=map<string,message a.B>`, `5=oneof 0 uint32`. */
function fieldText(field: FieldDescriptorProto, owner: DescriptorProto): string {
  const entry = mapEntry(field, owner);
  if (entry !== undefined) {
    const [key, value] = entry.field.toSorted((a, b) => a.number - b.number);
    return `${field.number}=map<${key && typeText(key)},${value && typeText(value)}>`;
  }
  const inOneof = isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex) && !field.proto3Optional;
  const label = inOneof ? `oneof ${field.oneofIndex} ` : labelText(field);
  return `${field.number}=${label}${typeText(field)}`;
}

function labelText(field: FieldDescriptorProto): string {
  if (field.label === Label.REPEATED) return "repeated ";
  return field.label === Label.REQUIRED ? "required " : "";
}

function typeText(field: FieldDescriptorProto): string {
  const kind = Type[field.type].toLowerCase();
  return field.typeName === "" ? kind : `${kind} ${field.typeName.slice(1)}`;
}

/** The compiled message behind a map field. */
function mapEntry(field: FieldDescriptorProto, owner: DescriptorProto): DescriptorProto | undefined {
  if (field.type !== Type.MESSAGE || field.label !== Label.REPEATED) return undefined;
  const name = field.typeName.slice(field.typeName.lastIndexOf(".") + 1);
  return owner.nestedType.find((inner) => inner.name === name && inner.options?.mapEntry === true);
}

/** The messages that the fields of `desc` hold, those inside its maps included. */
function referredTypes(desc: DescriptorProto): string[] {
  const own = desc.field
    .filter((field) => field.type === Type.MESSAGE)
    .map((field) => field.typeName.slice(1));
  const entries = desc.nestedType.filter((inner) => inner.options?.mapEntry === true);
  return [...own, ...entries.flatMap(referredTypes)];
}
