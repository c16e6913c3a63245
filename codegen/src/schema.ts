// The schema of one run: descriptors as the compiler made them, with what the rest of the generator asks of
// them: which file declares a type, what TypeScript calls it, and where it stands.

import type { DescriptorProto, EnumDescriptorProto, FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { CodegenError, type Issue } from "./errors.ts";
import { camelCase, isTaken } from "./names.ts";
import { recursiveTypes } from "./recursion.ts";
import { createSourceInfo, Part, type SourceInfo } from "./source-info.ts";

/** One message or enum, wherever it is nested. */
export type TypeEntry = {
  /** `package.Outer.Inner`, without a leading dot. */
  readonly fullName: string;
  /** What TypeScript calls it. */
  readonly tsName: string;
  readonly file: FileDescriptorProto;
  /** Its path in the file's source info. */
  readonly path: readonly number[];
} & (
  | { readonly kind: "message"; readonly desc: DescriptorProto }
  | { readonly kind: "enum"; readonly desc: EnumDescriptorProto }
);

/** All files of a run. */
export interface Schema {
  /** Every file that the run knows, imports before importers. */
  readonly files: readonly FileDescriptorProto[];
  readonly types: ReadonlyMap<string, TypeEntry>;
  /** Full names of the messages that can hold themselves. */
  readonly recursive: ReadonlySet<string>;
  infoOf(file: FileDescriptorProto): SourceInfo;
  /** An issue at the part of `file` that `path` leads to. */
  issueAt(file: FileDescriptorProto, path: readonly number[], text: string): Issue;
}

/** @param nameFile gives the name under which the user knows a file. */
export function createSchema(
  files: readonly FileDescriptorProto[],
  nameFile: (name: string) => string,
): Schema {
  const types = new Map<string, TypeEntry>();
  const infos = new Map<FileDescriptorProto, SourceInfo>();
  for (const file of files) {
    for (const entry of typesOf(file)) types.set(entry.fullName, entry);
  }
  const infoOf = (file: FileDescriptorProto): SourceInfo => {
    const info = infos.get(file) ?? createSourceInfo(file);
    infos.set(file, info);
    return info;
  };
  return {
    files,
    types,
    recursive: recursiveTypes(files),
    infoOf,
    issueAt: (file, path, text) => ({ file: nameFile(file.name), ...infoOf(file).placeOf(path), text }),
  };
}

/** Raises what was found, if anything was. */
export function throwIssues(issues: readonly Issue[]): void {
  if (issues.length > 0) throw schemaError(issues);
}

/** An error in the .proto files. */
function schemaError(issues: readonly Issue[]): CodegenError {
  return new CodegenError("schema", issues);
}

/** Every message and enum of `file`, in the order of the text, without the entries that maps compile to. */
export function typesOf(file: FileDescriptorProto): TypeEntry[] {
  const found: TypeEntry[] = [];
  const scope = file.package === "" ? "" : `${file.package}.`;
  file.enumType.forEach((desc, index) => {
    found.push(enumEntry(file, desc, scope, "", [Part.enum, index]));
  });
  file.messageType.forEach((desc, index) => {
    collectMessage(file, desc, scope, "", [Part.message, index], found);
  });
  return found;
}

function collectMessage(
  file: FileDescriptorProto,
  desc: DescriptorProto,
  scope: string,
  prefix: string,
  path: readonly number[],
  found: TypeEntry[],
): void {
  const fullName = scope + desc.name;
  const tsName = typeName(prefix, desc.name, "Message");
  found.push({ kind: "message", fullName, tsName, file, path, desc });
  desc.enumType.forEach((inner, index) => {
    found.push(enumEntry(file, inner, `${fullName}.`, `${tsName}_`, [...path, Part.nestedEnum, index]));
  });
  desc.nestedType.forEach((inner, index) => {
    if (inner.options?.mapEntry === true) return;
    collectMessage(file, inner, `${fullName}.`, `${tsName}_`, [...path, Part.nestedMessage, index], found);
  });
}

function enumEntry(
  file: FileDescriptorProto,
  desc: EnumDescriptorProto,
  scope: string,
  prefix: string,
  path: readonly number[],
): TypeEntry {
  return {
    kind: "enum",
    fullName: scope + desc.name,
    tsName: typeName(prefix, desc.name, "Enum"),
    file,
    path,
    desc,
  };
}

/** Nested types carry their parents' names; a name that the file needs for itself gets `suffix`. */
function typeName(prefix: string, name: string, suffix: string): string {
  const own = prefix + camelCase(name);
  if (/^[0-9]/.test(own)) return suffix + own;
  return isTaken(own) ? own + suffix : own;
}
