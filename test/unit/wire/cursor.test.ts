import { BinaryReader as PeerReader } from "@bufbuild/protobuf/wire";
import * as assert from "uvu/assert";
import { BinaryReader } from "../../../packages/wire/src/reader.ts";
import { suite } from "../../support/suite.ts";
import { bytesOf, refusal } from "./wire-samples.ts";

const test = suite("varints and bounds");

type Method = "uint32" | "int32" | "sint32" | "bool" | "uint64" | "int64" | "sint64";
const methods: Method[] = ["uint32", "int32", "sint32", "bool", "uint64", "int64", "sint64"];

/** A varint of so many bytes, with the last byte's bits as given. */
function padded(length: number, fill: number, last: number): number[] {
  return [...new Array<number>(length - 1).fill(0x80 | fill), last];
}

test("values of 1 to 10 bytes are read as protobuf-es reads them", () => {
  for (const method of methods) {
    for (let length = 1; length <= 10; length++) {
      for (const fill of [0, 1, 0x55, 0x7f]) {
        for (const last of [0, 1, 2, 0x0f, 0x10, 0x7f]) {
          const bytes = bytesOf(padded(length, fill, last));
          const ours = new BinaryReader(bytes);
          const theirs = new PeerReader(bytes);
          assert.is(ours[method](), theirs[method](), `${method} of ${bytes}`);
          assert.is(ours.pos, length);
        }
      }
    }
  }
});

test("a varint of 11 bytes is refused", () => {
  for (const method of methods) {
    assert.is(
      refusal(() => new BinaryReader(bytesOf(padded(11, 1, 0)))[method]()),
      "varint",
      method,
    );
  }
});

test("every truncation of every varint is refused", () => {
  for (const method of methods) {
    for (let length = 1; length <= 10; length++) {
      for (let cut = 0; cut < length; cut++) {
        const bytes = bytesOf(padded(length, 0x33, 1)).subarray(0, cut);
        assert.is(
          refusal(() => new BinaryReader(bytes)[method]()),
          "truncated",
          `${method} ${cut}/${length}`,
        );
      }
    }
  }
});

test("bytes behind the end do not complete a value", () => {
  const behind = new Uint8Array(64).fill(1);
  const reads: [string, (reader: BinaryReader) => unknown, number][] = [
    ["fixed32", (reader) => reader.fixed32(), 4],
    ["sfixed32", (reader) => reader.sfixed32(), 4],
    ["float", (reader) => reader.float(), 4],
    ["double", (reader) => reader.double(), 8],
    ["fixed64", (reader) => reader.fixed64(), 8],
    ["sfixed64", (reader) => reader.sfixed64(), 8],
    ["string", (reader) => reader.string(), 2],
    ["bytes", (reader) => reader.bytes(), 2],
  ];
  for (const [name, read, size] of reads) {
    for (let left = 0; left < size; left++) {
      const reader = new BinaryReader(behind);
      reader.reset(behind, 10, 10 + left);
      assert.is(
        refusal(() => read(reader)),
        "truncated",
        `${name} of ${left} bytes`,
      );
    }
  }
});

test("tags and lengths have at most 5 bytes and 32 bits", () => {
  const lengths: [number[], string][] = [
    [[0x00], "accepted"],
    [[0x80, 0x00], "accepted"],
    [[0x80, 0x80, 0x80, 0x80, 0x00], "accepted"],
    [[0x80, 0x80, 0x80, 0x80, 0x10], "varint"],
    [[0x80, 0x80, 0x80, 0x80, 0x80, 0x00], "varint"],
    [[0xff, 0xff, 0xff, 0xff, 0x0f], "truncated"],
    [padded(10, 0, 0), "varint"],
    [padded(11, 0, 0), "varint"],
  ];
  for (const [prefix, verdict] of lengths) {
    assert.is(
      refusal(() => new BinaryReader(bytesOf(prefix)).string()),
      verdict,
      `length ${prefix}`,
    );
    assert.is(
      refusal(() => new BinaryReader(bytesOf(prefix)).bytes()),
      verdict,
      `length ${prefix}`,
    );
  }
  const tags: [number[], string][] = [
    [[0x08], "accepted"],
    [[0x88, 0x80, 0x80, 0x80, 0x00], "accepted"],
    [[0x88, 0x80, 0x80, 0x80, 0x10], "varint"],
    [[0x88, 0x80, 0x80, 0x80, 0x80, 0x00], "varint"],
    [[0x00], "field-number"],
    [[0x80, 0x00], "field-number"],
    [[0x07], "field-number"],
    [[0x0e], "wire-type"],
    [[0x0f], "wire-type"],
    [[], "truncated"],
  ];
  for (const [tag, verdict] of tags) {
    assert.is(
      refusal(() => {
        const reader = new BinaryReader(bytesOf(tag));
        const read = reader.nextTag();
        if ((read & 7) > 5) reader.skip(read);
      }),
      verdict,
      `tag ${tag}`,
    );
  }
});

test("a refusal says where", () => {
  const buf = new Uint8Array(100);
  const reader = new BinaryReader(buf);
  reader.reset(buf, 40, 42);
  try {
    reader.double();
    assert.unreachable();
  } catch (error) {
    assert.is((error as { offset: number }).offset, 40);
    assert.match((error as Error).message, "at byte 40");
  }
});
