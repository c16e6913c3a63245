// Which files a run writes: those asked for, and those that hold a type they use, however far away. A file that
// is imported only for its options is not among them.

import type { DescriptorProto, FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { readMethodRules } from "./method-options.ts";

/** Names of `targets` and of all files whose types they reach, in the order of `files`. */
export function reachedFiles(
  files: readonly FileDescriptorProto[],
  targets: readonly string[],
): readonly string[] {
  const owners = new Map<string, FileDescriptorProto>();
  for (const file of files) {
    const scope = file.package === "" ? "." : `.${file.package}.`;
    for (const { name } of file.enumType) owners.set(scope + name, file);
    for (const message of file.messageType) ownMessage(message, scope, file, owners);
  }
  const byName = new Map(files.map((file) => [file.name, file]));
  const reached = new Set<string>();
  const open = [...targets];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const file = byName.get(name);
    if (file === undefined || reached.has(name)) continue;
    reached.add(name);
    for (const type of typesUsedIn(file)) {
      const owner = owners.get(type);
      if (owner !== undefined) open.push(owner.name);
    }
  }
  return files.map(({ name }) => name).filter((name) => reached.has(name));
}

function ownMessage(
  message: DescriptorProto,
  scope: string,
  file: FileDescriptorProto,
  owners: Map<string, FileDescriptorProto>,
): void {
  const name = scope + message.name;
  owners.set(name, file);
  for (const inner of message.enumType) owners.set(`${name}.${inner.name}`, file);
  for (const inner of message.nestedType) ownMessage(inner, `${name}.`, file, owners);
}

function typesUsedIn(file: FileDescriptorProto): string[] {
  const methods = file.service.flatMap((service) => service.method);
  return [
    ...file.messageType.flatMap(typesUsedBy),
    ...methods.flatMap(({ inputType, outputType }) => [inputType, outputType]),
    ...methods.flatMap(({ options }) => readMethodRules(options).errors.map((name) => `.${name}`)),
  ];
}

function typesUsedBy(message: DescriptorProto): string[] {
  const own = message.field.map((field) => field.typeName).filter((name) => name !== "");
  return [...own, ...message.nestedType.flatMap(typesUsedBy)];
}
