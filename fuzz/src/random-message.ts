// A valid message of a type, straight to bytes: with overlong varints, fields out of order or twice, lists packed and
// not, unknown fields and groups. All that a decoder must take.

import type protobuf from "protobufjs";
import { varint } from "./mutate.ts";
import type { Random } from "./random.ts";

const MAX_DEPTH = 5;
/** Fields of a message that are set, about; each level has one fewer. */
const FIELDS = 4;
const texts: readonly string[] = ["", "a", "eu-1", "__proto__", "naïve", "日本語", "😀", "x".repeat(130)];
const zigzag = new Set(["sint32", "sint64"]);
const fixed: { readonly [type: string]: number } = {
  double: 8,
  fixed64: 8,
  sfixed64: 8,
  float: 4,
  fixed32: 4,
  sfixed32: 4,
};

/** Bytes of a message. */
export function randomMessage(shape: protobuf.Type, random: Random): Uint8Array {
  return Uint8Array.from(message(shape, random, 0));
}

function message(shape: protobuf.Type, random: Random, depth: number): number[] {
  const bytes: number[] = [];
  const fields = shape.fieldsArray;
  for (const field of fields) {
    // Required fields are always there: leaving one out is the mutations' work.
    if (field.required || random.below(fields.length) < FIELDS - depth)
      append(bytes, randomField(field, random, depth));
  }
  if (fields.length > 0 && random.oneIn(8)) append(bytes, randomField(random.pick(fields), random, depth));
  if (random.oneIn(12)) append(bytes, unknown(random, 0));
  return bytes;
}

function randomField(field: protobuf.Field, random: Random, depth: number): number[] {
  const { id } = field;
  if (field.map) return lengthed(id, mapEntry(field as unknown as protobuf.MapField, random, depth), random);
  if (!field.repeated) return one(field, random, depth);
  const count = random.size(6 - depth);
  const packable = field.resolvedType === null ? !/^(string|bytes)$/.test(field.type) : isEnum(field);
  if (packable && random.oneIn(2)) {
    const values: number[] = [];
    for (let i = 0; i < count; i++) append(values, scalar(field.type, random));
    return lengthed(id, values, random);
  }
  const bytes: number[] = [];
  for (let i = 0; i < count; i++) append(bytes, one(field, random, depth));
  return bytes;
}

/** One value with its tag. */
function one(field: protobuf.Field, random: Random, depth: number): number[] {
  const { id, type, resolvedType } = field;
  if (resolvedType !== null && !isEnum(field)) {
    const inside = depth < MAX_DEPTH ? message(resolvedType as protobuf.Type, random, depth + 1) : [];
    return lengthed(id, inside, random);
  }
  if (type === "string" || type === "bytes") return lengthed(id, chunk(type, random), random);
  const size = fixed[type];
  return [...tag(id, size === 8 ? 1 : size === 4 ? 5 : 0), ...scalar(type, random)];
}

function mapEntry(field: protobuf.MapField, random: Random, depth: number): number[] {
  const bytes: number[] = [];
  const entry = { id: 1, type: field.keyType, resolvedType: null } as unknown as protobuf.Field;
  const value = { id: 2, type: field.type, resolvedType: field.resolvedType } as unknown as protobuf.Field;
  if (!random.oneIn(6)) append(bytes, one(entry, random, depth));
  if (!random.oneIn(6)) append(bytes, one(value, random, depth));
  return bytes;
}

/** A value without its tag. */
function scalar(type: string, random: Random): number[] {
  const size = fixed[type];
  if (size !== undefined) return special(size, random);
  if (type === "bool") return [random.below(2)];
  const wide = /64$/.test(type) && random.oneIn(3);
  if (wide || (random.oneIn(6) && !zigzag.has(type))) return longVarint(random);
  return varint(random.size(0x7fffffff), random.oneIn(10));
}

/** Fixed sizes: zeros, minus zero, infinities and NaN among the rest. */
function special(size: number, random: Random): number[] {
  const bytes = [...random.bytes(size)];
  const top = random.pick([bytes[size - 1] as number, 0, 0x80, 0x7f, 0xff]);
  if (random.oneIn(2)) bytes.fill(0);
  bytes[size - 1] = top;
  return bytes;
}

/** Ten bytes: a negative number, or one that uses the highest bits. */
function longVarint(random: Random): number[] {
  return [...random.bytes(9)].map((byte) => byte | 0x80).concat(random.below(2));
}

function chunk(type: string, random: Random): number[] {
  if (type === "bytes") return [...random.bytes(random.size(300))];
  return [...new TextEncoder().encode(random.pick(texts) + "y".repeat(random.size(40)))];
}

function unknown(random: Random, depth: number): number[] {
  const id = random.between(600, 5_000);
  switch (random.below(depth < 3 ? 5 : 4)) {
    case 0:
      return [...tag(id, 0), ...varint(random.size(0x7fffffff))];
    case 1:
      return [...tag(id, 1), ...random.bytes(8)];
    case 2:
      return lengthed(id, [...random.bytes(random.size(40))], random);
    case 3:
      return [...tag(id, 5), ...random.bytes(4)];
    default:
      return [...tag(id, 3), ...unknown(random, depth + 1), ...tag(id, 4)];
  }
}

function tag(id: number, wireType: number): number[] {
  return varint(id * 8 + wireType);
}

function lengthed(id: number, bytes: readonly number[], random: Random): number[] {
  return [...tag(id, 2), ...varint(bytes.length, random.oneIn(20)), ...bytes];
}

function append(to: number[], more: readonly number[]): void {
  for (const byte of more) to.push(byte);
}

function isEnum(field: protobuf.Field): boolean {
  return field.resolvedType !== null && "values" in field.resolvedType;
}
