// The frame decoder: whatever the bytes and however they are cut, only FramingErrors come out, and every slicing
// gives the same frames and the same verdict. Chunks are overwritten as soon as the decoder has returned.
//
//   limit N        payload limit, from the start
//   relimit A N    payload limit from the A-th frame on
//   stop A         stops at the A-th frame
//   bytes =…       the stream, and one of its slicings

import { isDeepStrictEqual } from "node:util";
import { FrameDecoder, FramingError, HEADER_BYTES } from "@vertex/framing";
import { randomFrame, strangers } from "../frame-bytes.ts";
import { arg, type Input, op } from "../input.ts";
import { Random } from "../random.ts";
import { mustHold, type Target } from "../target.ts";

const SMALLEST_LIMIT = 1_024;
const LARGEST_LIMIT = 0xffffff;
/** Streams up to this length are also fed byte by byte. */
const BYTE_BY_BYTE = 4_096;

interface Settings {
  readonly limit: number;
  readonly relimitAt: number;
  readonly relimit: number;
  readonly stopAt: number;
}

/** What came of a stream: the frames, and how it ended. */
interface Trace {
  readonly frames: string[];
  verdict: string;
}

function generate(random: Random): Input {
  const ops = random.oneIn(2) ? [op("limit", [random.between(SMALLEST_LIMIT, 70_000)])] : [];
  if (random.oneIn(8)) ops.push(op("relimit", [random.below(6), random.between(SMALLEST_LIMIT, 70_000)]));
  if (random.oneIn(16)) ops.push(op("stop", [random.below(6)]));
  if (random.oneIn(32)) ops.push(op("bytes", [], random.pick(strangers)));
  for (let count = random.between(1, 12); count > 0; count--) {
    ops.push(op("bytes", [], random.oneIn(24) ? random.bytes(random.size(64)) : randomFrame(random)));
  }
  return ops;
}

function settingsOf(input: Input): Settings {
  const clamp = (value: number) => Math.min(LARGEST_LIMIT, Math.max(SMALLEST_LIMIT, value));
  const find = (verb: string) => input.find((each) => each.verb === verb);
  const relimit = find("relimit");
  const stop = find("stop");
  const limit = find("limit");
  return {
    limit: limit === undefined ? 65_536 : clamp(arg(limit, 0)),
    relimitAt: relimit === undefined ? -1 : arg(relimit, 0),
    relimit: relimit === undefined ? 0 : clamp(arg(relimit, 1)),
    stopAt: stop === undefined ? -1 : arg(stop, 0),
  };
}

/** Feeds `stream`, cut at `cuts`, to a decoder. */
function decode(stream: Uint8Array, cuts: readonly number[], settings: Settings): Trace {
  const trace: Trace = { frames: [], verdict: "fine" };
  let delivered = 0;
  const sink = {
    frame(kind: number, callId: number, buf: Uint8Array, start: number, end: number): void {
      const at = trace.frames.length;
      trace.frames.push(`${kind} ${callId} ${Buffer.from(buf.subarray(start, end)).toString("hex")}`);
      delivered += HEADER_BYTES + end - start;
      if (at === settings.relimitAt) decoder.maxFrameBytes = settings.relimit;
      if (at === settings.stopAt) decoder.stop();
    },
  };
  const decoder: FrameDecoder = new FrameDecoder(sink, settings.limit);
  try {
    let from = 0;
    for (const to of [...cuts, stream.length]) {
      const chunk = stream.slice(from, to);
      decoder.push(chunk);
      chunk.fill(0xdd);
      from = to;
      const stopped = settings.stopAt >= 0 && trace.frames.length > settings.stopAt;
      mustHold(
        stopped || decoder.heldBytes === to - delivered,
        `${decoder.heldBytes} bytes are held where ${to - delivered} have come and not gone`,
      );
    }
  } catch (error) {
    if (!(error instanceof FramingError)) throw error;
    trace.verdict = `${error.code}: ${error.message}`;
  }
  return trace;
}

function slicings(pieces: readonly Uint8Array[], length: number, seed: string): number[][] {
  const edges: number[] = [];
  let at = 0;
  for (const piece of pieces) {
    at += piece.length;
    edges.push(at);
  }
  const all = [edges];
  if (length <= BYTE_BY_BYTE) all.push(Array.from({ length }, (_, i) => i));
  const random = new Random(seed);
  for (let times = 0; times < 3; times++) {
    const cuts = Array.from({ length: random.between(1, 12) }, () => random.below(length + 1));
    all.push(cuts.sort((a, b) => a - b));
  }
  return all;
}

function run(input: Input): string {
  const settings = settingsOf(input);
  const pieces = input.filter(({ verb }) => verb === "bytes").map(({ bytes }) => bytes);
  const stream = new Uint8Array(Buffer.concat(pieces));
  const whole = decode(stream, [], settings);
  for (const cuts of slicings(pieces, stream.length, `${stream.length}/${whole.frames.length}`)) {
    const cut = decode(stream, cuts, settings);
    const where = cuts.length > 20 ? "byte by byte" : `cut at ${cuts.join(", ")}`;
    const verdicts = `"${cut.verdict}", in one piece "${whole.verdict}"`;
    mustHold(cut.verdict === whole.verdict, `slicing changes the verdict\n${where}: ${verdicts}`);
    mustHold(isDeepStrictEqual(cut.frames, whole.frames), `slicing changes the frames\n${where}`);
  }
  const last = Number.parseInt(whole.frames.at(-1) ?? "0", 10);
  return `${whole.verdict.replace(/\d+/g, "N")}, last frame ${last}`;
}

/** Frames in any slicing. */
export const frames: Target = {
  name: "frames",
  about: "frame streams in every slicing into the frame decoder",
  generate,
  run,
};
