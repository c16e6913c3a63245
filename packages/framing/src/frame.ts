// The frame header: its layout, the kinds and flags of frames, and what each kind may look like.
//
//  0        3      4              8
//  +--------+------+--------------+----------------- - -
//  | length | kind |   call id    |  payload (length bytes)
//  |  u24   |  u8  |     u32      |
//  +--------+------+--------------+----------------- - -
//
// All integers are big-endian. The low four bits of `kind` name the frame, the high four are flags.

import { FramingError } from "./framing-error.ts";

/** Bytes of a frame header. */
export const HEADER_BYTES = 8;

/** Frame kinds: the low four bits of the fourth byte. */
export const Kind = {
  HELLO: 1,
  WELCOME: 2,
  CALL: 3,
  DATA: 4,
  FINISH: 5,
  FAIL: 6,
  CANCEL: 7,
  CREDIT: 8,
  PING: 9,
  PONG: 10,
  GOAWAY: 11,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Flags: the high four bits of the fourth byte. */
export const Flag = {
  /** The last frame of this direction of the call. */
  END: 0x80,
  /** The message goes on in the next DATA frame of this call. */
  MORE: 0x40,
} as const;

const KIND_MASK = 0x0f;
const U24_MAX = 0xffffff;

/** What a kind of frame may look like. `call` says whether it belongs to a call or to the connection (id 0). */
interface Shape {
  readonly name: string;
  readonly call: "call" | "connection";
  readonly flags: number;
  readonly minBytes: number;
  readonly maxBytes: number;
}

const shape = (
  name: string,
  call: Shape["call"],
  flags: number,
  minBytes: number,
  maxBytes: number,
): Shape => ({
  name,
  call,
  flags,
  minBytes,
  maxBytes,
});

const shapes: readonly (Shape | undefined)[] = [
  undefined,
  shape("HELLO", "connection", 0, 5, 16_384),
  shape("WELCOME", "connection", 0, 5, 16_384),
  shape("CALL", "call", Flag.END | Flag.MORE, 10, U24_MAX),
  shape("DATA", "call", Flag.END | Flag.MORE, 0, U24_MAX),
  shape("FINISH", "call", 0, 0, 16_384),
  shape("FAIL", "call", 0, 0, 65_536),
  shape("CANCEL", "call", 0, 0, 0),
  shape("CREDIT", "call", 0, 4, 4),
  shape("PING", "connection", 0, 8, 8),
  shape("PONG", "connection", 0, 8, 8),
  shape("GOAWAY", "connection", 0, 0, 16_384),
];

/** The name of a kind, for messages: "CALL"; "kind 14" for one that does not exist. */
export function kindName(kind: number): string {
  return shapes[kind & KIND_MASK]?.name ?? `kind ${kind & KIND_MASK}`;
}

/** Writes a header at `at`. `kind` carries the flags. The caller has made room for `HEADER_BYTES`. */
export function writeHeader(buf: Uint8Array, at: number, length: number, kind: number, callId: number): void {
  buf[at] = length >>> 16;
  buf[at + 1] = length >>> 8;
  buf[at + 2] = length;
  buf[at + 3] = kind;
  buf[at + 4] = callId >>> 24;
  buf[at + 5] = callId >>> 16;
  buf[at + 6] = callId >>> 8;
  buf[at + 7] = callId;
}

/** Reads the payload length of the header at `at`. */
export function readLength(buf: Uint8Array, at: number): number {
  return ((buf[at] as number) << 16) | ((buf[at + 1] as number) << 8) | (buf[at + 2] as number);
}

/** Reads an unsigned 32-bit integer. */
export function readU32(buf: Uint8Array, at: number): number {
  return (
    (((buf[at] as number) << 24) |
      ((buf[at + 1] as number) << 16) |
      ((buf[at + 2] as number) << 8) |
      (buf[at + 3] as number)) >>>
    0
  );
}

/** Writes an unsigned 32-bit integer. */
export function writeU32(buf: Uint8Array, at: number, value: number): void {
  buf[at] = value >>> 24;
  buf[at + 1] = value >>> 16;
  buf[at + 2] = value >>> 8;
  buf[at + 3] = value;
}

/**
 * Checks a header against the frame's shape, before a byte of its payload is kept.
 * @param kind the fourth byte, flags included.
 * @param maxFrameBytes the receiver's limit for CALL and DATA. The other kinds have limits of their own.
 * @throws FramingError that names what is wrong.
 */
export function checkHeader(length: number, kind: number, callId: number, maxFrameBytes: number): void {
  const expected = shapes[kind & KIND_MASK];
  if (expected === undefined)
    throw new FramingError("UNKNOWN_KIND", `there is no frame of kind ${kind & KIND_MASK}`);
  const flags = kind & 0xf0;
  if ((flags & ~expected.flags) !== 0 || flags === (Flag.END | Flag.MORE)) {
    throw new FramingError("BAD_FLAGS", `flags 0x${flags.toString(16)} are not allowed on ${expected.name}`);
  }
  const limit = expected.maxBytes === U24_MAX ? maxFrameBytes : expected.maxBytes;
  if (length > limit && expected.maxBytes > expected.minBytes) {
    throw new FramingError(
      "FRAME_TOO_LARGE",
      `${expected.name} of ${length} bytes is over the limit of ${limit}`,
    );
  }
  if (length < expected.minBytes || length > expected.maxBytes) {
    throw new FramingError("BAD_LENGTH", `${expected.name} cannot have ${length} bytes`);
  }
  if ((callId === 0) !== (expected.call === "connection")) {
    throw new FramingError("BAD_CALL_ID", `${expected.name} cannot have call id ${callId}`);
  }
}
