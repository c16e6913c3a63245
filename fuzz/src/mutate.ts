// Changes to inputs: to the list of operations, to an operation's numbers, and to its bytes.

import type { Input, Op } from "./input.ts";
import type { Random } from "./random.ts";

/** Most bytes that one operation grows to. */
const MAX_BYTES = 16_384;
/** Most operations that an input grows to. */
const MAX_OPS = 128;

/** Numbers at which things change. */
const edges: readonly number[] = [
  0, 1, 2, 3, 4, 7, 8, 9, 10, 127, 128, 255, 256, 257, 1_023, 1_024, 16_384, 65_535, 65_536, 0xffffff,
  0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

/** One to eight changes to `input`. `other` and `fresh` give material. */
export function mutateInput(input: Input, other: Input, fresh: () => Input, random: Random): Op[] {
  let ops = [...input];
  for (let times = 1 + random.size(7); times > 0; times--) ops = changeOnce(ops, other, fresh, random);
  return ops.slice(0, MAX_OPS);
}

function changeOnce(ops: Op[], other: Input, fresh: () => Input, random: Random): Op[] {
  const at = random.below(ops.length + 1);
  const chosen = ops[at];
  switch (random.below(10)) {
    case 0:
      return ops.toSpliced(at, 1 + random.size(4));
    case 1:
      return chosen === undefined ? ops : ops.toSpliced(random.below(ops.length), 0, chosen);
    case 2:
      return chosen === undefined ? ops : ops.toSpliced(at, 1).toSpliced(random.below(ops.length), 0, chosen);
    case 3:
      return ops.toSpliced(at, 0, ...fresh().slice(-1 - random.size(5)));
    case 4:
      return [...ops.slice(0, at), ...other.slice(random.below(other.length + 1))];
    case 5:
    case 6:
      return chosen === undefined ? ops : ops.with(at, { ...chosen, args: nudge(chosen.args, random) });
    default:
      return chosen === undefined || chosen.bytes.length === 0
        ? ops
        : ops.with(at, { ...chosen, bytes: mutateBytes(chosen.bytes, random) });
  }
}

function nudge(args: readonly number[], random: Random): number[] {
  if (args.length === 0) return [];
  const at = random.below(args.length);
  const value = args[at] as number;
  const changed = random.oneIn(2) ? random.pick(edges) : Math.max(0, value + random.between(-2, 2));
  return args.with(at, changed);
}

/** A changed copy of `bytes`. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  const length = 1 + random.size(Math.min(64, bytes.length));
  const piece = bytes.subarray(at, at + length);
  switch (random.below(9)) {
    case 0:
      return replaced(bytes, at, 1, [(bytes[at] as number) ^ (1 << random.below(8))]);
    case 1:
      return replaced(bytes, at, 1, [random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)])]);
    case 2:
      return replaced(bytes, at, length, []);
    case 3:
      return replaced(bytes, random.below(bytes.length + 1), 0, piece);
    case 4:
      return replaced(bytes, at, 0, random.bytes(length));
    case 5:
      return bytes.slice(0, at);
    case 6:
      return replaced(bytes, at, 4, bigEndian(random.pick(edges)));
    case 7:
      return replaced(bytes, at, random.below(2), varint(random.pick(edges), random.oneIn(4)));
    default:
      return replaced(bytes, at, length, bytes.slice(at, at + length).reverse());
  }
}

function replaced(bytes: Uint8Array, at: number, length: number, by: ArrayLike<number>): Uint8Array {
  const rest = bytes.subarray(Math.min(bytes.length, at + length));
  const result = new Uint8Array(at + by.length + rest.length);
  result.set(bytes.subarray(0, at));
  result.set(by, at);
  result.set(rest, at + by.length);
  return result.slice(0, MAX_BYTES);
}

function bigEndian(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/** A protobuf varint; `padded` makes it longer than it needs to be. */
export function varint(value: number, padded = false): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push((left & 0x7f) | 0x80);
  return padded ? [...bytes, left | 0x80, 0x80, 0] : [...bytes, left];
}
