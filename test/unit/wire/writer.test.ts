import { BinaryWriter as PeerWriter } from "@bufbuild/protobuf/wire";
import * as assert from "uvu/assert";
import { Deep } from "../../../bench/codec/gen/vertex.ts";
import { BinaryReader } from "../../../packages/wire/src/reader.ts";
import { BinaryWriter } from "../../../packages/wire/src/writer.ts";
import { suite } from "../../support/suite.ts";
import { refusal } from "./wire-samples.ts";

const test = suite("a writer");

const integers32 = [
  0,
  1,
  -1,
  127,
  128,
  16_383,
  16_384,
  2 ** 21,
  2 ** 28,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
];
const notIntegers = [0.5, -0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 33)];
const integers64 = [
  0n,
  1n,
  -1n,
  127n,
  128n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 35n,
  2n ** 53n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 64n,
];
const floats = [
  0,
  -0,
  1,
  -1.5,
  3.4028234663852886e38,
  3.4028235677973366e38,
  1e39,
  -1e300,
  1e-46,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];

/** What both writers make of the value: the same bytes, or a refusal by both. */
function agree(method: string, value: unknown): void {
  type Write = Record<string, (value: unknown) => { finish(): Uint8Array }>;
  let expected: Uint8Array | undefined;
  try {
    expected = (new PeerWriter() as unknown as Write)[method]!(value).finish();
  } catch {
    expected = undefined;
  }
  const ours = new BinaryWriter() as unknown as Write;
  if (expected === undefined)
    assert.is(
      refusal(() => ours[method]!(value)),
      "value",
      `${method} ${String(value)}`,
    );
  else assert.equal(ours[method]!(value).finish(), expected, `${method} ${String(value)}`);
}

test("numbers are written, or refused, as protobuf-es does it", () => {
  for (const method of ["uint32", "int32", "sint32", "fixed32", "sfixed32"]) {
    for (const value of [...integers32, ...notIntegers]) agree(method, value);
  }
  for (const method of ["uint64", "int64", "sint64", "fixed64", "sfixed64"]) {
    for (const value of integers64) agree(method, value);
    for (const value of integers64) agree(method, String(value));
    for (const value of [0, 1, -1, 2 ** 40]) agree(method, value);
  }
  for (const method of ["float", "double"]) for (const value of floats) agree(method, value);
  for (const value of [true, false]) agree("bool", value);
});

test("a value of the wrong type is refused by name", () => {
  const writer = new BinaryWriter() as unknown as Record<string, (value: unknown) => unknown>;
  for (const method of ["uint32", "int32", "sint32", "fixed32", "sfixed32", "float", "double"]) {
    for (const value of [1n, "1", null, undefined, {}, true]) {
      assert.is(
        refusal(() => writer[method]!(value)),
        "value",
        `${method} ${String(value)}`,
      );
    }
  }
  for (const method of ["uint64", "int64", "sint64", "fixed64", "sfixed64"]) {
    for (const value of [
      0.5,
      2 ** 53,
      Number.NaN,
      "",
      "1e3",
      "0x10",
      " 1",
      null,
      undefined,
      {},
      "9".repeat(1000),
    ]) {
      assert.is(
        refusal(() => writer[method]!(value)),
        "value",
        `${method} ${String(value).slice(0, 9)}`,
      );
    }
  }
  for (const value of [1, null, undefined, {}])
    assert.is(
      refusal(() => writer.string!(value)),
      "value",
    );
  for (const value of ["abc", [1, 2], null, undefined, new ArrayBuffer(2)]) {
    assert.is(
      refusal(() => writer.bytes!(value)),
      "value",
    );
  }
  for (const value of [1, "true", null])
    assert.is(
      refusal(() => writer.bool!(value)),
      "value",
    );
});

test("length prefixes are as short as can be, whatever they hold", () => {
  for (const size of [0, 1, 126, 127, 128, 129, 16_382, 16_383, 16_384, 16_385, 2_097_151, 2_097_152]) {
    const chunk = new Uint8Array(size).fill(7);
    const writer = new BinaryWriter();
    const at = writer.open(10);
    writer.raw(chunk).close(at);
    const ours = writer.uint32(99).finish();
    const theirs = new PeerWriter().uint32(10).fork().raw(chunk).join().uint32(99).finish();
    assert.ok(Buffer.from(ours).equals(theirs), `${size} bytes`);
  }
});

test("open fields nest, and each widens on its own, also while the buffer moves", () => {
  const theirs = new PeerWriter().string("before");
  for (let i = 0; i < 40; i++)
    theirs
      .uint32(10)
      .fork()
      .string("x".repeat(i * 47));
  for (let i = 0; i < 40; i++) theirs.join();
  const expected = theirs.finish();
  for (const first of [0, 3, 8000]) {
    // What was finished before leaves the next message in the middle of a slab.
    const writer = new BinaryWriter();
    writer.raw(new Uint8Array(first)).finish();
    writer.string("before");
    const open = Array.from({ length: 40 }, (_, i) => {
      const at = writer.open(10);
      writer.string("x".repeat(i * 47));
      return at;
    });
    for (const at of open.reverse()) writer.close(at);
    assert.equal(writer.finish(), expected);
  }
});

test("messages nest 99 deep below the root and not 100, and a writer that was reset begins anew", () => {
  const nested = (levels: number): Deep => {
    let message: Deep = Deep.create({ value: 1 });
    for (let i = 0; i < levels; i++) message = { value: 0, child: message, extra: undefined };
    return message;
  };
  const writer = new BinaryWriter(64);
  assert.is(Deep.decode(Deep.encode(nested(99), writer).finish()).value, 0);
  for (const levels of [100, 100_000]) {
    const at = writer.pos;
    assert.is(
      refusal(() => Deep.encode(nested(levels), writer)),
      "depth",
    );
    writer.reset(at);
    assert.equal(Deep.encode(nested(3), writer).finish(), Deep.encode(nested(3)).finish());
  }
});

test("packed fields are written as protobuf-es writes their elements, and not at all without one", () => {
  const cases: readonly (readonly [string, readonly unknown[]])[] = [
    ["Uint32", [0, 127, 128, 16_384, 2 ** 32 - 1]],
    ["Int32", [0, -1, 300, 2 ** 31 - 1, -(2 ** 31)]],
    ["Sint32", [0, -1, 1, -(2 ** 31)]],
    ["Bool", [true, false, true]],
    ["Fixed32", [0, 2 ** 32 - 1]],
    ["Sfixed32", [-1, 2 ** 31 - 1]],
    ["Float", [0, -0, 1.5, Number.NaN]],
    ["Double", [0.1, -0, Number.POSITIVE_INFINITY]],
    ["Int64", [0n, -1n, 2n ** 63n - 1n]],
    ["Uint64", [0n, 2n ** 64n - 1n]],
    ["Sint64", [-1n, 2n ** 62n]],
    ["Fixed64", [1n, 2n ** 64n - 1n]],
    ["Sfixed64", [-1n, 5n]],
  ];
  type Packed = Record<string, (tag: number, values: readonly unknown[]) => void>;
  type Peer = Record<string, (value: unknown) => void>;
  for (const [kind, values] of cases) {
    for (const list of [[], values, Array.from({ length: 900 }, (_, i) => values[i % values.length])]) {
      const ours = new BinaryWriter(8);
      (ours as unknown as Packed)[`packed${kind}`]!(10, list);
      const theirs = new PeerWriter();
      if (list.length > 0) {
        theirs.uint32(10).fork();
        for (const value of list) (theirs as unknown as Peer)[kind.toLowerCase()]!(value);
        theirs.join();
      }
      assert.equal(ours.finish(), theirs.finish(), `${kind}, ${list.length} elements`);
    }
  }
});

test("strings and bytes with their tags are what they are without, behind the tag", () => {
  for (const tag of [10, 130, 2 ** 32 - 6]) {
    for (const text of ["", "short", "longer than what a loop writes", "é".repeat(60), "x".repeat(500)]) {
      const ours = new BinaryWriter();
      ours.stringField(tag, text);
      ours.bytesField(tag, new TextEncoder().encode(text));
      const theirs = new PeerWriter().uint32(tag).string(text).uint32(tag);
      assert.equal(ours.finish(), theirs.bytes(new TextEncoder().encode(text)).finish());
    }
  }
});

test("offsets of a writer with a capacity stay what they are while it grows", () => {
  const writer = new BinaryWriter(16);
  writer.raw(Uint8Array.of(1, 2, 3));
  const header = writer.pos;
  writer.ensure(5);
  writer.pos += 5;
  writer.string("payload ".repeat(5000));
  writer.buf[header] = 0xee;
  assert.equal(writer.buf.slice(0, 4), Uint8Array.of(1, 2, 3, 0xee));
  const reader = new BinaryReader(writer.buf);
  reader.reset(writer.buf, 8, writer.pos);
  assert.is(reader.string(), "payload ".repeat(5000));
});

test("ensure makes room that the next writes use without another buffer", () => {
  const writer = new BinaryWriter(0);
  writer.ensure(1000);
  const before = writer.buf;
  writer.raw(new Uint8Array(1000));
  assert.is(writer.buf, before);
});

test("reset after an encode that threw leaves what stood before it intact", () => {
  const writer = new BinaryWriter(8);
  writer.string("first frame");
  const at = writer.open(10);
  writer.string("inside");
  const mark = writer.pos;
  assert.is(
    refusal(() => {
      writer.open(18);
      writer.string("half").uint32(-1);
    }),
    "value",
  );
  writer.reset(mark);
  writer.string("instead").close(at);
  const expected = new PeerWriter().string("first frame").uint32(10).fork();
  expected.string("inside").string("instead").join();
  assert.equal(writer.finish(), expected.finish());
});

test("reset to where nothing stands is refused", () => {
  const writer = new BinaryWriter(8).uint32(1);
  for (const pos of [-1, 2, Number.NaN])
    assert.is(
      refusal(() => writer.reset(pos)),
      "position",
    );
});

test("what finish() returned is never written again", () => {
  const results: [Uint8Array, string][] = [];
  const kept = new BinaryWriter(64);
  for (let i = 0; i < 3000; i++) {
    const text = `message ${i} `.repeat(i % 40);
    const writer = i % 3 === 0 ? kept : new BinaryWriter();
    results.push([writer.string(text).finish(), text]);
  }
  for (const [bytes, text] of results) assert.is(new BinaryReader(bytes).string(), text);
});

test("writers that are open at the same time do not share bytes", () => {
  const writers = Array.from({ length: 20 }, () => new BinaryWriter());
  for (let round = 0; round < 200; round++) {
    for (const [i, writer] of writers.entries()) writer.uint32(i * 1000 + round);
  }
  for (const [i, writer] of writers.entries()) {
    const reader = new BinaryReader(writer.finish());
    for (let round = 0; round < 200; round++) assert.is(reader.uint32(), i * 1000 + round);
  }
});

test("writers end in any order, one never, and nothing that they returned is written again", () => {
  const kept: { bytes: Uint8Array; copy: Uint8Array }[] = [];
  const open: BinaryWriter[] = [];
  for (let step = 0; step < 4_000; step++) {
    const writer = new BinaryWriter().raw(new Uint8Array(1 + (step % 700)).fill(step));
    open.push(writer);
    if (step % 3 > 0) continue;
    // The oldest, one in the middle, or the newest; others are forgotten, as after an encode that throws.
    const [done] = open.splice(Math.floor(((open.length - 1) * (step % 9)) / 6), 1);
    const bytes = (done as BinaryWriter).finish();
    kept.push({ bytes, copy: bytes.slice() });
    if (open.length > 20) open.length = 0;
  }
  for (const { bytes, copy } of kept) assert.ok(Buffer.from(bytes).equals(copy));
});

test("a slab that somebody has handed to another thread costs nobody else a message", () => {
  const bytes = new BinaryWriter().string("gone").finish();
  structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
  assert.is(new BinaryWriter().finish().length, 0);
  assert.equal(new BinaryWriter().string("here").finish(), new PeerWriter().string("here").finish());
});

test("a replaced buffer is left alone and the new one starts empty", () => {
  const writer = new BinaryWriter(32);
  writer.stringField(10, "with the kernel");
  const handed = writer.buf;
  const copy = handed.slice();
  writer.replaceBuffer();
  assert.is(writer.pos, 0);
  assert.is(writer.buf.length, 32);
  writer.string("something else");
  assert.equal(handed, copy);
  const given = new Uint8Array(100);
  writer.replaceBuffer(given);
  assert.is(writer.buf, given);
});
