import * as assert from "uvu/assert";
import {
  checkHeader,
  Flag,
  Kind,
  kindName,
  readLength,
  readU32,
  writeHeader,
  writeU32,
} from "../../../packages/framing/src/frame.ts";
import { FramingError } from "../../../packages/framing/src/framing-error.ts";
import { suite } from "../../support/suite.ts";

const header = suite("a frame header");
const check = suite("the check of a header");

const limit = 65_536;
const most = 0xffffff;

function verdict(length: number, kind: number, callId: number, maxFrameBytes = limit): string {
  try {
    checkHeader(length, kind, callId, maxFrameBytes);
    return "ok";
  } catch (error) {
    assert.instance(error, FramingError);
    return (error as FramingError).code;
  }
}

header("keeps every field at its limits", () => {
  const buf = new Uint8Array(12).fill(0x55);
  for (const length of [0, 1, 0xff, 0x100, 0xffff, 0x10000, most]) {
    for (const callId of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
      for (const kind of [0x01, 0x83, 0x44, 0xff]) {
        writeHeader(buf, 2, length, kind, callId);
        assert.equal([readLength(buf, 2), buf[5], readU32(buf, 6)], [length, kind, callId]);
        assert.equal(
          [buf[0], buf[1], buf[10], buf[11]],
          [0x55, 0x55, 0x55, 0x55],
          "and writes eight bytes only",
        );
      }
    }
  }
});

header("is big-endian", () => {
  const buf = new Uint8Array(8);
  writeHeader(buf, 0, 0x010203, 0x84, 0x05060708);
  assert.equal([...buf], [1, 2, 3, 0x84, 5, 6, 7, 8]);
  writeU32(buf, 2, 0xfedcba98);
  assert.equal([...buf.subarray(2, 6)], [0xfe, 0xdc, 0xba, 0x98]);
});

header("names the kinds that exist, and those that do not by number", () => {
  for (const [name, kind] of Object.entries(Kind)) assert.is(kindName(kind | Flag.END), name);
  assert.is(kindName(0), "kind 0");
  assert.is(kindName(14), "kind 14");
});

/** Kind, least and most bytes, whether it belongs to a call, and the flags it may have. */
const shapes: readonly [keyof typeof Kind, number, number, boolean, readonly number[]][] = [
  ["HELLO", 5, 16_384, false, [0]],
  ["WELCOME", 5, 16_384, false, [0]],
  ["CALL", 10, limit, true, [0, Flag.END, Flag.MORE]],
  ["DATA", 0, limit, true, [0, Flag.END, Flag.MORE]],
  ["FINISH", 0, 16_384, true, [0]],
  ["FAIL", 0, 65_536, true, [0]],
  ["CANCEL", 0, 0, true, [0]],
  ["CREDIT", 4, 4, true, [0]],
  ["PING", 8, 8, false, [0]],
  ["PONG", 8, 8, false, [0]],
  ["GOAWAY", 0, 16_384, false, [0]],
];

for (const [name, least, largest, ofCall, flags] of shapes) {
  const kind = Kind[name];
  const id = ofCall ? 7 : 0;

  check(`${name}: takes ${least} to ${largest} bytes, and not one more or less`, () => {
    assert.is(verdict(least, kind, id), "ok");
    assert.is(verdict(largest, kind, id), "ok");
    if (least > 0) assert.is(verdict(least - 1, kind, id), "BAD_LENGTH");
    assert.is(verdict(largest + 1, kind, id), least === largest ? "BAD_LENGTH" : "FRAME_TOO_LARGE");
    assert.is(verdict(most, kind, id), least === largest ? "BAD_LENGTH" : "FRAME_TOO_LARGE");
  });

  check(`${name}: takes its flags and no others`, () => {
    for (let bits = 0; bits < 0x100; bits += 0x10) {
      assert.is(verdict(least, kind | bits, id), flags.includes(bits) ? "ok" : "BAD_FLAGS", `flags ${bits}`);
    }
  });

  check(`${name}: belongs to ${ofCall ? "a call" : "the connection"}`, () => {
    assert.is(verdict(least, kind, 0), ofCall ? "BAD_CALL_ID" : "ok");
    for (const other of [1, 2, 0x7fffffff, 0x80000000, 0xffffffff]) {
      assert.is(verdict(least, kind, other), ofCall ? "ok" : "BAD_CALL_ID");
    }
  });
}

check("refuses the kinds that do not exist", () => {
  for (const kind of [0, 12, 13, 14, 15]) assert.is(verdict(8, kind, 0), "UNKNOWN_KIND");
});

check("takes CALL and DATA up to the receiver's limit, whatever that is", () => {
  for (const maxFrameBytes of [1_024, 16_384, most]) {
    assert.is(verdict(maxFrameBytes, Kind.DATA, 1, maxFrameBytes), "ok");
    assert.is(verdict(maxFrameBytes, Kind.CALL, 1, maxFrameBytes), "ok");
  }
  assert.is(verdict(1_025, Kind.DATA, 1, 1_024), "FRAME_TOO_LARGE");
});

check(
  "does not hold control frames to the limit of messages: a failure has its say on a small connection",
  () => {
    assert.is(verdict(30_000, Kind.FAIL, 1, 1_024), "ok");
    assert.is(verdict(8_192, Kind.FINISH, 1, 1_024), "ok");
    assert.is(verdict(2_000, Kind.HELLO, 0, 1_024), "ok");
  },
);
