import * as assert from "uvu/assert";
import { Blob } from "../../../bench/codec/gen/vertex.ts";
import { copyBytes } from "../../../packages/wire/src/copy.ts";
import { BinaryReader } from "../../../packages/wire/src/reader.ts";
import { BinaryWriter } from "../../../packages/wire/src/writer.ts";
import { suite } from "../../support/suite.ts";

const test = suite("bytes fields");
const sizes = [0, 1, 2, 16, 63, 64, 65, 100, 1023, 1024, 2047, 2048, 2049, 8192, 32_768, 40_000];

function pattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7 + size) & 0xff);
}

test("are copies that the buffer's next use does not change", () => {
  for (const size of sizes) {
    const bytes = new BinaryWriter().bytes(pattern(size)).finish();
    for (const buf of [Uint8Array.from(bytes), Buffer.from(bytes)]) {
      const reader = new BinaryReader(buf);
      const read = reader.bytes();
      buf.fill(0xdd);
      assert.equal(read, pattern(size), `${size} bytes`);
      assert.is(Object.getPrototypeOf(read), Uint8Array.prototype);
    }
  }
});

test("never share a byte with each other", () => {
  const copies = Array.from({ length: 2000 }, (_, i) => copyBytes(pattern(300), i % 150, (i % 150) + 100));
  for (const [i, copy] of copies.entries()) copy.fill(i & 0xff);
  for (const [i, copy] of copies.entries()) assert.ok(copy.every((byte) => byte === (i & 0xff)));
});

test("are views where the reader is told to lend them", () => {
  const buf = new BinaryWriter().bytes(pattern(20)).finish();
  const reader = new BinaryReader(buf, true);
  const read = reader.bytes();
  assert.equal(read, pattern(20));
  buf.fill(0xdd);
  assert.equal(read, new Uint8Array(20).fill(0xdd));
});

test("of a decoded message outlive its buffer", () => {
  const message = { sequence: 1, digest: pattern(32), payload: pattern(1000) };
  const frame = Buffer.from(Blob.encode(message).finish());
  const reader = new BinaryReader(frame);
  const decoded = Blob.decode(reader);
  frame.fill(0xdd);
  assert.equal(decoded, message);
});
