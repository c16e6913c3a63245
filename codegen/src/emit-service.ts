// Code for one service, in three parts: what handlers look like, the stub, and the constant that joins them.

import { hex } from "./check-services.ts";
import { jsDoc } from "./comments.ts";
import { type EmitOptions, type EmitScope, typeName } from "./emit-scope.ts";
import type { GeneratedFile } from "./generated-file.ts";
import type { MethodKind, MethodModel, ServiceModel, TypeRef } from "./model.ts";
import { isTaken } from "./names.ts";
import type { RulesNames } from "./rules/emit-rules.ts";

/** The names of the three declarations of a service. */
interface ServiceNames {
  readonly constant: string;
  readonly client: string;
  readonly handlers: string;
}

/** Where generated code finds what it imports, and the rules of messages. */
export interface ServiceOptions extends EmitOptions {
  /** Where the rules of a message are, if it has any. */
  rulesOf(typeName: string): RulesNames | undefined;
}

/** What the parts of one service share. */
interface Scope extends EmitScope, ServiceOptions {
  readonly service: ServiceModel;
  readonly names: ServiceNames;
}

/**
 * Appends the code of `service` to `file`.
 * @returns the name that could not be given away, or undefined if all went well.
 */
export function emitService(
  file: GeneratedFile,
  service: ServiceModel,
  options: ServiceOptions,
): string | undefined {
  const names = chooseNames(file, service.name);
  if (names === undefined) return service.name;
  for (const name of Object.values(names)) file.declare(name);
  const scope = { ...options, file, source: service.file.name, service, names };
  file.append(handlersCode(scope));
  file.append(clientCode(scope));
  file.append(constantCode(scope));
  return undefined;
}

/** `Greeter`, or `GreeterService` where the file needs one of the three names for something else. */
function chooseNames(file: GeneratedFile, name: string): ServiceNames | undefined {
  const bases = isTaken(name) ? [`${name}Service`] : [name, `${name}Service`];
  return bases
    .map((base) => ({ constant: base, client: `${base}Client`, handlers: `${base}Handlers` }))
    .find((names) => Object.values(names).every((each) => !file.has(each)));
}

function handlersCode(scope: Scope): string {
  const { service, names } = scope;
  const context = service.methods.length === 0 ? "" : runtimeType(scope, "CallContext");
  const methods = service.methods.map((method) => {
    const request = validName(scope, method.request);
    const response = method.kind === "one_way" ? "void" : typeName(scope, method.response);
    const [parameter, result] = handlerShape(method.kind, request, response);
    return `${methodDoc(method)}  ${method.localName}(${parameter}, context: ${context}): ${result};\n`;
  });
  const doc = jsDoc(`What a server has to offer to serve \`${service.fullName}\`.`);
  return `${doc}export interface ${names.handlers} {\n${methods.join("")}}`;
}

function handlerShape(
  kind: MethodKind,
  request: string,
  response: string,
): [parameter: string, result: string] {
  const one = `request: ${request}`;
  const many = `requests: AsyncIterable<${request}>`;
  const answer = `${response} | Promise<${response}>`;
  const answers = `Iterable<${response}> | AsyncIterable<${response}>`;
  if (kind === "server_stream") return [one, answers];
  if (kind === "client_stream") return [many, answer];
  return kind === "duplex" ? [many, answers] : [one, answer];
}

function clientCode(scope: Scope): string {
  const { service, names } = scope;
  const caller = runtimeType(scope, "Caller");
  const options = service.methods.length === 0 ? "" : runtimeType(scope, "CallOptions");
  const methods = service.methods.map((method) => {
    const request = typeName(scope, method.request);
    const [operation, result] = clientShape(scope, method, request);
    const sendsOne = method.kind !== "client_stream" && method.kind !== "duplex";
    const parameters = `${sendsOne ? `request: ${request}, ` : ""}options?: ${options}`;
    const values = `${names.constant}.methods.${method.localName}${sendsOne ? ", request" : ""}, options`;
    return `\n${methodDoc(method)}  ${method.localName}(${parameters}): ${result} {\n    return this.#caller.${operation}(${values});\n  }\n`;
  });
  const doc = jsDoc(service.comment || `Calls \`${service.fullName}\`.`, "", service.deprecated);
  const head = `${doc}export class ${names.client} {\n  readonly #caller: ${caller};\n\n`;
  return `${head}  constructor(caller: ${caller}) {\n    this.#caller = caller;\n  }\n${methods.join("")}}`;
}

/** The function of `Caller` that makes the call, and the type of what it returns. */
function clientShape(
  scope: Scope,
  method: MethodModel,
  request: string,
): [operation: string, result: string] {
  if (method.kind === "one_way") return ["oneWay", "Promise<void>"];
  const response = typeName(scope, method.response);
  switch (method.kind) {
    case "server_stream":
      return ["serverStream", `${runtimeType(scope, "ServerStream")}<${response}>`];
    case "client_stream":
      return ["clientStream", `${runtimeType(scope, "ClientStream")}<${request}, ${response}>`];
    case "duplex":
      return ["duplex", `${runtimeType(scope, "DuplexStream")}<${request}, ${response}>`];
    default:
      return ["unary", `Promise<${response}>`];
  }
}

function constantCode(scope: Scope): string {
  const { service, names } = scope;
  const method = service.methods.length === 0 ? "" : runtimeType(scope, "Method");
  const types = service.methods.map((each) => {
    const request = typeName(scope, each.request);
    return `    readonly ${each.localName}: ${method}<${request}, ${typeName(scope, each.response)}>;\n`;
  });
  const head = `${runtimeType(scope, "Service")}<${names.client}, ${names.handlers}${inWorkers(scope)}>`;
  const errors = errorsOf(service);
  const errorType = errors.length === 0 ? "" : runtimeType(scope, "ErrorType");
  const errorTypes = errors.map(
    (ref) => `    readonly ${errorName(ref)}: ${errorType}<${typeName(scope, ref)}>;\n`,
  );
  const doc = jsDoc(service.comment || `The service \`${service.fullName}\`.`, "", service.deprecated);
  return [
    `${doc}export const ${names.constant}: ${head} & {\n  readonly methods: {\n${types.join("")}  };\n`,
    errors.length === 0 ? "" : `  readonly errors: {\n${errorTypes.join("")}  };\n`,
    "} = {\n",
    `  name: ${JSON.stringify(service.fullName)},\n`,
    `  fingerprint: ${hex(service.fingerprint)},\n`,
    `  methods: {\n${service.methods.map((each) => methodCode(scope, each)).join("")}  },\n`,
    errors.length === 0 ? "" : `  errors: {\n${errors.map((ref) => errorCode(scope, ref)).join("")}  },\n`,
    `  createClient: (caller) => new ${names.client}(caller),\n};`,
  ].join("");
}

/** The third type of a service: the handlers that worker threads have to offer. Left out when there are none. */
function inWorkers({ service, names }: Scope): string {
  const marked = service.methods.filter(({ worker }) => worker).map(({ localName }) => `"${localName}"`);
  return marked.length === 0 ? "" : `, Pick<${names.handlers}, ${marked.join(" | ")}>`;
}

/** The messages that failures of the service carry, each once. */
function errorsOf(service: ServiceModel): TypeRef[] {
  const byName = new Map(service.methods.flatMap(({ errors }) => errors).map((ref) => [ref.fullName, ref]));
  return [...byName.values()];
}

/** `SoldOut` gives `soldOut`. */
function errorName(ref: TypeRef): string {
  return ref.tsName.charAt(0).toLowerCase() + ref.tsName.slice(1);
}

function errorCode(scope: Scope, ref: TypeRef): string {
  return `    ${errorName(ref)}: { type: ${JSON.stringify(ref.fullName)}, codec: ${typeName(scope, ref)} },\n`;
}

function methodCode(scope: Scope, method: MethodModel): string {
  const lines = [
    `path: ${JSON.stringify(method.path)}`,
    `id: ${hex(method.id)}`,
    `kind: ${JSON.stringify(method.kind)}`,
    `idempotency: ${JSON.stringify(method.idempotency)}`,
    ...(method.timeoutMs === undefined ? [] : [`timeoutMs: ${method.timeoutMs}`]),
    ...(method.endless ? ["timeoutMs: Number.POSITIVE_INFINITY"] : []),
    ...(method.worker ? ["worker: true"] : []),
    `request: ${typeName(scope, method.request)}`,
    `response: ${typeName(scope, method.response)}`,
    ...validation(scope, method.request),
  ];
  return `    ${method.localName}: {\n${lines.map((line) => `      ${line},\n`).join("")}    },\n`;
}

function methodDoc(method: MethodModel): string {
  const names = method.errors.map(({ tsName }) => tsName).join(" or ");
  const details = names === "" ? "" : `@throws VertexError, perhaps with ${names} as detail`;
  const comment = [method.comment.trimEnd(), details].filter((part) => part !== "").join("\n\n");
  return jsDoc(comment, "  ", method.deprecated);
}

/** A type of the runtime, under another name where the schema uses its own. */
function runtimeType(scope: Scope, name: string): string {
  return scope.file.importType(scope.runtime, name, `Vertex${name}`);
}

/** The type of a message that keeps its rules: what handlers are given. */
function validName(scope: Scope, ref: TypeRef): string {
  const rules = scope.rulesOf(ref.fullName);
  return rules?.validType === undefined
    ? typeName(scope, ref)
    : scope.file.importType(rules.module, rules.validType);
}

function validation(scope: Scope, ref: TypeRef): string[] {
  const rules = scope.rulesOf(ref.fullName);
  return rules === undefined ? [] : [`validate: ${scope.file.importValue(rules.module, rules.validator)}`];
}
