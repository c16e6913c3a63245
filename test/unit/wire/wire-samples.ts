// What the wire tests share: seeded randomness, random messages of the codec suite, and hand-made bytes.
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";
import { WireError, type WireErrorCode } from "../../../packages/wire/src/wire-error.ts";

export type Random = () => number;

/** Numbers from 0 to just below 1, the same ones for the same seed. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

const proto = fileURLToPath(new URL("../../../bench/codec/suite.proto", import.meta.url));
const root = protobuf.loadSync(proto);
const Long = protobuf.util.Long as unknown as {
  fromBits(low: number, high: number, unsigned: boolean): object;
};

export const suiteNames = [
  "Tiny",
  "Nested",
  "Strings",
  "Wide",
  "Mapped",
  "Repeated",
  "Packed",
  "Blob",
  "Deep",
  "Peer",
] as const;
export type SuiteName = (typeof suiteNames)[number];

/** protobufjs's reflection on a message of the suite: the independent second implementation. */
function peerType(name: SuiteName): protobuf.Type {
  return root.lookupType(`vertex.bench.codec.${name}`);
}

/** What protobufjs makes of the bytes, as plain data that can be compared. */
export function peerView(name: SuiteName, bytes: Uint8Array): unknown {
  const type = peerType(name);
  return type.toObject(type.decode(bytes), { longs: String, bytes: String, defaults: true });
}

/** The bytes of a random message, as protobufjs writes them. */
export function randomBytes(name: SuiteName, random: Random): Uint8Array {
  const type = peerType(name);
  return Uint8Array.from(type.encode(type.create(randomMessage(type, random, 0))).finish());
}

function randomMessage(type: protobuf.Type, random: Random, depth: number): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    field.resolve();
    if (field.partOf?.fieldsArray.some((other) => other.name in message)) continue;
    if (random() < 0.25) continue;
    if (field.resolvedType instanceof protobuf.Type && depth > 6) continue;
    message[field.name] = randomField(field, random, depth);
  }
  return message;
}

function randomField(field: protobuf.Field, random: Random, depth: number): unknown {
  if (field instanceof protobuf.MapField) {
    const entries = Array.from({ length: below(random, 5) }, () => [
      String(randomScalar(field.keyType, random)),
      randomScalar(field.type, random),
    ]);
    return Object.fromEntries(entries);
  }
  const one = (): unknown =>
    field.resolvedType instanceof protobuf.Type
      ? randomMessage(field.resolvedType, random, depth + 1)
      : randomScalar(field.resolvedType === null ? field.type : "enum", random);
  return field.repeated ? Array.from({ length: below(random, 6) }, one) : one();
}

function randomScalar(type: string, random: Random): unknown {
  const bits = (): number => (below(random, 2 ** 32) >>> below(random, 32)) | 0;
  switch (type) {
    case "string":
      return randomText(random);
    case "bytes":
      return Uint8Array.from({ length: below(random, 200) }, () => below(random, 256));
    case "bool":
      return random() < 0.5;
    case "enum":
      return below(random, 3);
    case "float":
      return Math.fround(random() * 1e6);
    case "double":
      return (random() - 0.5) * 10 ** below(random, 300);
    case "int32":
    case "sint32":
    case "sfixed32":
      return random() < 0.5 ? bits() : -bits() | 0;
    case "uint32":
    case "fixed32":
      return bits() >>> 0;
    default:
      return Long.fromBits(bits(), random() < 0.5 ? 0 : bits(), /^u|^f/.test(type));
  }
}

const letters = [
  "a",
  "Z",
  "0",
  " ",
  "\u0000",
  "\u007f",
  "é",
  "ß",
  "߿",
  "ࠀ",
  "€",
  "\ufffd",
  "\ufeff",
  "😀",
  "\u{10ffff}",
];

export function randomText(random: Random): string {
  const plain = random() < 0.6;
  const length = below(random, random() < 0.1 ? 300 : 34);
  return Array.from({ length }, () =>
    plain ? String.fromCharCode(32 + below(random, 95)) : letters[below(random, letters.length)],
  ).join("");
}

/** The stable name under which `run` is refused. Anything but a WireError fails the test. */
export function refusal(run: () => unknown): WireErrorCode | "accepted" {
  try {
    run();
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
  return "accepted";
}

export function bytesOf(...parts: (number | Iterable<number>)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...part])));
}

/** A varint as short as can be. */
export function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return bytes;
}

/** `levels` messages of the suite's Deep in each other, below a root message, around `core`. */
export function nest(levels: number, core: Uint8Array = new Uint8Array(0)): Uint8Array {
  const sizes = [core.length];
  for (let i = 0; i < levels; i++) {
    const size = sizes[i] as number;
    sizes.push(1 + varint(size).length + size);
  }
  const heads: number[] = [];
  for (let i = levels - 1; i >= 0; i--) heads.push(0x12, ...varint(sizes[i] as number));
  return bytesOf(heads, core);
}
