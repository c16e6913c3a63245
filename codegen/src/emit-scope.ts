// What the emitters of encode and decode share: names of properties, types and functions in one generated file.

import { relative } from "node:path/posix";
import type { FieldModel, ScalarType } from "./codec-model.ts";
import type { GeneratedFile } from "./generated-file.ts";
import type { TypeRef } from "./model.ts";

/** Where generated code finds what it imports. */
export interface EmitOptions {
  readonly runtime: string;
  readonly importSuffix: string;
}

/** One generated file, from the point of view of an emitter. */
export interface EmitScope extends EmitOptions {
  readonly file: GeneratedFile;
  /** The name of the .proto file that it is made from. */
  readonly source: string;
}

/** The local name of a message's type and constant: they share one. */
export function typeName({ file, source, importSuffix }: EmitScope, ref: TypeRef): string {
  if (ref.file === source || ref.file === "") return ref.tsName;
  return file.importValue(modulePath(source, ref.file, importSuffix), ref.tsName);
}

/** The local name of an enum's type. */
export function enumName({ file, source, importSuffix }: EmitScope, ref: TypeRef): string {
  if (ref.file === source) return ref.tsName;
  return file.importType(modulePath(source, ref.file, importSuffix), ref.tsName);
}

function modulePath(source: string, target: string, importSuffix: string): string {
  const from = source.split("/").slice(0, -1).join("/");
  const path = relative(from, target.replace(/\.proto$/, importSuffix));
  return path.startsWith(".") ? path : `./${path}`;
}

/** `.name`, or `["1st"]`. */
export function access(property: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(property) ? `.${property}` : `[${JSON.stringify(property)}]`;
}

const WIRE_TYPES: Partial<Record<ScalarType, number>> = {
  Fixed32: 5,
  Sfixed32: 5,
  Float: 5,
  Fixed64: 1,
  Sfixed64: 1,
  Double: 1,
  String: 2,
  Bytes: 2,
};

/** The whole tag of one value of `field`. */
export function tagOf({ number, content }: FieldModel): number {
  if (content.kind === "message") return tag(number, content.isGroup ? 3 : 2);
  return tag(number, WIRE_TYPES[content.type] ?? 0);
}

/** A tag as the wire has it. */
export function tag(number: number, wireType: number): number {
  return number * 8 + wireType;
}

/** `lines`, one step further in. */
export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
