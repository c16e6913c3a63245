// Which messages of a schema are validated, and where their validators are. Everything else of the generator asks
// here; a schema that does not import validate.proto costs nothing.

import { relative } from "node:path/posix";
import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  type DescOneof,
  type FileRegistry,
} from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { Issue } from "../errors.ts";
import type { Schema } from "../schema.ts";
import { Part } from "../source-info.ts";
import { type CompiledRules, compileMessage, fieldRules, isIgnored } from "./message-rules.ts";
import { RULES_EXTENSION, type RuleSet, readRules, setAt } from "./read-rules.ts";
import { unsupportedIn } from "./unsupported.ts";

const VALIDATE_PROTO = "buf/validate/validate.proto";
/** The field number of `options` in descriptors of messages, fields and oneofs. */
const OPTIONS = { message: 7, field: 8, oneof: 2 } as const;

/** The validated messages of a run. */
export interface Guards {
  /** What is wrong with the rules of the files that code is written for. */
  readonly issues: readonly Issue[];
  /** The messages of a file that have a validator, in the order of the text. */
  messagesOf(file: FileDescriptorProto): readonly GuardedMessage[];
  /** The message of that full name, if it has one. */
  find(typeName: string): GuardedMessage | undefined;
}

/** A message that has rules, or holds a message that has. */
export interface GuardedMessage {
  readonly typeName: string;
  readonly tsName: string;
  readonly file: string;
  readonly desc: DescMessage;
  readonly rules: CompiledRules;
}

const NONE: Guards = { issues: [], messagesOf: () => [], find: () => undefined };

/** @param files those that code is written for. */
export function findGuards(schema: Schema, files: readonly FileDescriptorProto[]): Guards {
  if (!schema.files.some(({ name }) => name === VALIDATE_PROTO)) return NONE;
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...schema.files] }));
  const messages = [...schema.types.values()].flatMap(({ kind, fullName }) => {
    const desc = kind === "message" ? registry.getMessage(fullName) : undefined;
    return desc === undefined ? [] : [desc];
  });
  const guarded = guardedTypes(messages);
  const issues: Issue[] = [];
  const wanted = new Set(files.map(({ name }) => name));
  const found = new Map<string, GuardedMessage>();
  for (const desc of messages) {
    const file = desc.file.proto;
    const report = (
      part: DescField | DescOneof | DescMessage,
      path: readonly number[],
      text: string,
    ): void => {
      if (wanted.has(file.name)) issues.push(schema.issueAt(file, [...placeOf(schema, part), ...path], text));
    };
    reportUnsupported(desc, registry, report);
    const entry = schema.types.get(desc.typeName);
    if (!guarded.has(desc.typeName) || entry === undefined) continue;
    const rules = compileMessage(desc, { isGuarded: (name) => guarded.has(name), refuse: report });
    found.set(desc.typeName, { typeName: desc.typeName, tsName: entry.tsName, file: file.name, desc, rules });
  }
  return {
    issues,
    messagesOf: (file) => [...found.values()].filter((message) => message.file === file.name),
    find: (typeName) => found.get(typeName),
  };
}

/** Messages with rules, and those that hold one of them. */
function guardedTypes(messages: readonly DescMessage[]): ReadonlySet<string> {
  const guarded = new Set(messages.filter(hasOwnRules).map(({ typeName }) => typeName));
  for (let before = -1; before !== guarded.size; ) {
    before = guarded.size;
    for (const { typeName, fields } of messages) {
      if (
        fields.some(
          (field) => heldMessage(field) !== undefined && guarded.has(heldMessage(field)?.typeName ?? ""),
        )
      )
        guarded.add(typeName);
    }
  }
  return guarded;
}

/** The message in a field, in its items or in its map's values, unless the rules say not to look. */
function heldMessage(field: DescField): DescMessage | undefined {
  const rules = fieldRules(field);
  const elements = setAt(setAt(rules, "repeated"), "items") ?? setAt(setAt(rules, "map"), "values");
  return isIgnored(rules) || isIgnored(elements) ? undefined : field.message;
}

function hasOwnRules(message: DescMessage): boolean {
  return (
    readRules(message.proto.options, "MessageRules") !== undefined ||
    message.fields.some((field) => fieldRules(field) !== undefined) ||
    message.oneofs.some((oneof) => readRules(oneof.proto.options, "OneofRules") !== undefined)
  );
}

type Report = (part: DescField | DescOneof | DescMessage, path: readonly number[], text: string) => void;

function reportUnsupported(message: DescMessage, registry: FileRegistry, report: Report): void {
  const check = (part: DescField | DescOneof | DescMessage, rules: RuleSet | undefined): void => {
    if (rules === undefined) return;
    for (const { path, text } of unsupportedIn(rules, registry)) report(part, path, text);
  };
  check(message, readRules(message.proto.options, "MessageRules"));
  for (const field of message.fields) check(field, fieldRules(field));
  for (const oneof of message.oneofs) check(oneof, readRules(oneof.proto.options, "OneofRules"));
}

/** The path in the source of the rules of a part. */
function placeOf(schema: Schema, part: DescField | DescOneof | DescMessage): readonly number[] {
  const message = part.kind === "message" ? part : part.parent;
  const path = schema.types.get(message?.typeName ?? "")?.path ?? [];
  if (part.kind === "message") return [...path, OPTIONS.message, RULES_EXTENSION];
  if (part.kind === "oneof") {
    const index = message?.proto.oneofDecl.indexOf(part.proto) ?? 0;
    return [...path, Part.oneof, index, OPTIONS.oneof, RULES_EXTENSION];
  }
  const index = message?.proto.field.indexOf(part.proto) ?? 0;
  return [...path, Part.messageField, index, OPTIONS.field, RULES_EXTENSION];
}

/** The module of a file's validators, as another file of the run imports it. */
export function rulesModule(from: string, file: string, importSuffix: string): string {
  const here = from.split("/").slice(0, -1).join("/");
  const path = relative(here, file.replace(/\.proto$/, `.rules${importSuffix}`));
  return path.startsWith(".") ? path : `./${path}`;
}
