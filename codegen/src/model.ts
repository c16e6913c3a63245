// The services of one file as plain data: what the emitters need and nothing of descriptors.

import {
  type FileDescriptorProto,
  MethodOptions_IdempotencyLevel as Level,
  type MethodDescriptorProto,
  type ServiceDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { fingerprint } from "./fingerprint.ts";
import { methodId } from "./method-id.ts";
import { type MethodRules, readMethodRules } from "./method-options.ts";
import { methodLocalName } from "./names.ts";
import type { Schema } from "./schema.ts";
import { Part } from "./source-info.ts";

export type MethodKind = "unary" | "one_way" | "server_stream" | "client_stream" | "duplex";
export type Idempotency = "unknown" | "no_side_effects" | "idempotent";

/** A message type where a method uses it. */
export interface TypeRef {
  readonly fullName: string;
  readonly tsName: string;
  /** The .proto file that declares it. */
  readonly file: string;
}

export interface MethodModel {
  /** As the schema spells it. */
  readonly name: string;
  /** As stub and handlers spell it. */
  readonly localName: string;
  /** `package.Service/Method`. */
  readonly path: string;
  readonly id: number;
  readonly kind: MethodKind;
  /** Either side sends a stream. */
  readonly streams: boolean;
  readonly idempotency: Idempotency;
  readonly timeoutMs: number | undefined;
  /** No deadline unless the call names one. */
  readonly endless: boolean;
  /** Servers run it in a worker thread. */
  readonly worker: boolean;
  /** Messages that its failures carry, as far as they exist. */
  readonly errors: readonly TypeRef[];
  /** Names of such messages that do not exist. */
  readonly unknownErrors: readonly string[];
  readonly request: TypeRef;
  readonly response: TypeRef;
  readonly comment: string;
  readonly deprecated: boolean;
  /** Its path in the file's source info. */
  readonly sourcePath: readonly number[];
}

export interface ServiceModel {
  readonly name: string;
  /** `package.Service`. */
  readonly fullName: string;
  readonly fingerprint: number;
  readonly methods: readonly MethodModel[];
  readonly comment: string;
  readonly deprecated: boolean;
  readonly file: FileDescriptorProto;
  readonly sourcePath: readonly number[];
}

/** The services of `file`, in the order of the text. */
export function modelServices(schema: Schema, file: FileDescriptorProto): ServiceModel[] {
  return file.service.map((desc, index) => modelService(schema, file, desc, [Part.service, index]));
}

function modelService(
  schema: Schema,
  file: FileDescriptorProto,
  desc: ServiceDescriptorProto,
  path: readonly number[],
): ServiceModel {
  const fullName = file.package === "" ? desc.name : `${file.package}.${desc.name}`;
  const info = schema.infoOf(file);
  const methods = desc.method.map((method, index) => {
    const sourcePath = [...path, Part.method, index];
    return modelMethod(schema, fullName, method, sourcePath, info.commentOf(sourcePath));
  });
  return {
    name: desc.name,
    fullName,
    fingerprint: fingerprint(schema, methods),
    methods,
    comment: info.commentOf(path),
    deprecated: desc.options?.deprecated === true,
    file,
    sourcePath: path,
  };
}

function modelMethod(
  schema: Schema,
  service: string,
  desc: MethodDescriptorProto,
  sourcePath: readonly number[],
  comment: string,
): MethodModel {
  const path = `${service}/${desc.name}`;
  const rules = readMethodRules(desc.options);
  return {
    name: desc.name,
    localName: methodLocalName(desc.name),
    path,
    id: methodId(path),
    kind: kindOf(desc, rules),
    streams: desc.clientStreaming || desc.serverStreaming,
    idempotency: idempotencyOf(desc),
    timeoutMs: rules.timeoutMs,
    endless: rules.endless,
    worker: rules.worker,
    errors: rules.errors.filter((name) => isMessage(schema, name)).map((name) => refer(schema, `.${name}`)),
    unknownErrors: rules.errors.filter((name) => !isMessage(schema, name)),
    request: refer(schema, desc.inputType),
    response: refer(schema, desc.outputType),
    comment,
    deprecated: desc.options?.deprecated === true,
    sourcePath,
  };
}

function kindOf(desc: MethodDescriptorProto, rules: MethodRules): MethodKind {
  if (rules.oneWay) return "one_way";
  if (desc.clientStreaming) return desc.serverStreaming ? "duplex" : "client_stream";
  return desc.serverStreaming ? "server_stream" : "unary";
}

function idempotencyOf(desc: MethodDescriptorProto): Idempotency {
  const level = desc.options?.idempotencyLevel;
  if (level === Level.NO_SIDE_EFFECTS) return "no_side_effects";
  return level === Level.IDEMPOTENT ? "idempotent" : "unknown";
}

function isMessage(schema: Schema, fullName: string): boolean {
  return schema.types.get(fullName)?.kind === "message";
}

function refer(schema: Schema, reference: string): TypeRef {
  const fullName = reference.slice(1);
  const entry = schema.types.get(fullName);
  if (entry === undefined) throw new Error(`the compiler let an unknown type pass: ${fullName}`);
  return { fullName, tsName: entry.tsName, file: entry.file.name };
}
