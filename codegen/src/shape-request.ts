// What ts-proto is given: the schema with comments cleaned and clashing type names changed, and proto2 told as proto3
// with presence, which is what the codecs read and write. Nothing else of the schema's text reaches it as text; names
// have been checked before (check-schema.ts).

import { clearField, clone, create, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  OneofDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { isUnionMember } from "./codec-model.ts";
import { cleanComment } from "./comments.ts";
import { camelCase } from "./names.ts";
import type { Schema } from "./schema.ts";

/** The bytes of a CodeGeneratorRequest for the files called `targets`. */
export function encodeShapeRequest(
  schema: Schema,
  targets: readonly string[],
  parameter: string,
): Uint8Array {
  const renamed = renamedTypes(schema);
  const protoFile = schema.files.map((file) => shapeFile(file, renamed));
  return toBinary(
    CodeGeneratorRequestSchema,
    create(CodeGeneratorRequestSchema, { fileToGenerate: [...targets], parameter, protoFile }),
  );
}

/** Full names of outermost types that change, old to new, with the leading dot that references carry. */
function renamedTypes(schema: Schema): ReadonlyMap<string, string> {
  const renamed = new Map<string, string>();
  for (const { fullName, tsName, path, desc } of schema.types.values()) {
    const isOutermost = path.length === 2;
    if (!isOutermost || camelCase(desc.name) === tsName) continue;
    renamed.set(`.${fullName}`, `.${fullName.slice(0, fullName.length - desc.name.length)}${tsName}`);
  }
  return renamed;
}

/** `reference` with the outermost type in it renamed. */
function renameReference(reference: string, renamed: ReadonlyMap<string, string>): string {
  for (let end = reference.length; end > 0; end = reference.lastIndexOf(".", end - 1)) {
    const changed = renamed.get(reference.slice(0, end));
    if (changed !== undefined) return changed + reference.slice(end);
  }
  return reference;
}

function shapeFile(original: FileDescriptorProto, renamed: ReadonlyMap<string, string>): FileDescriptorProto {
  const file = clone(FileDescriptorProtoSchema, original);
  const isProto2 = file.syntax !== "proto3";
  file.syntax = "proto3";
  file.extension = [];
  const scope = file.package === "" ? "." : `.${file.package}.`;
  for (const location of file.sourceCodeInfo?.location ?? []) {
    if (location.leadingComments !== "") location.leadingComments = cleanComment(location.leadingComments);
    if (location.trailingComments !== "") location.trailingComments = cleanComment(location.trailingComments);
    location.leadingDetachedComments = [];
  }
  for (const desc of [...file.messageType, ...file.enumType]) {
    const changed = renamed.get(scope + desc.name);
    if (changed !== undefined) desc.name = changed.slice(changed.lastIndexOf(".") + 1);
  }
  for (const message of file.messageType) changeMessage(message, renamed, isProto2);
  for (const service of file.service) {
    for (const method of service.method) {
      method.inputType = renameReference(method.inputType, renamed);
      method.outputType = renameReference(method.outputType, renamed);
    }
  }
  return file;
}

function changeMessage(
  message: DescriptorProto,
  renamed: ReadonlyMap<string, string>,
  isProto2: boolean,
): void {
  message.extension = [];
  for (const field of message.field) {
    field.typeName = renameReference(field.typeName, renamed);
    clearField(field, FieldDescriptorProtoSchema.field.defaultValue);
    if (isProto2 && message.options?.mapEntry !== true) showPresence(message, field);
  }
  for (const inner of message.nestedType) changeMessage(inner, renamed, isProto2);
}

/** Makes an optional field of proto2 one of proto3, as the compiler does: with a oneof of its own. */
function showPresence(message: DescriptorProto, field: FieldDescriptorProto): void {
  if (field.label === Label.REQUIRED) field.label = Label.OPTIONAL;
  else if (field.label === Label.OPTIONAL && !isUnionMember(field)) {
    field.proto3Optional = true;
    field.oneofIndex = message.oneofDecl.length;
    message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name: `_${field.name}` }));
  }
}
