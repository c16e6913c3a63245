// `decode` for one message: a switch over whole tags. What is already there is merged with, as the specification asks;
// what the schema does not know is skipped, or kept as it came.

import type { Content, FieldModel, MessageModel } from "./codec-model.ts";
import { access, type EmitScope, enumName, indent, tag, tagOf, typeName } from "./emit-scope.ts";

/** The method, as lines of an object literal's body. `keepUnknown`: what the schema does not know is kept. */
export function emitDecode(scope: EmitScope, message: MessageModel, keepUnknown: boolean): string[] {
  const { tsName, isGroup } = message;
  const weight = weightOf(message);
  const body = [
    "const reader = input instanceof BinaryReader ? input : new BinaryReader(input);",
    `const outer = reader.${isGroup ? "enterGroup" : "enter"}(length${weight === 1 ? "" : `, ${weight}`});`,
    ...(isGroup ? [] : ["const end = reader.len;"]),
    ...(keepUnknown ? ["let unknown: number[] | undefined;"] : []),
    ...decodeLoop(scope, message, keepUnknown),
    ...(keepUnknown
      ? ["if (unknown !== undefined) message.$unknown = reader.kept(unknown, message.$unknown);"]
      : []),
    "reader.leave(outer);",
    "return message;",
  ];
  const parameters = `input: BinaryReader | Uint8Array, length?: number, message = createBase${tsName}()`;
  return [`decode(${parameters}): ${tsName} {`, ...indent(body), "},"];
}

/** How many elements an empty message counts for: one for each 100 bytes that its object, lists and maps take. */
function weightOf({ fields }: MessageModel): number {
  const slots = new Set(fields.map(({ oneof, property }) => oneof ?? property)).size;
  const lists = fields.filter(({ presence }) => presence === "repeated" || presence === "packed").length;
  const maps = fields.filter(({ presence }) => presence === "map").length;
  return Math.ceil((24 + 8 * slots + 32 * lists + 200 * maps) / 100);
}

function decodeLoop(scope: EmitScope, message: MessageModel, keepUnknown: boolean): string[] {
  const skip = keepUnknown ? "unknown = reader.note(tag, at, unknown);" : "reader.skip(tag);";
  const cases = message.fields.flatMap((field) => decodeField(scope, field));
  const body =
    cases.length === 0 ? [skip] : ["switch (tag) {", ...indent([...cases, "default:", `  ${skip}`]), "}"];
  const mark = keepUnknown ? ["const at = reader.pos;"] : [];
  if (!message.isGroup)
    return [
      "while (reader.pos < end) {",
      ...indent([...mark, "const tag = reader.nextTag();", ...body]),
      "}",
    ];
  const end = ["const tag = reader.groupTag(length);", "if (tag === 0) break;"];
  return ["for (;;) {", ...indent([...mark, ...end, ...body]), "}"];
}

function decodeField(scope: EmitScope, field: FieldModel): string[] {
  const { presence, entry } = field;
  const place = `message${access(field.property)}`;
  if (entry !== undefined) {
    const missing = missingValue(scope, entry.value);
    const lines = [
      `const { key, value } = ${entry.tsName}.decode(reader, reader.length());`,
      `${place}.set(key, value${missing === "" ? "" : ` ?? ${missing}`});`,
      "break;",
    ];
    return [`case ${tagOf(field)}: {`, ...indent(lines), "}"];
  }
  if (presence === "repeated" || presence === "packed") return decodeRepeated(scope, field, place);
  if (field.oneof === undefined)
    return decodeCase(tagOf(field), `${place} = ${readValue(scope, field, place)};`);
  const oneof = `message${access(field.oneof)}`;
  const name = JSON.stringify(field.property);
  const before = `${oneof}?.$case === ${name} ? ${oneof}.value : undefined`;
  return decodeCase(
    tagOf(field),
    `${oneof} = { $case: ${name}, value: ${readValue(scope, field, before)} };`,
  );
}

function decodeCase(whole: number, ...lines: string[]): string[] {
  return [`case ${whole}:`, ...indent([...lines, "break;"])];
}

/** Numbers are taken packed or not, whatever the schema says. */
function decodeRepeated(scope: EmitScope, field: FieldModel, place: string): string[] {
  const { content } = field;
  const single = decodeCase(tagOf(field), `${place}.push(${readValue(scope, field, "undefined")});`);
  if (content.kind === "message" || content.type === "String" || content.type === "Bytes") return single;
  return [...single, ...decodeCase(tag(field.number, 2), `reader.packed${content.type}(${place});`)];
}

/** One value. `before` is what the field holds, or undefined: what a message is merged into. */
function readValue(scope: EmitScope, { content, number }: FieldModel, before: string): string {
  if (content.kind === "scalar") {
    const read = `reader.${content.type.toLowerCase()}()`;
    return content.enum === undefined ? read : `${read} as ${enumName(scope, content.enum)}`;
  }
  const name = typeName(scope, content.ref);
  const length = content.isGroup ? String(-number) : "reader.length()";
  const decode = (into: string): string =>
    `${name}.decode(reader, ${length}${into === "undefined" ? "" : `, ${into}`})`;
  if (content.shownAs === undefined) return decode(before);
  const isConditional = before.includes("?");
  const held = isConditional ? `(${before})` : before;
  const wrapped = content.shownAs === "value" ? `{ value: ${held} }` : `${name}.wrap(${held})`;
  const into = before === "undefined" ? before : `${held} === undefined ? undefined : ${wrapped}`;
  return content.shownAs === "value" ? `${decode(into)}.value` : `${name}.unwrap(${decode(into)})`;
}

/** What stands for the value of a map's entry that has none; "" where the entry itself knows. */
function missingValue(scope: EmitScope, value: Content): string {
  if (value.kind === "scalar" || value.ref.fullName === "google.protobuf.Value") return "";
  const made = `${typeName(scope, value.ref)}.create()`;
  if (value.shownAs === "value") return `${made}.value`;
  return value.shownAs === "unwrapped" ? `${typeName(scope, value.ref)}.unwrap(${made})` : made;
}
