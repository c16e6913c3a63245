// Defaults of proto2 fields as TypeScript. They are untrusted text: only what is a value of the field's type passes,
// and strings reach code as ASCII literals.

import { type FieldDescriptorProto, FieldDescriptorProto_Type as Type } from "@bufbuild/protobuf/wkt";

const NOT_FINITE: ReadonlyMap<string, string> = new Map([
  ["inf", "globalThis.Infinity"],
  ["-inf", "-globalThis.Infinity"],
  ["nan", "globalThis.Number.NaN"],
]);

/** One byte of a default of type bytes, as the compiler writes it: itself, or escaped as in C. */
const BYTE = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|([abfnrtv\\'"?]))|([\x20-\x5b\x5d-\x7e])/gy;
const ESCAPES = "abtnvfr";

/**
 * The default of `field` as TypeScript, or undefined if it is no value of the field's type. Of an enum, the name of
 * the value.
 */
export function defaultLiteral({ type, defaultValue }: FieldDescriptorProto): string | undefined {
  switch (type) {
    case Type.STRING:
      return asciiLiteral(defaultValue);
    case Type.BYTES:
      return bytesLiteral(defaultValue);
    case Type.ENUM:
      return accept(defaultValue, /^[A-Za-z_][A-Za-z0-9_]*$/);
    case Type.BOOL:
      return accept(defaultValue, /^(?:true|false)$/);
    case Type.DOUBLE:
    case Type.FLOAT:
      return (
        NOT_FINITE.get(defaultValue) ?? accept(defaultValue, /^-?(?:0|[1-9]\d*)(?:\.\d*)?(?:e[+-]?\d+)?$/i)
      );
    case Type.INT64:
    case Type.UINT64:
    case Type.SINT64:
    case Type.FIXED64:
    case Type.SFIXED64:
      return /^-?(?:0|[1-9]\d*)$/.test(defaultValue) ? `${defaultValue}n` : undefined;
    default:
      return accept(defaultValue, /^-?(?:0|[1-9]\d*)$/);
  }
}

function accept(value: string, pattern: RegExp): string | undefined {
  return pattern.test(value) ? value : undefined;
}

function asciiLiteral(value: string): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function bytesLiteral(value: string): string | undefined {
  const bytes: number[] = [];
  let end = 0;
  for (const [all, octal, hex, letter, plain] of value.matchAll(BYTE)) {
    end += all.length;
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (plain !== undefined) bytes.push(plain.charCodeAt(0));
    else if (letter !== undefined) bytes.push(escapedByte(letter));
  }
  return end === value.length ? `new Uint8Array([${bytes.join(", ")}])` : undefined;
}

/** `n` is 10, and a quote is itself. */
function escapedByte(letter: string): number {
  const index = ESCAPES.indexOf(letter);
  if (index < 0) return letter.charCodeAt(0);
  return index + 7;
}
