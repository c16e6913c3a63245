// node-flags: --no-disallow-code-generation-from-strings
// (ajv and protobufjs compile what they check)
// Vertex's codecs for the codec suite, held against protobufjs and against stock ts-proto.
import { isDeepStrictEqual } from "node:util";
import * as assert from "uvu/assert";
import * as stock from "../../../bench/codec/gen/stock.ts";
import * as vertex from "../../../bench/codec/gen/vertex.ts";
import { suiteMessages } from "../../../bench/codec/messages.ts";
import { BinaryReader } from "../../../packages/wire/src/reader.ts";
import type { WireErrorCode } from "../../../packages/wire/src/wire-error.ts";
import { BinaryWriter } from "../../../packages/wire/src/writer.ts";
import { suite } from "../../support/suite.ts";
import { below, peerView, randomBytes, refusal, type SuiteName, seeded, suiteNames } from "./wire-samples.ts";

const test = suite("generated codecs");

interface Codec {
  encode(message: unknown, writer?: BinaryWriter): { finish(): Uint8Array };
  decode(input: Uint8Array | BinaryReader): unknown;
}

const ourCodecs = new Map<string, unknown>(Object.entries(vertex));
const theirCodecs = new Map<string, unknown>(Object.entries(stock));
const ours = (name: SuiteName): Codec => ourCodecs.get(name) as Codec;
const theirs = (name: SuiteName): Codec => theirCodecs.get(name) as Codec;

/** Where the reader is stricter than stock ts-proto on protobuf-es, and why. */
const stricter: Record<string, string> = {
  truncated: "stock lets a sub-message or a packed field run over its end into what follows",
  varint: "stock takes a length of more than 32 bits, and skips varints of any size",
  "field-number": "stock ends the message, silently, at a tag of 0 and skips other tags of field 0",
  group:
    "stock ends the message, silently, at a stray end of a group; it does not match the outermost group's end",
  "wire-type": "stock leaves unread what follows a stray end of a group",
  utf8: "stock replaces what is not UTF-8",
} satisfies Partial<Record<WireErrorCode, string>>;

test("write and read the suite's messages like stock ts-proto", () => {
  for (const [name, message] of Object.entries(suiteMessages()) as [SuiteName, unknown][]) {
    const bytes = theirs(name).encode(message).finish();
    assert.equal(ours(name).encode(message).finish(), bytes, name);
    assert.equal(ours(name).decode(bytes), message, name);
  }
});

test("carry random messages to protobufjs and back unchanged", () => {
  const random = seeded(1);
  for (const name of suiteNames) {
    for (let round = 0; round < 300; round++) {
      const bytes = randomBytes(name, random);
      const again = ours(name).encode(ours(name).decode(bytes)).finish();
      assert.equal(peerView(name, again), peerView(name, bytes), name);
    }
  }
});

test("do not depend on a buffer that is overwritten after the decode", () => {
  const random = seeded(2);
  const reader = new BinaryReader(new Uint8Array(0));
  for (const name of suiteNames) {
    for (let round = 0; round < 50; round++) {
      const bytes = randomBytes(name, random);
      const frame = Buffer.concat([Buffer.alloc(9, 0xff), bytes, Buffer.alloc(9, 0xff)]);
      reader.reset(frame, 9, 9 + bytes.length);
      const message = ours(name).decode(reader);
      frame.fill(0xdd);
      assert.equal(peerView(name, ours(name).encode(message).finish()), peerView(name, bytes), name);
    }
  }
});

test(
  "read or refuse by name every prefix of 1,000 random messages",
  () => {
    const random = seeded(3);
    let refused = 0;
    for (let round = 0; round < 1000; round++) {
      const name = suiteNames[round % suiteNames.length] as SuiteName;
      const bytes = randomBytes(name, random);
      for (let cut = 0; cut < bytes.length; cut++) {
        if (refusal(() => ours(name).decode(bytes.subarray(0, cut))) !== "accepted") refused++;
      }
      assert.is(
        refusal(() => ours(name).decode(bytes)),
        "accepted",
      );
    }
    assert.ok(refused > 10_000);
  },
  { timeoutMs: 30_000 },
);

test(
  "read mangled messages as stock ts-proto does, or refuse them where they are stricter",
  () => {
    const random = seeded(4);
    const seen = new Set<string>();
    for (let round = 0; round < 30_000; round++) {
      const name = suiteNames[round % suiteNames.length] as SuiteName;
      const bytes = randomBytes(name, random);
      for (let i = 0; i <= below(random, 3) && bytes.length > 0; i++) {
        bytes[below(random, bytes.length)] = below(random, 256);
      }
      let expected: unknown;
      let stockRefused = false;
      try {
        expected = theirs(name).decode(bytes);
      } catch {
        stockRefused = true;
      }
      let message: unknown;
      const code = refusal(() => {
        message = ours(name).decode(bytes);
      });
      if (code === "accepted") {
        assert.not(stockRefused, `${name}: stock refuses ${bytes}`);
        // Where stock takes the last of several sub-messages, protobufjs has the word.
        if (!isDeepStrictEqual(message, expected))
          assert.equal(peerView(name, ours(name).encode(message).finish()), peerView(name, bytes), name);
      } else if (!stockRefused) {
        assert.ok(code in stricter, `${name}: ${code} for ${bytes}`);
        seen.add(code);
      }
    }
    assert.ok(seen.size >= 4, [...seen].join());
  },
  { timeoutMs: 30_000 },
);

test("keep keys that name parts of a prototype as keys", () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  const keys = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];
  const labels = new Map(keys.map((key) => [key, `value of ${key}`]));
  const bytes = vertex.Mapped.encode({ labels, counters: new Map() }).finish();
  assert.equal(vertex.Mapped.decode(bytes).labels, labels);
  assert.is(Object.getOwnPropertyNames(Object.prototype).join(), before);
});

test("that throw half-way leave the frames before them intact", () => {
  const writer = new BinaryWriter(16);
  ours("Nested").encode(suiteMessages().Nested, writer);
  const mark = writer.pos;
  const broken = { ...suiteMessages().Nested, lines: [{ sku: "x", quantity: -1, price: undefined }] };
  assert.is(
    refusal(() => ours("Nested").encode(broken, writer)),
    "value",
  );
  writer.reset(mark);
  ours("Peer").encode(suiteMessages().Peer, writer);
  const reader = new BinaryReader(writer.buf);
  reader.reset(writer.buf, 0, mark);
  assert.equal(ours("Nested").decode(reader), suiteMessages().Nested);
  reader.reset(writer.buf, mark, writer.pos);
  assert.equal(ours("Peer").decode(reader), suiteMessages().Peer);
});
