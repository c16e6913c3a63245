// protobufjs as the second opinion. A message is made up once, as a neutral tree of fields by their schema names,
// and told to both sides; what each decodes from the other's bytes must be that tree again.

import protobuf from "protobufjs";
import type { SeededRandom } from "./random.ts";

export type Scalar = number | bigint | string | boolean | Uint8Array;
export type Neutral = Scalar | Tree | Neutral[] | Map<Scalar, Neutral>;
/** Fields by the name that the schema gives them; a field that is not there is not set. */
export type Tree = { [field: string]: Neutral };

/** A generated message constant. */
export interface Codec {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

const LONGS = new Set(["int64", "uint64", "sint64", "fixed64", "sfixed64"]);
const SIGNED = new Set(["int64", "sint64", "sfixed64"]);
const WORDS = [
  "",
  "a",
  "Ada",
  "größer",
  "日本語",
  "👩‍🚀 up",
  "\u0000\u007f",
  "__proto__",
  "constructor",
  "x".repeat(300),
];

/** Parses .proto files; imports are looked for below `roots`. */
export function loadSchema(files: readonly string[], find: (name: string) => string): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_, target) => find(target);
  root.loadSync([...files], { keepCase: true });
  root.resolveAll();
  return root;
}

/** Every message type below `from`. */
export function messageTypes(from: protobuf.NamespaceBase): protobuf.Type[] {
  return from.nestedArray.flatMap((each) => {
    const below = each instanceof protobuf.Namespace ? messageTypes(each) : [];
    return each instanceof protobuf.Type ? [each, ...below] : below;
  });
}

export function randomTree(type: protobuf.Type, random: SeededRandom, depth = 0): Tree {
  const tree: Tree = {};
  const oneofs = new Set<protobuf.OneOf>();
  for (const field of type.fieldsArray) {
    field.resolve();
    const isValueKind = type.fullName === ".google.protobuf.Value";
    if (field.partOf !== null && !isOptional(field)) {
      if (oneofs.has(field.partOf)) continue;
      oneofs.add(field.partOf);
      const members = field.partOf.fieldsArray.filter((each) => depth < 4 || isLeaf(each));
      const member = members[random.below(Math.max(members.length, 1))];
      if (member !== undefined && (isValueKind || !random.chance(4)))
        tree[member.name] = randomField(member, random, depth);
    } else if (field.required || isBuiltIn(field) || (!random.chance(3) && (depth < 4 || isLeaf(field)))) {
      const value = randomField(field, random, depth);
      if (!isEmpty(value) && !(hasImplicitPresence(field) && isDefault(value))) tree[field.name] = value;
    }
  }
  return tree;
}

/** True for fields that cannot lead deeper. */
function isLeaf(field: protobuf.Field): boolean {
  return !(field.resolve().resolvedType instanceof protobuf.Type);
}

function isOptional(field: protobuf.Field): boolean {
  return field.options?.proto3_optional === true;
}

/** protobufjs takes Google's own types for proto2: always set here, and never to the default. */
function isBuiltIn(field: protobuf.Field): boolean {
  const isGoogles = field.parent?.fullName.startsWith(".google.protobuf.") === true;
  return isGoogles && field.resolve().hasPresence && field.partOf === null && isLeaf(field);
}

function hasImplicitPresence(field: protobuf.Field): boolean {
  return !field.hasPresence && !field.repeated && !field.map;
}

function isEmpty(value: Neutral): boolean {
  return (Array.isArray(value) && value.length === 0) || (value instanceof Map && value.size === 0);
}

function isDefault(value: Neutral): boolean {
  return (
    value === 0 ||
    value === 0n ||
    value === "" ||
    value === false ||
    (value instanceof Uint8Array && value.length === 0)
  );
}

function randomField(field: protobuf.Field, random: SeededRandom, depth: number): Neutral {
  const one = (): Neutral => randomValue(field, random, depth);
  if (field instanceof protobuf.MapField) {
    const entries = Array.from({ length: random.below(4) }, (): [Scalar, Neutral] => [
      randomScalar(field.keyType, random),
      one(),
    ]);
    return new Map(entries);
  }
  return field.repeated ? Array.from({ length: random.below(4) }, one) : one();
}

function randomValue(field: protobuf.Field, random: SeededRandom, depth: number): Neutral {
  const { resolvedType } = field.resolve();
  if (resolvedType instanceof protobuf.Type) return randomTree(resolvedType, random, depth + 1);
  if (resolvedType instanceof protobuf.Enum) {
    const numbers = Object.values(resolvedType.values);
    return random.pick(isBuiltIn(field) ? numbers.filter((each) => each !== field.typeDefault) : numbers);
  }
  if (!isBuiltIn(field)) return randomScalar(field.type, random);
  for (;;) {
    const value = randomScalar(field.type, random);
    if (String(value) !== String(field.typeDefault)) return value;
  }
}

function randomScalar(type: string, random: SeededRandom): Scalar {
  if (type === "string") return random.pick(WORDS);
  if (type === "bool") return random.chance(2);
  if (type === "bytes") return Uint8Array.from({ length: random.below(20) }, () => random.below(256));
  if (type === "double") return random.pick([0, 1.5, -1e300, Number.MIN_VALUE, Infinity, Math.PI]);
  if (type === "float") return Math.fround(random.pick([0, 0.1, -1e30, 16777217, -Infinity]));
  if (LONGS.has(type)) return randomLong(type, random);
  const bits = random.pick([0, 1, 127, 128, 0x7fffffff, 0x80000000, 0xffffffff, random.below(0x7fffffff)]);
  return type === "uint32" || type === "fixed32" ? bits : bits | 0;
}

function randomLong(type: string, random: SeededRandom): bigint {
  const high = random.pick([0, 0, 1, 0x7fffffff, 0x80000000, 0xffffffff]);
  const bits = (BigInt(high) << 32n) | BigInt(random.below(0xffffffff));
  return SIGNED.has(type) ? BigInt.asIntN(64, bits) : bits;
}

/** The bytes that protobufjs writes for `tree`. */
export function oracleEncode(type: protobuf.Type, tree: Tree): Uint8Array {
  return type.encode(type.fromObject(oracleObject(type, tree))).finish();
}

function oracleObject(type: protobuf.Type, tree: Tree): { [key: string]: unknown } {
  return Object.fromEntries(
    Object.entries(tree).map(([name, value]) => {
      const field = type.fields[name] as protobuf.Field;
      const one = (item: Neutral): unknown => {
        if (field.resolvedType instanceof protobuf.Type)
          return oracleObject(field.resolvedType, item as Tree);
        return typeof item === "bigint" ? String(item) : item;
      };
      // protobufjs keys maps of 64-bit integers by hashes of eight characters.
      if (value instanceof Map)
        return [name, Object.fromEntries([...value].map(([key, item]) => [oracleKey(key), one(item)]))];
      return [name, Array.isArray(value) ? value.map(one) : one(value)];
    }),
  );
}

function oracleKey(key: Scalar): string {
  return typeof key === "bigint"
    ? protobuf.util.LongBits.from(String(BigInt.asIntN(64, key))).toHash()
    : String(key);
}

/** What protobufjs reads from `bytes`, as a tree again. */
export function oracleDecode(type: protobuf.Type, bytes: Uint8Array): Tree {
  return treeOf(type, type.decode(bytes));
}

function treeOf(type: protobuf.Type, message: object): Tree {
  const own = message as { [name: string]: unknown };
  const tree: Tree = {};
  for (const field of type.fieldsArray) {
    const value = Object.hasOwn(own, field.name) ? own[field.name] : undefined;
    if (value === undefined || value === null) continue;
    const neutral = neutralField(field, value);
    if (!isEmpty(neutral) && !(hasImplicitPresence(field) && isDefault(neutral))) tree[field.name] = neutral;
  }
  return tree;
}

function neutralField(field: protobuf.Field, value: unknown): Neutral {
  const one = (item: unknown): Neutral => {
    if (field.resolvedType instanceof protobuf.Type) return treeOf(field.resolvedType, item as object);
    if (LONGS.has(field.type)) return BigInt(String(item));
    // protobufjs takes a plain array for the default of bytes in a map.
    if (field.type === "bytes") return Uint8Array.from(item as ArrayLike<number>);
    return item as Scalar;
  };
  if (field instanceof protobuf.MapField) {
    const entries = Object.entries(value as object).map(([key, item]): [Scalar, Neutral] => [
      neutralKey(field.keyType, key),
      one(item),
    ]);
    return new Map(entries);
  }
  return Array.isArray(value) ? value.map(one) : one(value);
}

function neutralKey(type: string, key: string): Scalar {
  if (type === "string") return key;
  if (type === "bool") return key === "true";
  if (!LONGS.has(type)) return Number(key);
  const long = protobuf.util.longFromHash(key, !SIGNED.has(type));
  return BigInt(String(long));
}
