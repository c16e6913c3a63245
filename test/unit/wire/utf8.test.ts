import * as assert from "uvu/assert";
import { BinaryReader } from "../../../packages/wire/src/reader.ts";
import { SHORT_TEXT_BYTES } from "../../../packages/wire/src/short-text.ts";
import { chooseTextCodecs, decodeText, isUtf8 } from "../../../packages/wire/src/utf8.ts";
import { BinaryWriter } from "../../../packages/wire/src/writer.ts";
import { suite } from "../../support/suite.ts";
import { randomText, refusal, seeded, varint } from "./wire-samples.ts";

const test = suite("text");
const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const malformed: [string, number[]][] = [
  ["a continuation alone", [0x80]],
  ["the last continuation alone", [0xbf]],
  ["an overlong NUL", [0xc0, 0x80]],
  ["an overlong slash in two bytes", [0xc0, 0xaf]],
  ["an overlong DEL", [0xc1, 0xbf]],
  ["an overlong slash in three bytes", [0xe0, 0x80, 0xaf]],
  ["the highest overlong of three bytes", [0xe0, 0x9f, 0xbf]],
  ["an overlong slash in four bytes", [0xf0, 0x80, 0x80, 0xaf]],
  ["the highest overlong of four bytes", [0xf0, 0x8f, 0xbf, 0xbf]],
  ["five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ["six bytes", [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80]],
  ["the lowest surrogate", [0xed, 0xa0, 0x80]],
  ["the highest surrogate", [0xed, 0xbf, 0xbf]],
  ["a pair of surrogates", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ["one above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
  ["U+1FFFFF", [0xf7, 0xbf, 0xbf, 0xbf]],
  ["0xfe", [0xfe]],
  ["0xff", [0xff]],
  ["two bytes cut short", [0xc3]],
  ["three bytes cut short", [0xe2, 0x82]],
  ["four bytes cut short", [0xf0, 0x9f, 0x98]],
  ["a lead where a continuation should be", [0xe2, 0xc2, 0x80]],
  ["ASCII where a continuation should be", [0xc3, 0x41]],
];

function field(bytes: Iterable<number>): Uint8Array {
  const list = [...bytes];
  return Uint8Array.from([...varint(list.length), ...list]);
}

test("what is not UTF-8 is refused at every size and offset around the fast paths", () => {
  const sizes = [0, 1, 3, 4, 7, 8, 11, 12, 15, 16, 19, 20, 23, 24];
  for (const edge of [SHORT_TEXT_BYTES, 127, 128]) sizes.push(edge - 2, edge - 1, edge, edge + 1);
  for (const [what, bytes] of malformed) {
    for (const size of sizes) {
      for (const before of [0, size >> 1, size]) {
        const text = [
          ...new Array<number>(before).fill(0x61),
          ...bytes,
          ...new Array<number>(size - before).fill(0x62),
        ];
        const reader = new BinaryReader(field(text));
        assert.is(
          refusal(() => reader.string()),
          "utf8",
          `${what} at ${before} of ${size}`,
        );
      }
    }
  }
});

test("the first and last character of each size are read", () => {
  for (const text of [
    "\u0000",
    "\u007f",
    "\u0080",
    "\u07ff",
    "\u0800",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\u{10000}",
    "\u{10ffff}",
  ]) {
    for (let pad = 0; pad < 40; pad++) {
      const whole = "x".repeat(pad) + text;
      assert.is(new BinaryReader(field(encoder.encode(whole))).string(), whole);
    }
  }
});

test("a replacement character and a byte-order mark that were sent are text", () => {
  for (const text of ["\ufffd", "\ufeffhello", "a\ufffdb".repeat(40)]) {
    assert.is(new BinaryReader(field(encoder.encode(text))).string(), text);
  }
});

test("ASCII of every length up to 300 survives", () => {
  for (let length = 0; length <= 300; length++) {
    const text = Array.from({ length }, (_, i) => String.fromCharCode(33 + ((i * 7 + length) % 90))).join("");
    const written = new BinaryWriter().string(text).finish();
    assert.equal(written, field(encoder.encode(text)));
    assert.is(new BinaryReader(written).string(), text);
  }
});

test("a string cut at every byte is refused", () => {
  const whole = field(encoder.encode("déjà vu 😀 and more than twenty-eight bytes of it"));
  for (let cut = 0; cut < whole.length; cut++) {
    assert.is(
      refusal(() => new BinaryReader(whole.subarray(0, cut)).string()),
      "truncated",
    );
  }
});

test("the verdict on random bytes is the encoding standard's", () => {
  const random = seeded(7);
  for (let round = 0; round < 20_000; round++) {
    const bytes = encoder.encode(randomText(random));
    for (let i = 0; i < round % 3 && bytes.length > 0; i++)
      bytes[Math.floor(random() * bytes.length)] = random() * 256;
    let expected: string | undefined;
    try {
      expected = strict.decode(bytes);
    } catch {
      expected = undefined;
    }
    assert.is(decodeText(bytes, 0, bytes.length), expected);
    assert.is(isUtf8(bytes, 0, bytes.length), expected !== undefined);
  }
});

test("text is written as the encoding standard writes it, lone surrogates included", () => {
  const random = seeded(8);
  const odd = ["\ud800", "\udc00x", "a\ud83d", "\ude00\ud83d", "\ud800".repeat(30)];
  const texts = [...odd, ...Array.from({ length: 5000 }, () => randomText(random))];
  for (const length of [41, 42, 43, 126, 127, 128, 5461, 5462, 16_383, 16_384]) {
    texts.push("é".repeat(length), "€".repeat(length), "a".repeat(length), `${"a".repeat(length - 1)}€`);
  }
  for (const text of texts) {
    assert.equal(new BinaryWriter().string(text).finish(), field(encoder.encode(text)));
  }
});

test("without a host's routines, and with Node 22.7.0's broken one, the standard's are used", () => {
  const brokenWrite = function (this: Uint8Array, text: string, offset: number): number {
    return Buffer.from(this.buffer).write(text, offset, "latin1");
  };
  const broken = { utf8Slice: Buffer.prototype.toString, utf8Write: brokenWrite };
  for (const Host of [undefined, { prototype: {} }, { prototype: broken }]) {
    const codecs = chooseTextCodecs({ Buffer: Host, TextEncoder, TextDecoder });
    const out = new Uint8Array(40);
    const size = codecs.encode("é€😀", out, 3);
    assert.equal(out.slice(3, 3 + size), encoder.encode("é€😀"));
    if (Host?.prototype === broken) continue;
    assert.is(codecs.decode(out, 3, 3 + size), "é€😀");
    assert.is(codecs.decode(Uint8Array.of(0x61, 0xc0, 0xaf), 0, 3), undefined);
  }
});
