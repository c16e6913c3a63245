// `encode` for one message. Fields of constant size that follow each other share one capacity check and are written
// through local variables; everything else makes room for itself.

import type { Content, FieldModel, MessageModel, ScalarType } from "./codec-model.ts";
import { access, type EmitScope, indent, tag, tagOf, typeName } from "./emit-scope.ts";

/** Most bytes that a value takes. What is not here has no such number. */
const MOST_BYTES: Partial<Record<ScalarType, number>> = {
  Uint32: 5,
  Int32: 10,
  Sint32: 5,
  Bool: 1,
  Fixed32: 4,
  Sfixed32: 4,
  Float: 4,
  Double: 8,
  Int64: 10,
  Uint64: 10,
  Sint64: 10,
  Fixed64: 8,
  Sfixed64: 8,
};

/** The method, as lines of an object literal's body. `keepUnknown`: what `decode` kept is written behind the rest. */
export function emitEncode(scope: EmitScope, message: MessageModel, keepUnknown: boolean): string[] {
  const lines: string[] = [];
  let run: FieldModel[] = [];
  let runs = 0;
  const endRun = (): void => {
    if (run.length > 0) lines.push(...encodeRun(scope, run, runs++ === 0));
    run = [];
  };
  const oneofs = new Set<string>();
  for (const field of message.fields) {
    if (isConstant(field)) {
      run.push(field);
      continue;
    }
    endRun();
    if (field.oneof === undefined) lines.push(...encodeField(scope, field));
    else if (!oneofs.has(field.oneof)) {
      oneofs.add(field.oneof);
      lines.push(...encodeOneof(scope, field.oneof, message));
    }
  }
  endRun();
  if (keepUnknown) lines.push("if (message.$unknown !== undefined) writer.raw(message.$unknown);");
  return [
    `encode(message: ${message.tsName}, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {`,
    ...indent([...lines, "return writer;"]),
    "},",
  ];
}

function isConstant({ content, oneof, presence }: FieldModel): boolean {
  const isSingle = presence === "implicit" || presence === "present" || presence === "required";
  return isSingle && oneof === undefined && mostBytes(content) !== undefined;
}

function mostBytes(content: Content): number | undefined {
  return content.kind === "scalar" ? MOST_BYTES[content.type] : undefined;
}

/** Fields of constant size: one check, then local variables. */
function encodeRun(scope: EmitScope, run: readonly FieldModel[], isFirst: boolean): string[] {
  const room = run.reduce(
    (sum, { number, content }) => sum + tagBytes(number * 8).length + (mostBytes(content) ?? 0),
    0,
  );
  const fields = run.flatMap((field) => {
    const value = `message${access(field.property)}`;
    const write = [
      ...tagBytes(tagOf(field)).map((byte) => `buf[pos++] = ${byte};`),
      ...putScalar(scope, field.content, value),
    ];
    return guarded(condition(field, value), write);
  });
  return [
    `writer.ensure(${room});`,
    isFirst ? "let { buf, pos } = writer;" : "({ buf, pos } = writer);",
    ...fields,
    "writer.pos = pos;",
  ];
}

function putScalar(scope: EmitScope, content: Content, value: string): string[] {
  if (content.kind !== "scalar") return [];
  const put = scope.file.importValue(scope.runtime, `put${content.type}`);
  return [`pos = ${put}(buf, pos, ${value});`];
}

/** The bytes of a tag's varint. */
function tagBytes(whole: number): number[] {
  const bytes: number[] = [];
  let rest = whole;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

/** When a field that is not repeated is written; "" for always. */
function condition({ presence, content }: FieldModel, value: string): string {
  if (presence === "required") return "";
  if (presence !== "implicit" || content.kind === "message") return `${value} !== undefined`;
  if (content.enum !== undefined) return `${value} !== ${content.enum.first}`;
  switch (content.type) {
    case "Bool":
      return `${value} !== false`;
    case "String":
      return `${value} !== ""`;
    case "Bytes":
      return `${value}.length !== 0`;
    case "Float":
    case "Double":
      // -0 is not the default.
      return `${value} !== 0 || 1 / ${value} < 0`;
    case "Int64":
    case "Uint64":
    case "Sint64":
    case "Fixed64":
    case "Sfixed64":
      return `${value} !== 0n`;
    default:
      return `${value} !== 0`;
  }
}

function guarded(when: string, lines: readonly string[]): string[] {
  if (when === "") return [...lines];
  const [line] = lines;
  if (lines.length === 1 && line !== undefined && line.length + when.length < 110)
    return [`if (${when}) ${line}`];
  return [`if (${when}) {`, ...indent(lines), "}"];
}

function encodeField(scope: EmitScope, field: FieldModel): string[] {
  const { presence, content, entry } = field;
  const value = `message${access(field.property)}`;
  if (entry !== undefined) {
    const body = encodeMessage(field, `${entry.tsName}.encode({ key, value }, writer);`);
    return [`for (const [key, value] of ${value}) {`, ...indent(body), "}"];
  }
  if (presence === "packed" && content.kind === "scalar")
    return [`writer.packed${content.type}(${tag(field.number, 2)}, ${value});`];
  if (presence !== "repeated") return guarded(condition(field, value), encodeValue(scope, field, value));
  const [line = "", ...more] = encodeValue(scope, field, "value");
  if (more.length === 0) return [`for (const value of ${value}) ${line}`];
  return [`for (const value of ${value}) {`, ...indent([line, ...more]), "}"];
}

/** One value with its tag, whatever came before. */
function encodeValue(scope: EmitScope, field: FieldModel, value: string): string[] {
  const { content } = field;
  if (content.kind === "scalar") {
    if (content.type === "String" || content.type === "Bytes")
      return [`writer.${content.type.toLowerCase()}Field(${tagOf(field)}, ${value});`];
    return [`writer.uint32(${tagOf(field)}).${content.type.toLowerCase()}(${value});`];
  }
  const name = typeName(scope, content.ref);
  if (content.shownAs === undefined) return encodeMessage(field, `${name}.encode(${value}, writer);`);
  const message = content.shownAs === "value" ? `{ value: ${value}! }` : `${name}.wrap(${value}!)`;
  return encodeMessage(field, `${name}.encode(${message}, writer);`);
}

/** A field that is a message, around the line that writes the message. */
function encodeMessage(field: FieldModel, line: string): string[] {
  const { content, number } = field;
  if (content.kind === "message" && content.isGroup)
    return [`writer.uint32(${tag(number, 3)});`, line, `writer.uint32(${tag(number, 4)});`];
  const nest = content.kind === "message" && content.isRecursive;
  const [open, close] = nest ? ["nest", "unnest"] : ["open", "close"];
  return [`const at = writer.${open}(${tag(number, 2)});`, line, `writer.${close}(at);`];
}

function encodeOneof(scope: EmitScope, oneof: string, { fields }: MessageModel): string[] {
  const place = `message${access(oneof)}`;
  const cases = fields
    .filter((field) => field.oneof === oneof)
    .flatMap((field) => {
      const lines = [...encodeValue(scope, field, `${place}.value`), "break;"];
      const isBlock = lines.some((line) => line.startsWith("const "));
      const label = `case ${JSON.stringify(field.property)}:`;
      return isBlock ? [`${label} {`, ...indent(lines), "}"] : [label, ...indent(lines)];
    });
  return [`switch (${place}?.$case) {`, ...indent(cases), "}"];
}
