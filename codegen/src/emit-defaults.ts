// The defaults that a proto2 schema gives to fields which may be absent, one constant for each message that has some.

import type { FieldModel, MessageModel, ScalarType } from "./codec-model.ts";
import { access, type EmitScope, enumName } from "./emit-scope.ts";

const TYPES: Partial<Record<ScalarType, string>> = {
  Bool: "boolean",
  String: "string",
  Bytes: "Uint8Array",
  Int64: "bigint",
  Uint64: "bigint",
  Sint64: "bigint",
  Fixed64: "bigint",
  Sfixed64: "bigint",
};

/** Appends the constants of `messages`, called `LegacyDefaults` where the message is `Legacy`. */
export function emitDefaults(scope: EmitScope, messages: readonly MessageModel[]): void {
  for (const { tsName, fields } of messages) {
    const withDefault = fields.filter((field) => field.default !== undefined);
    if (withDefault.length === 0) continue;
    const name = freeName(scope, `${tsName}Defaults`);
    scope.file.declare(name);
    const types = withDefault.map((field) => `  readonly ${key(field)}: ${typeOf(scope, field)};\n`);
    const values = withDefault.map((field) => `  ${key(field)}: ${field.default},\n`);
    scope.file.append(
      `/** What the schema says of fields that a \`${tsName}\` leaves undefined. */\nexport const ${name}: {\n${types.join("")}} = {\n${values.join("")}};`,
    );
  }
}

function freeName(scope: EmitScope, wanted: string): string {
  return scope.file.has(wanted) ? freeName(scope, `${wanted}_`) : wanted;
}

/** The property, as an object literal has it. */
function key({ property }: FieldModel): string {
  return access(property).replace(/^\./, "");
}

function typeOf(scope: EmitScope, { content }: FieldModel): string {
  if (content.kind === "message") return "never";
  return content.enum === undefined ? (TYPES[content.type] ?? "number") : enumName(scope, content.enum);
}
