// The conformance suite of protovalidate, as far as it uses standard rules only: its schema as this generator takes
// it, and its cases. The suite is no part of the repository; `VERTEX_PROTOVALIDATE` names the directory that holds it.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  clearField,
  clone,
  createFileRegistry,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  fromJson,
  isFieldSet,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
  FeatureSet_FieldPresence as Presence,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { repository } from "../workspace.ts";

const directory = process.env.VERTEX_PROTOVALIDATE ?? join(repository, "../shared/data");
const CASES = join(directory, "protovalidate-cases.jsonl.gz");
const SCHEMA = join(directory, "protovalidate-cases.fdset.binpb");

/** Messages whose rules do not fit their fields. No case of the suite uses them. */
const ILL_FORMED: RegExp =
  /(?:Incorrect|Wrong)Type|^MessageOneof(?:UnknownFieldName|DuplicateField|ZeroFields)$/;

/** Why the suite cannot run here; undefined when it can. */
export const missing: string | undefined =
  existsSync(CASES) && existsSync(SCHEMA)
    ? undefined
    : "VERTEX_PROTOVALIDATE names no directory with the suite";

/** One violation as the suite wants it. */
export interface Wanted {
  readonly rule: string;
  readonly field: string;
  readonly forKey: boolean;
  readonly message?: string;
}

/** One case. */
export interface Case {
  readonly name: string;
  readonly type: string;
  readonly value: Uint8Array;
  /** Undefined: any refusal will do. */
  readonly want: readonly Wanted[] | undefined;
}

interface Element {
  readonly fieldName: string;
  readonly index?: string;
  readonly boolKey?: boolean;
  readonly intKey?: string;
  readonly uintKey?: string;
  readonly stringKey?: string;
}

interface Line {
  readonly suite: string;
  readonly case: string;
  readonly type: string;
  readonly value: string;
  readonly want: {
    readonly success?: true;
    readonly validationError?: {
      readonly violations: readonly {
        readonly ruleId: string;
        readonly message?: string;
        readonly forKey?: boolean;
        readonly field?: { readonly elements: readonly Element[] };
      }[];
    };
  };
}

/** A message and its lines, counted from 1. */
export interface RefusedMessage {
  readonly typeName: string;
  readonly file: string;
  readonly firstLine: number;
  readonly lastLine: number;
}

export interface ConformanceSuite {
  /** All cases. */
  readonly total: number;
  /** Those that use neither CEL nor predefined rules. */
  readonly cases: readonly Case[];
  /** When the suite was written down, in milliseconds since 1970: some rules look at the clock. */
  readonly now: number;
  /** The files of the suite, as they are. */
  readonly original: FileDescriptorSet;
  /** Messages of the suite that cannot be compiled for what they say themselves. */
  readonly unsupported: readonly RefusedMessage[];
  /** The same without the messages that cannot be compiled, and without editions. */
  readonly files: readonly FileDescriptorProto[];
}

export function loadSuite(): ConformanceSuite {
  const original = fromBinary(FileDescriptorSetSchema, readFileSync(SCHEMA));
  const registry = createFileRegistry(original);
  const lines = gunzipSync(readFileSync(CASES)).toString().trim().split("\n");
  const all = lines.map((line) => JSON.parse(line) as Line);
  const refused = unsupportedTypes(registry);
  const files = original.file.map((file) => restated(file, registry, refused));
  const restatedRegistry = createFileRegistry({ ...original, file: files });
  const cases = all
    .filter(({ type }) => !refused.has(type))
    .map((line) => ({
      name: `${line.suite}/${line.case}`,
      type: line.type,
      value: withoutGroups(registry, restatedRegistry, line),
      want: wantedOf(line),
    }));
  return {
    total: all.length,
    cases,
    now: clockOf(registry, all),
    original,
    unsupported: ownFault(registry),
    files,
  };
}

/** One of the cases holds the time itself. */
function clockOf(registry: FileRegistry, lines: readonly Line[]): number {
  const line = lines.find((each) => each.type.endsWith(".TimestampWithin") && each.case === "within/valid");
  const desc = registry.getMessage(line?.type ?? "");
  if (line === undefined || desc === undefined)
    throw new Error("no case says when the suite was written down");
  const { val } = toJson(desc, fromBinary(desc, Buffer.from(line.value, "base64"))) as {
    readonly val: string;
  };
  return Date.parse(val);
}

function wantedOf({ want }: Line): Wanted[] | undefined {
  if (want.success) return [];
  return want.validationError?.violations.map(({ ruleId, message, forKey = false, field }) => ({
    rule: ruleId,
    field: (field?.elements ?? []).map(elementText).join("."),
    forKey,
    ...(message !== undefined && { message }),
  }));
}

function elementText({ fieldName, index, boolKey, intKey, uintKey, stringKey }: Element): string {
  const key =
    index ??
    boolKey ??
    intKey ??
    uintKey ??
    (stringKey === undefined ? undefined : JSON.stringify(stringKey));
  return key === undefined ? fieldName : `${fieldName}[${key}]`;
}

/** Messages that use CEL or predefined rules, or hold one that does. */
function unsupportedTypes(registry: FileRegistry): ReadonlySet<string> {
  const messages = [...registry].filter((desc) => desc.kind === "message");
  const refused = new Set(
    messages.filter((each) => isUnsupported(each, registry)).map(({ typeName }) => typeName),
  );
  for (let before = -1; before !== refused.size; ) {
    before = refused.size;
    for (const { typeName, fields } of messages) {
      if (fields.some(({ message }) => message !== undefined && refused.has(message.typeName)))
        refused.add(typeName);
    }
  }
  return refused;
}

/** Outermost messages with rules that cannot be compiled, and where they stand. */
function ownFault(registry: FileRegistry): RefusedMessage[] {
  return [...registry].flatMap((desc) => {
    if (desc.kind !== "message" || desc.parent !== undefined) return [];
    if (!isUnsupported(desc, registry) && !ILL_FORMED.test(desc.name)) return [];
    const { proto } = desc.file;
    const path = `4,${proto.messageType.indexOf(desc.proto)}`;
    const span = proto.sourceCodeInfo?.location.find((each) => each.path.join() === path)?.span ?? [];
    const last = span.length > 3 ? span[2] : span[0];
    return [
      { typeName: desc.typeName, file: proto.name, firstLine: (span[0] ?? 0) + 1, lastLine: (last ?? 0) + 1 },
    ];
  });
}

/** Looks at the bytes of options: rules of CEL are fields 3, 5, 23 and 29, predefined ones have numbers from 1000 on. */
function isUnsupported(message: DescMessage, registry: FileRegistry): boolean {
  const rulesOf = (options: FieldDescriptorProto["options"] | DescriptorProto["options"]): Uint8Array[] =>
    (options?.$unknown ?? []).filter(({ no }) => no === 1159).map(({ data }) => data);
  return (
    rulesOf(message.proto.options).some((bytes) =>
      mentions(bytes, registry.getMessage("buf.validate.MessageRules")),
    ) ||
    message.fields.some((field) =>
      rulesOf(field.proto.options).some((bytes) =>
        mentions(bytes, registry.getMessage("buf.validate.FieldRules")),
      ),
    )
  );
}

/** Whether the rules in `bytes` have CEL or fields that validate.proto does not declare, however deep. */
function mentions(bytes: Uint8Array, desc: DescMessage | undefined): boolean {
  if (desc === undefined) return false;
  // Behind the length of the option's value.
  let start = 0;
  while ((bytes[start] as number) >= 0x80) start++;
  return hasForeign(desc, fromBinary(desc, bytes.subarray(start + 1)));
}

function hasForeign(desc: DescMessage, message: object & { $unknown?: unknown }): boolean {
  if (((message.$unknown ?? []) as unknown[]).length > 0) return true;
  return desc.fields.some((field) => {
    const holder = field.oneof === undefined ? message : Reflect.get(message, field.oneof.localName);
    const isCase = field.oneof === undefined || Reflect.get(holder, "case") === field.localName;
    const value: unknown = isCase
      ? Reflect.get(holder, field.oneof === undefined ? field.localName : "value")
      : undefined;
    if (/^cel/.test(field.name)) return Array.isArray(value) && value.length > 0;
    if (field.message === undefined || typeof value !== "object" || value === null || Array.isArray(value))
      return false;
    return field.message.typeName.startsWith("buf.") && hasForeign(field.message, value);
  });
}

/** The file without what is refused, an edition in proto3: fields with presence are `optional`, groups are messages. */
function restated(
  file: FileDescriptorProto,
  registry: FileRegistry,
  refused: ReadonlySet<string>,
): FileDescriptorProto {
  const copy = clone(FileDescriptorProtoSchema, file);
  if (!file.name.includes("/conformance/")) return copy;
  copy.service = [];
  copy.extension = [];
  const scope = `${file.package}.`;
  copy.messageType = copy.messageType.filter(
    ({ name }) => !refused.has(scope + name) && !ILL_FORMED.test(name),
  );
  if (copy.syntax !== "editions") return copy;
  for (const message of copy.messageType) restateMessage(message, scope, registry);
  copy.syntax = "proto3";
  copy.edition = 0;
  return copy;
}

function restateMessage(message: DescriptorProto, scope: string, registry: FileRegistry): void {
  const desc = registry.getMessage(scope + message.name);
  message.extension = [];
  message.extensionRange = [];
  message.field.forEach((field, index) => {
    const original = desc?.fields[index];
    if (field.type === Type.GROUP) field.type = Type.MESSAGE;
    clearField(field, FieldDescriptorProtoSchema.field.defaultValue);
    // An edition says here what is a group.
    if (field.options !== undefined) clearField(field.options, FieldOptionsSchema.field.features);
    const isPlain = original?.fieldKind === "scalar" || original?.fieldKind === "enum";
    const isMember = isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex);
    if (!isPlain || isMember || original.presence === Presence.IMPLICIT) return;
    if (field.label === 2) field.label = 1;
    field.proto3Optional = true;
    field.oneofIndex = message.oneofDecl.length;
    message.oneofDecl.push({ $typeName: "google.protobuf.OneofDescriptorProto", name: `_${field.name}` });
  });
  for (const inner of message.nestedType) restateMessage(inner, `${scope}${message.name}.`, registry);
}

/** The bytes of a case for the restated schema; they differ where an edition has groups. */
function withoutGroups(
  registry: FileRegistry,
  restatedRegistry: FileRegistry,
  { type, value }: Line,
): Uint8Array {
  const bytes = Uint8Array.from(Buffer.from(value, "base64"));
  const before = registry.getMessage(type);
  const behind = restatedRegistry.getMessage(type);
  if (before === undefined || behind === undefined || before.file.proto.syntax !== "editions") return bytes;
  return toBinary(behind, fromJson(behind, toJson(before, fromBinary(before, bytes))));
}

/** A text that a format takes or does not. */
export interface LibraryCase {
  readonly name: string;
  readonly format: string;
  readonly value: string;
  readonly valid: boolean;
}

/** Cases of the functions that formats of rules stand for, with the arguments that the rules give them. */
export function libraryCases(): LibraryCase[] {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(SCHEMA)));
  const lines = gunzipSync(readFileSync(CASES)).toString().trim().split("\n");
  return lines.flatMap((text) => {
    const line = JSON.parse(text) as Line;
    const desc = line.suite.startsWith("library/") ? registry.getMessage(line.type) : undefined;
    if (desc === undefined) return [];
    const asked = toJson(
      desc,
      fromBinary(desc, Buffer.from(line.value, "base64")),
    ) as unknown as LibraryQuestion;
    const format = formatOf(desc.name, asked);
    // The empty text is the business of other rules.
    if (format === undefined || !asked.val) return [];
    return [{ name: line.case, format, value: asked.val, valid: line.want.success === true }];
  });
}

interface LibraryQuestion {
  readonly val?: string;
  readonly version?: string | number;
  readonly strict?: boolean;
  readonly portRequired?: boolean;
}

const LIBRARY_FORMATS: { readonly [message: string]: string } = {
  IsEmail: "email",
  IsHostname: "hostname",
  IsUri: "uri",
  IsUriRef: "uri_ref",
};

function formatOf(message: string, { version, strict, portRequired }: LibraryQuestion): string | undefined {
  if (message === "IsHostAndPort") return portRequired === true ? "host_and_port" : undefined;
  const family = { "0": "ip", "4": "ipv4", "6": "ipv6" }[String(version ?? 0)];
  if (message === "IsIp") return family;
  if (message !== "IsIpPrefix") return LIBRARY_FORMATS[message];
  return family && `${family}_${strict === true ? "prefix" : "with_prefixlen"}`;
}
