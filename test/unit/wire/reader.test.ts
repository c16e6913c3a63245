import { BinaryReader as PeerReader, BinaryWriter as PeerWriter } from "@bufbuild/protobuf/wire";
import * as assert from "uvu/assert";
import { Deep, Mapped, Nested, Packed, Tiny } from "../../../bench/codec/gen/vertex.ts";
import { BinaryReader } from "../../../packages/wire/src/reader.ts";
import { suite } from "../../support/suite.ts";
import { below, bytesOf, nest, refusal, seeded, varint } from "./wire-samples.ts";

const test = suite("a reader");

/** `levels` groups of field 9 in each other. */
function groups(levels: number): Uint8Array {
  return bytesOf(new Array<number>(levels).fill(0x4b), new Array<number>(levels).fill(0x4c));
}

/** The verdict of generated code on the bytes of a message. */
function verdict(
  codec: { decode(input: Uint8Array): unknown },
  ...parts: (number | Iterable<number>)[]
): string {
  return refusal(() => codec.decode(bytesOf(...parts)));
}

test("fixed-width fields are read as protobuf-es reads them", () => {
  const values = [
    0,
    1,
    -1,
    0.1,
    -204.8,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    5e-324,
    1.7976931348623157e308,
  ];
  const writer = new PeerWriter();
  for (const value of values) writer.double(value).float(Math.fround(value) === value ? value : 0.5);
  for (const value of [0, 1, 2 ** 31, 2 ** 32 - 1]) writer.fixed32(value).sfixed32(value | 0);
  for (const value of [0n, 1n, 2n ** 63n, 2n ** 64n - 1n])
    writer.fixed64(value).sfixed64(BigInt.asIntN(64, value));
  const bytes = bytesOf(9, 9, 9, writer.finish());
  const ours = new BinaryReader(bytes);
  const theirs = new PeerReader(bytes);
  ours.pos = theirs.pos = 3;
  for (let i = 0; i < values.length; i++) {
    assert.ok(Object.is(ours.double(), theirs.double()));
    assert.ok(Object.is(ours.float(), theirs.float()));
  }
  for (let i = 0; i < 4; i++) {
    assert.is(ours.fixed32(), theirs.fixed32());
    assert.is(ours.sfixed32(), theirs.sfixed32());
  }
  for (let i = 0; i < 4; i++) {
    assert.is(ours.fixed64(), theirs.fixed64());
    assert.is(ours.sfixed64(), theirs.sfixed64());
  }
  assert.is(ours.pos, ours.len);
});

test("packed doubles are read alike, few or many, wherever they stand", () => {
  for (const count of [1, 5, 6, 63, 64, 65, 200]) {
    const numbers = Array.from({ length: count }, (_, i) => i * 1.1 - 17);
    const writer = new PeerWriter().fork();
    for (const number of numbers) writer.double(number);
    const plain = writer.join().finish();
    const shifted = bytesOf(1, 2, 3, plain, 4);
    for (const [buf, pos] of [
      [plain, 0],
      [shifted, 3],
      [shifted.subarray(3), 0],
      [Buffer.from(shifted), 3],
    ] as const) {
      const reader = new BinaryReader(buf);
      reader.reset(buf, pos);
      const read: number[] = [0.5];
      reader.packedDouble(read);
      assert.equal(read, [0.5, ...numbers]);
      assert.is(reader.pos, pos + plain.length);
    }
  }
});

test("wire types 6 and 7 are refused, as is a group's end without a start", () => {
  assert.is(verdict(Tiny, 0x26), "wire-type");
  assert.is(verdict(Tiny, 0x27), "wire-type");
  const reader = new BinaryReader(bytesOf(0x0c));
  assert.is(
    refusal(() => reader.skip(reader.nextTag())),
    "group",
  );
});

test("field number 0 is refused in every place", () => {
  assert.is(verdict(Tiny, 0x00), "field-number");
  assert.is(verdict(Tiny, 0x08, 1, 0x00), "field-number");
  assert.is(verdict(Tiny, 0x00, 0x08, 1), "field-number");
  assert.is(verdict(Tiny, 0x02, 0x00), "field-number");
  assert.is(verdict(Tiny, 0x80, 0x00), "field-number");
  assert.is(verdict(Deep, 0x12, 1, 0x00), "field-number");
  assert.is(verdict(Deep, 0x12, 3, 0x00, 0x08, 1), "field-number");
});

test("a stray end of a group is refused in every place", () => {
  assert.is(verdict(Tiny, 0x0c), "group");
  assert.is(verdict(Tiny, 0x08, 1, 0x0c), "group");
  assert.is(verdict(Tiny, 0x0c, 0x08, 1), "group");
  assert.is(verdict(Deep, 0x12, 1, 0x0c), "group");
  assert.is(verdict(Deep, 0x12, 3, 0x0c, 0x08, 1), "group");
});

test("a last value that looks like such a tag is a value", () => {
  for (const value of [0, 4, 12, 0x7c, 0x84, 0x0400_0004]) {
    assert.is(Tiny.decode(bytesOf(0x08, varint(value))).id, value);
    assert.equal(Packed.decode(bytesOf(0x0a, varint(varint(value).length), varint(value))).small, [value]);
  }
  assert.is(Tiny.decode(bytesOf(0x08, varint(2n ** 40n + 4n))).id, 4);
});

test("a message that runs past the end of the one around it is refused", () => {
  assert.is(verdict(Deep, 0x12, 2, 0x08), "truncated");
  assert.is(verdict(Deep, 0x12, 3, 0x12, 2, 0x08, 1), "truncated");
  assert.is(verdict(Deep, 0x12, 0x80, 0x80, 0x80, 0x80, 0x08), "truncated");
});

test("a field that crosses its message's end is refused even where bytes follow", () => {
  const behind = [0x08, 1, 0x08, 1, 0x08, 1, 0x08, 1];
  assert.is(verdict(Deep, 0x12, 1, 0x08, behind), "truncated");
  assert.is(verdict(Deep, 0x12, 2, 0x08, 0x80, behind), "truncated");
  assert.is(verdict(Deep, 0x12, 3, 0x1a, 5, 0x61, behind), "truncated");
  assert.is(verdict(Deep, 0x12, 5, 0x21, 1, 2, 3, 4, behind), "truncated");
  assert.is(verdict(Deep, 0x12, 3, 0x4a, 5, 0x61, behind), "truncated");
  assert.is(verdict(Deep, 0x12, 2, 0x49, 5, behind), "truncated");
  assert.is(verdict(Deep, 0x12, 2, 0x4d, 5, behind), "truncated");
  assert.is(verdict(Deep, 0x12, 2, 0x4b, 0x48, behind), "truncated");
  assert.is(verdict(Packed, 0x0a, 2, 0x80, 0x80), "truncated");
  assert.is(verdict(Packed, 0x1a, 9, 1, 2, 3), "truncated");
});

test("a sub-message's length or an unknown field's tag that is too long is refused", () => {
  assert.is(verdict(Deep, 0x12, 0x82, 0x80, 0x80, 0x80, 0x80, 0x00, 0x08, 1), "varint");
  assert.is(verdict(Tiny, 0xc8, 0x80, 0x80, 0x80, 0x80, 0x00, 1), "varint");
});

test("messages nest 99 deep below the root and not 100", () => {
  assert.is(verdict(Deep, nest(99)), "accepted");
  assert.is(verdict(Deep, nest(99, bytesOf(0x08, 1))), "accepted");
  assert.is(verdict(Deep, nest(100)), "depth");
  assert.is(verdict(Deep, nest(100_000)), "depth");
});

test("groups in unknown fields count into the same depth, whatever lies between", () => {
  assert.is(verdict(Deep, groups(99)), "accepted");
  assert.is(verdict(Deep, groups(100)), "depth");
  assert.is(verdict(Deep, nest(60, groups(39))), "accepted");
  assert.is(verdict(Deep, nest(60, groups(40))), "depth");
  const inEntry = (levels: number) => bytesOf(0x0a, varint(2 * levels), groups(levels));
  assert.is(verdict(Mapped, inEntry(98)), "accepted");
  assert.is(verdict(Mapped, inEntry(99)), "depth");
  const bytes = bytesOf(new Array<number>(100_000).fill(0x4b));
  assert.is(verdict(Deep, bytes), "depth");
});

test("a group ends under its own field number", () => {
  assert.is(verdict(Tiny, 0x4b, 0x4c), "accepted");
  assert.is(verdict(Tiny, 0x4b, 0x44), "group");
  assert.is(verdict(Tiny, 0x4b, 0x43, 0x4c, 0x44), "group");
  assert.is(
    verdict(Tiny, 0x4b, 0x48, 1, 0x4a, 1, 1, 0x4d, 1, 2, 3, 4, 0x49, 1, 2, 3, 4, 5, 6, 7, 8, 0x4c),
    "accepted",
  );
  assert.is(verdict(Tiny, 0x4b), "truncated");
  assert.is(verdict(Tiny, 0x4b, 0x00, 0x4c), "field-number");
});

test("a message ends where its bytes end after any refusal, once reset", () => {
  const reader = new BinaryReader(new Uint8Array(0));
  const good = nest(5, bytesOf(0x08, 7));
  for (const bad of [nest(100), nest(3, bytesOf(0x08)), nest(3, bytesOf(0x0c)), nest(3, groups(99))]) {
    reader.reset(bad);
    assert.is.not(
      refusal(() => Deep.decode(reader)),
      "accepted",
    );
    reader.reset(good);
    assert.is(Deep.decode(reader).child?.child?.child?.child?.child?.value, 7);
    assert.is(reader.pos, good.length);
  }
});

test("a message is read in place between pos and end of a bigger buffer", () => {
  const inner = Tiny.encode({ id: 5, ok: true, delta: -3 }).finish();
  const chunk = bytesOf(0xff, 0xff, inner, 0xff, 0xff);
  const reader = new BinaryReader(chunk);
  reader.reset(chunk, 2, 2 + inner.length);
  assert.equal(Tiny.decode(reader), { id: 5, ok: true, delta: -3 });
  reader.reset(chunk, 2, 1 + inner.length);
  assert.is(
    refusal(() => Tiny.decode(reader)),
    "truncated",
  );
});

test("bytes that a buffer lacks are refused at the reset", () => {
  const reader = new BinaryReader(new Uint8Array(4));
  for (const [pos, end] of [
    [-1, 2],
    [3, 2],
    [0, 5],
    [Number.NaN, 2],
    [0, Number.NaN],
  ] as const) {
    assert.is(
      refusal(() => reader.reset(new Uint8Array(4), pos, end)),
      "position",
    );
  }
});

test("the root's length may be given", () => {
  const bytes = bytesOf(0x08, 4, 0x00, 0x00);
  assert.is(Tiny.decode(new BinaryReader(bytes), 2).id, 4);
});

test("a message ends where enter says, and leave opens the one around it again", () => {
  const reader = new BinaryReader(bytesOf(1, 2, 3));
  const root = reader.enter(undefined);
  const middle = reader.enter(2);
  assert.is(reader.len, 2);
  assert.is(reader.uint32(), 1);
  assert.is(reader.uint32(), 2);
  assert.is(
    refusal(() => reader.uint32()),
    "truncated",
  );
  reader.leave(middle);
  reader.leave(root);
  assert.is(reader.len, 3);
  reader.reset(bytesOf(0x12, 3));
  assert.is(
    refusal(() => reader.enter(3)),
    "truncated",
  );
});

test("packed fields are read as protobuf-es reads their elements, and never over their end", () => {
  const kinds = ["Uint32", "Int32", "Sint32", "Bool", "Fixed32", "Sfixed32", "Float", "Double"] as const;
  const longs = ["Int64", "Uint64", "Sint64", "Fixed64", "Sfixed64"] as const;
  const random = seeded(11);
  for (let round = 0; round < 200; round++) {
    const content = Uint8Array.from({ length: below(random, 60) }, () =>
      random() < 0.5 ? below(random, 128) : below(random, 256),
    );
    const bytes = bytesOf(content.length, content, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    for (const kind of [...kinds, ...longs]) {
      const theirs = new PeerReader(content);
      const method = kind.toLowerCase() as "uint32";
      const wanted: unknown[] = [];
      let cut = false;
      try {
        while (theirs.pos < theirs.len) wanted.push(theirs[method]());
      } catch {
        cut = true;
      }
      const ours = new BinaryReader(bytes);
      const read: number[] = [];
      const verdict = refusal(() => ours[`packed${kind}` as "packedUint32"](read));
      if (cut) assert.is.not(verdict, "accepted", `${kind} of ${content}`);
      else {
        assert.equal(read, wanted, `${kind} of ${content}`);
        assert.is(ours.pos, content.length + 1);
        assert.is(ours.len, bytes.length);
      }
    }
  }
});

test("a million elements are read and one more is refused, and the next message may have as many", () => {
  const child = bytesOf(new Uint8Array(999_999 * 2).fill(0).map((_, i) => (i % 2 === 0 ? 0x22 : 0)));
  assert.is(Nested.decode(child).lines.length, 999_999);
  assert.is(verdict(Nested, child, 0x22, 0), "elements");
  const reader = new BinaryReader(child);
  Nested.decode(reader);
  reader.reset(child);
  assert.is(Nested.decode(reader).lines.length, 999_999);
});

test("a message that is large when it is empty counts for several elements", () => {
  const reader = new BinaryReader(new Uint8Array(0));
  for (let i = 0; i < 25_000; i++) reader.leave(reader.enter(0, 40));
  assert.is(
    refusal(() => reader.enter(0)),
    "elements",
  );
  reader.reset(new Uint8Array(0));
  for (let i = 0; i < 500_000; i++) reader.leave(reader.enterGroup(-1, 2));
  assert.is(
    refusal(() => reader.enterGroup(-1, 2)),
    "elements",
  );
});

test("what a schema does not know is noted and kept as it came", () => {
  const buf = bytesOf(0x08, 1, 0x12, 2, 7, 7, 0x1b, 0x1c, 0x08, 2, 0x1d, 1, 2, 3, 4);
  const reader = new BinaryReader(buf);
  let spans: number[] | undefined;
  while (reader.pos < reader.len) {
    const at = reader.pos;
    const tag = reader.nextTag();
    if (tag === 8) reader.uint32();
    else spans = reader.note(tag, at, spans);
  }
  assert.equal(spans, [2, 8, 10, 15]);
  const before = Uint8Array.of(9, 9);
  assert.equal(reader.kept(spans ?? [], before), bytesOf(9, 9, 0x12, 2, 7, 7, 0x1b, 0x1c, 0x1d, 1, 2, 3, 4));
});

test("a group ends at its own tag and nowhere else", () => {
  const reader = new BinaryReader(bytesOf(0x08, 1, 0x0c));
  const outer = reader.enterGroup(-1);
  assert.is(reader.groupTag(-1), 8);
  reader.uint32();
  assert.is(reader.groupTag(-1), 0);
  reader.leave(outer);
  assert.is(reader.pos, 3);
  reader.reset(bytesOf(0x08, 1));
  reader.enterGroup(-1);
  reader.skip(reader.groupTag(-1));
  assert.is(
    refusal(() => reader.groupTag(-1)),
    "truncated",
  );
  reader.reset(bytesOf(0x0c));
  reader.enterGroup(undefined);
  assert.is(reader.groupTag(undefined), 0x0c);
  assert.is(
    refusal(() => reader.skip(0x0c)),
    "group",
  );
});
