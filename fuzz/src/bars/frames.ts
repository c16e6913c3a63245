// F1: mutated frames into the frame decoder. Each input is a frame with one to four changes, between two frames that
// are in order, fed to a decoder as one chunk and to another one in two or three.

import { FrameDecoder, FramingError, HEADER_BYTES } from "@vertex/framing";
import { randomFrame, strangers } from "../frame-bytes.ts";
import { Random } from "../random.ts";
import type { Bar, Course, Verdict } from "./bar.ts";

/** Frames that are made before the measured part; every input starts from one of them. */
const FRAMES = 4_096;
const LIMIT = 65_536;
const SLOWEST_MS = 20;
/** An input that takes longer is timed again, so many times in all. */
const PAUSE_MS = 1;
const TRIES = 5;
/** Inputs between two looks at the clock and at the memory. */
const STRIDE = 4_096;
const MIB = 1_048_576;

/** Feeds a stream; returns a number that stands for all that came of it. Throws what is no FramingError. */
function feed(stream: Uint8Array, cuts: readonly number[]): number {
  let trace = 0x811c9dc5;
  const note = (value: number) => {
    trace = Math.imul(trace ^ value, 0x01000193) >>> 0;
  };
  const sink = {
    frame(kind: number, callId: number, _buf: Uint8Array, start: number, end: number): void {
      note(kind);
      note(callId);
      note(end - start);
    },
  };
  const decoder = new FrameDecoder(sink, LIMIT);
  try {
    let from = 0;
    for (const to of cuts) {
      decoder.push(stream.subarray(from, to));
      from = to;
    }
    decoder.push(stream.subarray(from));
  } catch (error) {
    if (!(error instanceof FramingError)) throw error;
    for (let i = 0; i < error.code.length; i++) note(error.code.charCodeAt(i));
  }
  return trace;
}

function append(buf: Uint8Array, length: number, bytes: Uint8Array): number {
  buf.set(bytes, length);
  return length + bytes.length;
}

/** Numbers at which a byte changes its meaning. */
const edges = Uint8Array.of(0, 1, 0x0f, 0x10, 0x7f, 0x80, 0xc0, 0xff);

/** One change, in place, to the frame that lies in `buf` between `from` and `length`; returns the new length. */
function mangle(buf: Uint8Array, from: number, length: number, random: Random): number {
  const size = length - from;
  if (size === 0) return length;
  // Most of what a decoder looks at is the header.
  const at = from + random.below(random.oneIn(4) ? size : Math.min(size, HEADER_BYTES));
  const count = Math.min(1 + random.size(16), length - at);
  switch (random.below(8)) {
    case 0:
      buf.copyWithin(at, at + count, length);
      return length - count;
    case 1:
      buf.copyWithin(at + count, at, length);
      return length + count;
    case 2:
      return at;
    case 3:
      buf[at] = random.below(256);
      return length;
    case 4:
    case 5:
      buf[at] = edges[random.below(edges.length)] as number;
      return length;
    default:
      buf[at] = (buf[at] as number) ^ (1 << random.below(8));
      return length;
  }
}

class Feeder {
  untyped = 0;
  unequal = 0;
  slowestMs = 0;
  readonly #random: Random;
  readonly #pool: readonly Uint8Array[];
  readonly #stream = new Uint8Array(LIMIT);

  constructor(seed: string) {
    this.#random = new Random(`${seed}/F1`);
    const frames = Array.from({ length: FRAMES }, () => randomFrame(this.#random)).filter(
      (f) => f.length < 8_192,
    );
    this.#pool = [...frames, ...strangers];
  }

  next(): void {
    const random = this.#random;
    const buf = this.#stream;
    let length = 0;
    if (random.oneIn(2)) length = append(buf, length, random.pick(this.#pool));
    const from = length;
    length = append(buf, length, random.pick(this.#pool));
    for (let times = 1 + random.below(4); times > 0; times--) length = mangle(buf, from, length, random);
    length = append(buf, length, random.pick(this.#pool));
    const stream = this.#stream.subarray(0, length);
    const [cut, other] = [random.below(length + 1), random.below(length + 1)];
    const cuts = [Math.min(cut, other), Math.max(cut, other)];
    // A pause of the process is not the input's: what is slow has to be slow every time.
    let ms = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < TRIES && ms > PAUSE_MS; tries++) ms = Math.min(ms, this.#time(stream, cuts));
    this.slowestMs = Math.max(this.slowestMs, ms);
  }

  #time(stream: Uint8Array, cuts: readonly number[]): number {
    const startedAt = performance.now();
    try {
      if (feed(stream, []) !== feed(stream, cuts)) this.unequal++;
    } catch {
      this.untyped++;
    }
    return performance.now() - startedAt;
  }
}

async function run({ count, seed, goesOn }: Course): Promise<Verdict> {
  // Nobody reads the traces, and taking them is most of the work.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const feeder = new Feeder(seed);
  const warm = Math.min(200_000, Math.floor(count / 10));
  let tried = 0;
  let [base, most] = [Number.POSITIVE_INFINITY, 0];
  while (tried < count && goesOn(tried)) {
    const until = Math.min(count, tried + STRIDE);
    for (; tried < until; tried++) feeder.next();
    if (tried < warm) continue;
    const rss = process.memoryUsage.rss() / MIB;
    if (base === Number.POSITIVE_INFINITY) base = rss;
    most = Math.max(most, rss);
  }
  Error.stackTraceLimit = stackTraceLimit;
  const grown = base === Number.POSITIVE_INFINITY ? 0 : Math.max(0, most - base);
  return {
    tried,
    figures: [
      { what: "errors that are no FramingError", value: feeder.untyped, most: 0, unit: "" },
      { what: "inputs whose slicing changes the outcome", value: feeder.unequal, most: 0, unit: "" },
      { what: "slowest input", value: feeder.slowestMs, most: SLOWEST_MS, unit: "ms" },
      { what: "memory above that of the warm process", value: grown, most: 32, unit: "MiB" },
    ],
  };
}

export const framesBar: Bar = {
  name: "F1",
  about: "mutated frames into the frame decoder",
  count: 10_000_000,
  run,
};
