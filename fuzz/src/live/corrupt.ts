// Turns the frames of a conversation in order into bytes that are not quite that, as operations say:
//
//   talk N         the script number N; the first one counts
//   flip F BIT     a bit of the F-th frame, counted round
//   swap F A B     two bytes of it
//   cut F AT       the frame ends there, and the next one follows
//   drop F, double F, move F TO
//   end AT         nothing comes behind this byte
//   chop N         written in pieces of N bytes
//   over N         the way there: 0 TCP, 1 a Unix socket

import { arg, type Input, type Op, op } from "../input.ts";
import type { Random } from "../random.ts";
import { SCRIPTS } from "./script.ts";

/** One to six corruptions of a random script. */
export function generateCorruption(random: Random): Input {
  const any = () => random.below(64);
  const makers: readonly (() => Op)[] = [
    () => op("flip", [any(), random.size(4_000)]),
    () => op("flip", [any(), random.below(64)]),
    () => op("swap", [any(), random.size(400), random.size(400)]),
    () => op("cut", [any(), random.size(400)]),
    () => op("drop", [any()]),
    () => op("double", [any()]),
    () => op("move", [any(), any()]),
    () => op("end", [random.size(8_000)]),
  ];
  const ops = [op("talk", [random.below(SCRIPTS)])];
  for (let times = random.between(1, 6); times > 0; times--) ops.push(random.pick(makers)());
  if (random.oneIn(4)) ops.push(op("chop", [1 + random.size(300)]));
  if (random.oneIn(2)) ops.push(op("over", [1]));
  return ops;
}

/** The first number behind a verb; 0 without one. */
export function settingOf(input: Input, verb: string): number {
  const found = input.find((each) => each.verb === verb);
  return found === undefined ? 0 : arg(found, 0);
}

/** The bytes, in the pieces in which they are written. */
export function corrupt(frames: readonly Uint8Array[], input: Input): Uint8Array[] {
  let changed: Uint8Array[] = frames.map((frame) => frame.slice());
  for (const each of input) {
    if (changed.length > 0) changed = changeOnce(changed, each);
  }
  let bytes: Uint8Array = Buffer.concat(changed);
  const end = input.find(({ verb }) => verb === "end");
  if (end !== undefined) bytes = bytes.subarray(0, arg(end, 0));
  const size = Math.max(settingOf(input, "chop"), Math.ceil(bytes.length / 64)) || 1;
  if (settingOf(input, "chop") === 0) return [bytes];
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}

function changeOnce(frames: Uint8Array[], each: Op): Uint8Array[] {
  const at = arg(each, 0) % frames.length;
  const frame = frames[at] as Uint8Array;
  const [first, second] = [arg(each, 1) % frame.length, arg(each, 2) % frame.length];
  switch (each.verb) {
    case "flip": {
      const bit = arg(each, 1) % (8 * frame.length);
      frame[bit >> 3] = (frame[bit >> 3] as number) ^ (1 << (bit & 7));
      return frames;
    }
    case "swap":
      [frame[first], frame[second]] = [frame[second] as number, frame[first] as number];
      return frames;
    case "cut":
      return frames.with(at, frame.subarray(0, first));
    case "drop":
      return frames.toSpliced(at, 1);
    case "double":
      return frames.toSpliced(at, 0, frame.slice());
    case "move":
      return frames.toSpliced(at, 1).toSpliced(arg(each, 1) % frames.length, 0, frame);
    default:
      return frames;
  }
}
