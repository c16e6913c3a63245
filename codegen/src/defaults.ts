// Defaults of proto2 fields. ts-proto writes numbers and booleans into code as it finds them, so that they are
// made into TypeScript here, and only what is a number or a boolean passes.

import { type FieldDescriptorProto, FieldDescriptorProto_Type as Type } from "@bufbuild/protobuf/wkt";

const NOT_FINITE: ReadonlyMap<string, string> = new Map([
  ["inf", "globalThis.Infinity"],
  ["-inf", "-globalThis.Infinity"],
  ["nan", "globalThis.Number.NaN"],
]);

/** The default of `field` as TypeScript, or undefined if it is no value of the field's type. */
export function defaultLiteral({ type, defaultValue }: FieldDescriptorProto): string | undefined {
  switch (type) {
    case Type.STRING:
    case Type.BYTES:
      return defaultValue;
    case Type.ENUM:
      return accept(defaultValue, /^[A-Za-z_][A-Za-z0-9_]*$/);
    case Type.BOOL:
      return accept(defaultValue, /^(?:true|false)$/);
    case Type.DOUBLE:
    case Type.FLOAT:
      return NOT_FINITE.get(defaultValue) ?? accept(defaultValue, /^-?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i);
    default:
      return accept(defaultValue, /^-?\d+$/);
  }
}

function accept(value: string, pattern: RegExp): string | undefined {
  return pattern.test(value) ? value : undefined;
}
