// CALL: which method, how long the caller will wait, metadata, and the first message (or its first piece).
//
//  0           4              8               10
//  +-----------+--------------+---------------+----------+--------- - -
//  | method id | remaining ms | metadata size | metadata | message
//  |    u32    |     u32      |      u16      |          |
//  +-----------+--------------+---------------+----------+--------- - -

import { readU32, writeU32 } from "./frame.ts";
import { FramingError } from "./framing-error.ts";

/** Bytes before the metadata. */
export const CALL_FIXED_BYTES = 10;

/** `remaining ms` of a call without a deadline. */
export const NO_DEADLINE = 0xffffffff;

/** Writes the fixed part at `at`. The caller has made room for `CALL_FIXED_BYTES`. */
export function writeCall(
  buf: Uint8Array,
  at: number,
  methodId: number,
  remainingMs: number,
  metadataBytes: number,
): void {
  writeU32(buf, at, methodId);
  writeU32(buf, at + 4, remainingMs);
  buf[at + 8] = metadataBytes >>> 8;
  buf[at + 9] = metadataBytes;
}

/** Reads the method id of a CALL payload that starts at `at`. */
export function readCallMethod(buf: Uint8Array, at: number): number {
  return readU32(buf, at);
}

/** Reads the remaining time, in milliseconds; `NO_DEADLINE` stands for none. */
export function readCallRemaining(buf: Uint8Array, at: number): number {
  return readU32(buf, at + 4);
}

/**
 * Where the metadata ends and the message starts.
 * @throws FramingError when the metadata would run past the frame.
 */
export function readCallMessageStart(buf: Uint8Array, at: number, end: number): number {
  const start = at + CALL_FIXED_BYTES + (((buf[at + 8] as number) << 8) | (buf[at + 9] as number));
  if (start > end) throw new FramingError("BAD_LENGTH", "the metadata of a CALL runs past its frame");
  return start;
}
