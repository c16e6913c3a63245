// The first bytes of a connection: the magic that opens HELLO and WELCOME, and the recognition of strangers,
// so that an HTTP request on a Vertex port is told what it is.

import { FramingError } from "./framing-error.ts";

/** "VRTX" and the version of the frame format. */
export const PREFACE: readonly number[] = [0x56, 0x52, 0x54, 0x58, 1];

/** Writes the preface at `at`. The caller has made room for five bytes. */
export function writePreface(buf: Uint8Array, at: number): void {
  for (let i = 0; i < PREFACE.length; i++) buf[at + i] = PREFACE[i] as number;
}

/**
 * Checks the preface at `at` and returns where the control message starts.
 * @throws FramingError when it is not there, or is of another frame format.
 */
export function readPreface(buf: Uint8Array, at: number): number {
  for (let i = 0; i < 4; i++) {
    if (buf[at + i] !== PREFACE[i]) throw new FramingError("NOT_VERTEX", "the peer does not speak Vertex");
  }
  if (buf[at + 4] !== PREFACE[4]) {
    throw new FramingError(
      "NOT_VERTEX",
      `the peer speaks frame format ${buf[at + 4]}, this side speaks ${PREFACE[4]}`,
    );
  }
  return at + PREFACE.length;
}

const strangers: readonly (readonly [starts: readonly string[], name: string])[] = [
  [["GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "TRACE "], "an HTTP request"],
  [["PRI * H"], "an HTTP/2 preface (a gRPC client, perhaps)"],
  [["HTTP/"], "an HTTP response"],
  [["\x16\x03"], "a TLS hello: one side uses tls://, the other does not"],
  [["\x15\x03"], "a TLS alert: one side uses tls://, the other does not"],
  [["SSH-"], "an SSH banner"],
  [["INFO {", "CONNECT "], "a NATS message"],
  [["*1\r\n", "*2\r\n", "*3\r\n", "*4\r\n", "*5\r\n", "+PONG", "-ERR"], "a Redis message"],
];

/** Names what the first bytes of a connection look like when they are not Vertex. Eight bytes are enough. */
export function describeStranger(bytes: Uint8Array): string {
  const head = String.fromCharCode(...bytes.subarray(0, 8));
  const known = strangers.find(([starts]) => starts.some((start) => head.startsWith(start)));
  return known === undefined ? "bytes of an unknown protocol" : known[1];
}
