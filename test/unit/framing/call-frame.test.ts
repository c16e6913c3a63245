import * as assert from "uvu/assert";
import {
  CALL_FIXED_BYTES,
  NO_DEADLINE,
  readCallMessageStart,
  readCallMethod,
  readCallRemaining,
  writeCall,
} from "../../../packages/framing/src/call-frame.ts";
import { FramingError } from "../../../packages/framing/src/framing-error.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the fixed part of a CALL");

test("keeps method, time and size of metadata at their limits", () => {
  const buf = new Uint8Array(CALL_FIXED_BYTES + 70_000);
  for (const method of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
    for (const remainingMs of [0, 1, 10_000, NO_DEADLINE - 1, NO_DEADLINE]) {
      for (const metadataBytes of [0, 1, 255, 256, 0xffff]) {
        writeCall(buf, 3, method, remainingMs, metadataBytes);
        assert.is(readCallMethod(buf, 3), method);
        assert.is(readCallRemaining(buf, 3), remainingMs);
        assert.is(readCallMessageStart(buf, 3, buf.length), 3 + CALL_FIXED_BYTES + metadataBytes);
      }
    }
  }
});

test("may be followed by metadata that fills the frame, and not by more", () => {
  const buf = new Uint8Array(64);
  writeCall(buf, 0, 1, 1, 20);
  assert.is(readCallMessageStart(buf, 0, 30), 30);
  assert.throws(
    () => readCallMessageStart(buf, 0, 29),
    (error: unknown) => error instanceof FramingError && error.code === "BAD_LENGTH",
  );
});
