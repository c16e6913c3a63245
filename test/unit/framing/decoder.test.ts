import * as assert from "uvu/assert";
import { FrameDecoder } from "../../../packages/framing/src/decoder.ts";
import { Flag, HEADER_BYTES, Kind } from "../../../packages/framing/src/frame.ts";
import { FramingError } from "../../../packages/framing/src/framing-error.ts";
import { seededRandom } from "../../support/protocol/manual-environment.ts";
import { concat, frameBytes, type RawFrame } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";
import { hexOf, unhex, vectors } from "../../support/vectors.ts";

const slices = suite("a frame decoder, whatever the slicing");
const limits = suite("a frame decoder, about limits");
const hostile = suite("a frame decoder under mutation");

function recorder(maxFrameBytes = 65_536): { decoder: FrameDecoder; seen: string[] } {
  const seen: string[] = [];
  const frame = (kind: number, callId: number, buf: Uint8Array, start: number, end: number) => {
    seen.push(`${kind} ${callId} ${hexOf(buf.subarray(start, end))}`);
  };
  return { decoder: new FrameDecoder({ frame }, maxFrameBytes), seen };
}

/** Every golden frame, and messages of many sizes between them. */
function conversation(): { bytes: Uint8Array; frames: string[] } {
  const random = seededRandom(42);
  const parts: Uint8Array[] = [];
  for (let round = 0; round < 12; round++) {
    for (const { hex } of vectors) parts.push(unhex(hex));
    const payload = new Uint8Array(Math.floor(random() ** 3 * 3_000)).map(() => Math.floor(random() * 256));
    parts.push(frameBytes({ kind: Kind.DATA, flags: round % 2 ? Flag.END : 0, id: 2 * round + 1, payload }));
  }
  const { decoder, seen } = recorder();
  for (const part of parts) decoder.push(part);
  assert.is(seen.length, parts.length);
  return { bytes: concat(...parts), frames: seen };
}

const { bytes, frames } = conversation();

slices("gives the same frames for every size of chunk from 1 to 64, and for the whole", () => {
  for (let size = 1; size <= 65; size++) {
    const { decoder, seen } = recorder();
    const step = size === 65 ? bytes.length : size;
    for (let at = 0; at < bytes.length; at += step) decoder.push(bytes.subarray(at, at + step));
    assert.equal(seen, frames, `chunks of ${step}`);
    assert.is(decoder.heldBytes, 0);
  }
});

slices("gives the same frames for 300 random slicings, in chunks that are overwritten afterwards", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = seededRandom(seed);
    const { decoder, seen } = recorder();
    for (let at = 0; at < bytes.length; ) {
      const size = Math.floor(random() ** 4 * (seed % 2 ? 40 : 4_000));
      const chunk = bytes.slice(at, at + size);
      decoder.push(chunk);
      chunk.fill(0xaa);
      at += size;
    }
    assert.equal(seen, frames, `seed ${seed}`);
  }
});

slices("hands on what lies whole in a chunk in place, without a copy", () => {
  const chunk = concat(frameBytes({ kind: Kind.PING, payload: new Uint8Array(8) }), new Uint8Array(3));
  let same = false;
  const decoder = new FrameDecoder({ frame: (_kind, _id, buf) => (same = buf === chunk) }, 1_024);
  decoder.push(chunk);
  assert.ok(same);
});

slices("stops in the middle of a chunk when it is told to, and stays silent", () => {
  const ping: RawFrame = { kind: Kind.PING, payload: new Uint8Array(8) };
  for (const cut of [0, 1, 8, 9, 16, 17]) {
    let count = 0;
    const decoder = new FrameDecoder(
      {
        frame: () => {
          count++;
          decoder.stop();
        },
      },
      1_024,
    );
    const all = concat(frameBytes(ping), frameBytes(ping), frameBytes(ping));
    decoder.push(all.subarray(0, cut));
    decoder.push(all.subarray(cut));
    decoder.push(all);
    assert.is(count, 1, `cut at ${cut}`);
    assert.is(decoder.heldBytes, 0);
  }
});

slices("takes a new limit for the frames after it", () => {
  const { decoder, seen } = recorder(1_024);
  decoder.push(frameBytes({ kind: Kind.DATA, id: 1, payload: new Uint8Array(1_024) }));
  decoder.maxFrameBytes = 2_048;
  decoder.push(frameBytes({ kind: Kind.DATA, id: 1, payload: new Uint8Array(2_048) }));
  decoder.maxFrameBytes = 1_024;
  assert.throws(() => decoder.push(unhex("000401 04 00000001")), /over the limit of 1024/);
  assert.is(seen.length, 2);
});

limits("refuses a length over the limit before its body, at the eighth byte of the header", () => {
  for (let cut = 0; cut <= HEADER_BYTES; cut++) {
    const { decoder } = recorder();
    decoder.push(unhex("000000 04 00000001"));
    const header = unhex("ffffff 04 00000001");
    const refused = (error: unknown) => error instanceof FramingError && error.code === "FRAME_TOO_LARGE";
    if (cut < HEADER_BYTES) {
      decoder.push(header.subarray(0, cut));
      assert.is(decoder.heldBytes, cut);
      assert.throws(() => decoder.push(header.subarray(cut)), refused);
    } else {
      assert.throws(() => decoder.push(header), refused);
    }
    assert.ok(decoder.heldBytes <= HEADER_BYTES);
  }
});

limits("holds of a torn frame what has come, not what its length announces", () => {
  const { decoder, seen } = recorder(0xffffff);
  decoder.push(unhex("ffffff 04 00000001"));
  assert.is(decoder.heldBytes, 8);
  for (let pushed = 1; pushed <= 5_000; pushed++) {
    decoder.push(new Uint8Array(1));
    assert.is(decoder.heldBytes, 8 + pushed);
  }
  assert.is(seen.length, 0);
});

limits("allocates for a torn frame in proportion to what has come", () => {
  const before = process.memoryUsage().arrayBuffers;
  const decoders = Array.from({ length: 1_000 }, () => {
    const { decoder } = recorder(0xffffff);
    decoder.push(unhex("ffffff 04 00000001 00"));
    return decoder;
  });
  const after = process.memoryUsage().arrayBuffers;
  assert.is(decoders.length, 1_000);
  assert.ok(after - before < 1_000_000, `${after - before} bytes for 1,000 headers that announce 16 MiB`);
});

limits("puts a large frame together byte by byte in linear time", () => {
  const { decoder, seen } = recorder(1_024);
  const whole = frameBytes({ kind: Kind.FAIL, id: 1, payload: new Uint8Array(65_536).fill(7) });
  for (let at = 0; at < whole.length; at++) decoder.push(whole.subarray(at, at + 1));
  assert.is(seen.length, 1);
});

hostile("throws nothing but FramingError for 100,000 mutated frames", () => {
  const random = seededRandom(7);
  const samples = vectors.map(({ hex }) => unhex(hex));
  const codes = new Map<string, number>();
  for (let round = 0; round < 100_000; round++) {
    const sample = (samples[Math.floor(random() * samples.length)] as Uint8Array).slice();
    for (let n = 1 + Math.floor(random() * 3); n > 0; n--) {
      sample[Math.floor(random() * Math.min(sample.length, random() < 0.7 ? 8 : sample.length))] =
        random() * 256;
    }
    const decoder = new FrameDecoder(
      { frame: (_kind, _id, buf, start, end) => assert.ok(end <= buf.length && start <= end) },
      65_536,
    );
    try {
      const cut = Math.floor(random() * (sample.length + 1));
      decoder.push(samples[0] as Uint8Array);
      decoder.push(sample.subarray(0, cut));
      decoder.push(sample.subarray(cut));
      assert.ok(decoder.heldBytes <= sample.length);
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
    }
  }
  for (const code of ["FRAME_TOO_LARGE", "UNKNOWN_KIND", "BAD_FLAGS", "BAD_LENGTH", "BAD_CALL_ID"]) {
    assert.ok((codes.get(code) ?? 0) > 100, `${code} was reached ${codes.get(code)} times`);
  }
});
