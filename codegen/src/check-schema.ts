// What Vertex refuses in a schema that the compiler accepts, each with its place and the way out. Everything that
// reaches generated code as a name is checked here too: a plugin's request can claim any name.

import { isFieldSet } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { isUnionMember } from "./codec-model.ts";
import { defaultLiteral } from "./defaults.ts";
import type { Issue } from "./errors.ts";
import { camelCase, isIdentifier, uncapitalize } from "./names.ts";
import { type Schema, typesOf } from "./schema.ts";
import { Part } from "./source-info.ts";

type Path = readonly number[];
type Report = (path: Path, text: string) => void;

/**
 * The issues of `files`: those that code is written for.
 * @param keepUnknown unknown fields are kept, so that extensions are not lost.
 */
export function checkFiles(
  schema: Schema,
  files: readonly FileDescriptorProto[],
  keepUnknown: boolean,
): Issue[] {
  return files.flatMap((file) => {
    const issues: Issue[] = [];
    const report: Report = (path, text) => issues.push(schema.issueAt(file, path, text));
    checkFile(file, report);
    if (!keepUnknown) checkKept(file, report);
    return issues;
  });
}

/** What would be lost without a word where unknown fields are dropped. */
function checkKept(file: FileDescriptorProto, report: Report): void {
  file.extension.forEach((field, index) => {
    checkExtension(field, [Part.extension, index], report);
  });
  for (const { kind, desc, path } of typesOf(file)) {
    if (kind !== "message") continue;
    if (desc.options?.messageSetWireFormat === true)
      report(path, `${desc.name} has message_set_wire_format; remove the option, or keep unknown fields`);
    desc.extension.forEach((field, index) => {
      checkExtension(field, [...path, Part.nestedExtension, index], report);
    });
  }
}

function checkFile(file: FileDescriptorProto, report: Report): void {
  checkFileName(file, report);
  if (file.syntax === "editions")
    report([Part.edition], `editions are not supported; start the file with syntax = "proto3"`);
  if (file.package !== "") {
    for (const part of file.package.split(".")) checkIdentifier(part, [], report);
  }
  for (const entry of typesOf(file)) {
    checkIdentifier(entry.desc.name, entry.path, report);
    if (entry.kind === "message") checkMessage(entry.desc, entry.path, report);
    else checkEnum(entry.desc, entry.path, report);
  }
  file.service.forEach((service, index) => {
    checkIdentifier(service.name, [Part.service, index], report);
    service.method.forEach((method, at) => {
      checkIdentifier(method.name, [Part.service, index, Part.method, at], report);
    });
  });
  checkDeclarations(file, report);
}

function checkFileName(file: FileDescriptorProto, report: Report): void {
  const plain = file.name
    .split("/")
    .every((part) => /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(part) && !part.includes(".."));
  const suffixes = file.name.split(".proto").length - 1;
  if (!plain || suffixes !== 1 || !file.name.endsWith(".proto"))
    report(
      [],
      `the file name ${JSON.stringify(file.name)} cannot name a module; use letters, digits, "_", "-" and "." and one ".proto" at the end`,
    );
}

function checkIdentifier(name: string, path: Path, report: Report): void {
  if (!isIdentifier(name) || /^_+$/.test(name))
    report(path, `${JSON.stringify(name)} is no name that code can carry; use letters, digits and "_"`);
}

function checkExtension(field: FieldDescriptorProto, path: Path, report: Report): void {
  if (/^\.google\.protobuf\.[A-Za-z]+Options$/.test(field.extendee)) return;
  report(
    path,
    `extending ${field.extendee.slice(1)} would lose ${field.name}; declare it as a field of the message, or keep unknown fields`,
  );
}

function checkMessage(desc: DescriptorProto, path: Path, report: Report): void {
  const names = new Map<string, string>();
  const claim = (name: string, at: Path): void => {
    checkIdentifier(name, at, report);
    const local = camelCase(name);
    const other = names.get(local);
    if (other !== undefined)
      report(at, `${name} and ${other} are both ${local} in TypeScript; rename one of them`);
    names.set(local, name);
  };
  desc.field.forEach((field, index) => {
    const at = [...path, Part.messageField, index];
    if (
      isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue) &&
      defaultLiteral(field) === undefined
    )
      report(at, `${JSON.stringify(field.defaultValue)} is no default for ${field.name}; correct it`);
    if (isUnionMember(field)) checkIdentifier(field.name, at, report);
    else claim(field.name, at);
    if (field.jsonName === "__proto__")
      report(at, `the JSON name "__proto__" would change the object it is set on; choose another json_name`);
  });
  desc.oneofDecl.forEach((oneof, index) => {
    const members = desc.field.filter((field) => isUnionMember(field) && field.oneofIndex === index);
    if (members.length > 0) claim(oneof.name, [...path, Part.oneof, index]);
  });
}

function checkEnum(desc: EnumDescriptorProto, path: Path, report: Report): void {
  desc.value.forEach((value, index) => {
    const at = [...path, Part.enumValue, index];
    checkIdentifier(value.name, at, report);
    if (value.name === "UNRECOGNIZED" || value.name === "__proto__")
      report(at, `the enum value ${value.name} has a meaning of its own in generated code; rename it`);
  });
}

/** No two declarations of a generated file may share a name. */
function checkDeclarations(file: FileDescriptorProto, report: Report): void {
  const owners = new Map<string, string>();
  for (const { kind, tsName, fullName, path } of typesOf(file)) {
    const helper = uncapitalize(tsName);
    const names =
      kind === "enum" ? [tsName, `${helper}FromJSON`, `${helper}ToJSON`] : [tsName, `createBase${tsName}`];
    const taken = names.find((name) => owners.has(name));
    if (taken !== undefined)
      report(
        path,
        `${fullName} and ${owners.get(taken)} would both declare ${taken} in TypeScript; rename one of them`,
      );
    for (const name of names) owners.set(name, fullName);
  }
}
