// Goes through the bytes of a message, valid or not, and says what of it others are known to read differently.

import type protobuf from "protobufjs";
import type { MessageType } from "./message-types.ts";

/** What bytes may hold. */
export const Fact = {
  LEGACY: "a message of proto2",
  NO_KEY: "a map entry without its 64-bit key",
  NO_KIND: "a google.protobuf.Value without a kind",
  LONG_VARINT: "a varint of more than 10 bytes",
  LONG_LENGTH: "a length of more than 5 bytes or 32 bits",
  EMPTY_GROUP: "a group in a message without fields",
  WRONG_TYPE: "a known field with another wire type than its own",
  CROSSES: "a value that crosses the end of its message or packed field",
  CLOSED_ENUM: "a number that an enum of proto2 does not know",
} as const;
export type Fact = (typeof Fact)[keyof typeof Fact];

/** The tags of google.protobuf.Value's kinds. */
const VALUE_TAGS = new Set([8, 17, 26, 32, 42, 50]);
/** Wire types of scalars; those that are not here are varints. */
const wireTypes: { readonly [type: string]: number } = {
  double: 1,
  fixed64: 1,
  sfixed64: 1,
  float: 5,
  fixed32: 5,
  sfixed32: 5,
  string: 2,
  bytes: 2,
};

/** The facts that hold for `bytes` as a message of this type. */
export function factsOf({ shape }: MessageType, bytes: Uint8Array): ReadonlySet<Fact> {
  const walk = new Walk(bytes);
  walk.message(shape, 0, bytes.length);
  return walk.found;
}

class Walk {
  readonly found = new Set<Fact>();
  readonly #bytes: Uint8Array;
  #pos = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  message(shape: protobuf.Type, from: number, to: number): void {
    if (this.#depth++ > 100) return void this.#depth--;
    const isLegacy = shape.name === "Legacy";
    if (isLegacy) this.found.add(Fact.LEGACY);
    const seen = new Set<number>();
    for (this.#pos = from; this.#pos < to; ) {
      const tag = this.#varint();
      const field = shape.fieldsById[tag >>> 3];
      const start = this.#skip(tag & 7, tag >>> 3);
      const end = this.#endOf(to);
      if ((tag & 7) === 3 && shape.fieldsArray.length === 0) this.found.add(Fact.EMPTY_GROUP);
      if (VALUE_TAGS.has(tag)) seen.add(0);
      if (field === undefined) continue;
      this.#field(field, tag & 7, start, end, isLegacy);
      this.#pos = end;
    }
    if (shape.fullName === ".google.protobuf.Value" && !seen.has(0)) this.found.add(Fact.NO_KIND);
    this.#depth--;
  }

  #field(field: protobuf.Field, wireType: number, start: number, end: number, isLegacy: boolean): void {
    const own = isMessage(field) || field.map ? 2 : (wireTypes[field.type] ?? 0);
    const packed = wireType === 2 && field.repeated && own !== 2;
    if (wireType !== own && !packed) this.found.add(Fact.WRONG_TYPE);
    else if (packed) this.#packed(own, start, end);
    else if (field.map) this.#entry(field as unknown as protobuf.MapField, start, end);
    else if (isMessage(field)) this.message(field.resolvedType as protobuf.Type, start, end);
    else if (isLegacy && field.resolvedType !== null)
      this.#closed(field.resolvedType as protobuf.Enum, start);
  }

  #packed(wireType: number, start: number, end: number): void {
    if (wireType !== 0 && (end - start) % (wireType === 1 ? 8 : 4) !== 0) this.found.add(Fact.CROSSES);
    for (this.#pos = start; wireType === 0 && this.#pos < end; ) this.#skip(0, 0);
    if (wireType === 0 && this.#pos > end) this.found.add(Fact.CROSSES);
  }

  /** The end of the value in work, no further than `to`. */
  #endOf(to: number): number {
    if (this.#pos > to) this.found.add(Fact.CROSSES);
    return Math.min(this.#pos, to);
  }

  #closed({ valuesById }: protobuf.Enum, start: number): void {
    this.#pos = start;
    if (valuesById[this.#varint() | 0] === undefined) this.found.add(Fact.CLOSED_ENUM);
  }

  #entry(field: protobuf.MapField, from: number, to: number): void {
    let [keys, values] = [0, 0];
    for (this.#pos = from; this.#pos < to; ) {
      const tag = this.#varint();
      const start = this.#skip(tag & 7, tag >>> 3);
      const end = this.#endOf(to);
      const wanted = tag >>> 3 === 1 ? field.keyType : tag >>> 3 === 2 ? field.type : undefined;
      if (wanted === undefined) continue;
      if (tag >>> 3 === 1) keys++;
      else values++;
      const own = tag >>> 3 === 2 && isMessage(field) ? 2 : (wireTypes[wanted] ?? 0);
      if (own !== (tag & 7)) this.found.add(Fact.WRONG_TYPE);
      else if (tag === 18 && isMessage(field)) this.message(field.resolvedType as protobuf.Type, start, end);
      this.#pos = end;
    }
    if (keys === 0 && /64$/.test(field.keyType)) this.found.add(Fact.NO_KEY);
    if (values === 0 && field.resolvedType?.fullName === ".google.protobuf.Value")
      this.found.add(Fact.NO_KIND);
  }

  /** Moves behind a value; returns where its content starts. */
  #skip(wireType: number, id: number): number {
    const at = this.#pos;
    if (wireType === 0) this.#varint();
    if (this.#pos - at > 10) this.found.add(Fact.LONG_VARINT);
    const length = wireType === 2 ? this.#length() : wireType === 1 ? 8 : wireType === 5 ? 4 : 0;
    const start = this.#pos;
    this.#pos += length;
    if (wireType === 3) {
      for (
        let tag = this.#varint();
        tag !== id * 8 + 4 && this.#pos < this.#bytes.length;
        tag = this.#varint()
      )
        this.#skip(tag & 7, tag >>> 3);
    }
    return start;
  }

  #length(): number {
    const at = this.#pos;
    const length = this.#varint();
    const bytes = this.#pos - at;
    if (bytes > 5 || (bytes === 5 && (this.#bytes[at + 4] as number) > 0x0f))
      this.found.add(Fact.LONG_LENGTH);
    return length;
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; this.#pos < this.#bytes.length; shift += 7) {
      const byte = this.#bytes[this.#pos++] as number;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value >>> 0;
  }
}

function isMessage({ resolvedType }: { resolvedType: protobuf.ReflectionObject | null }): boolean {
  return resolvedType !== null && "fieldsById" in resolvedType;
}
