// Frames as bytes, valid ones and others, for every target that speaks them.

import { CALL_FIXED_BYTES, Flag, HEADER_BYTES, Kind, PREFACE, writeCall, writeHeader } from "@vertex/framing";
import type { Random } from "./random.ts";

/** A frame, right or wrong: nothing is checked. `kind` carries the flags. */
export function frameBytes(kind: number, callId: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  writeHeader(bytes, 0, payload.length, kind, callId);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** The payload of a CALL. */
export function callPayload(
  methodId: number,
  remainingMs: number,
  metadata: Uint8Array,
  message: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(CALL_FIXED_BYTES + metadata.length + message.length);
  writeCall(bytes, 0, methodId, remainingMs, metadata.length);
  bytes.set(metadata, CALL_FIXED_BYTES);
  bytes.set(message, CALL_FIXED_BYTES + metadata.length);
  return bytes;
}

/** The preface and behind it a control message. */
export function prefaced(message: Uint8Array): Uint8Array {
  return Uint8Array.from([...PREFACE, ...message]);
}

const flagChoices: readonly number[] = [0, 0, Flag.END, Flag.MORE];
const fixedBytes: { readonly [kind: number]: number } = {
  [Kind.CANCEL]: 0,
  [Kind.CREDIT]: 4,
  [Kind.PING]: 8,
  [Kind.PONG]: 8,
};

/** A frame that the decoder takes, nearly always. */
export function randomFrame(random: Random): Uint8Array {
  const kind = random.pick(Object.values(Kind));
  const ofCall = kind >= Kind.CALL && kind <= Kind.CREDIT;
  const flags = kind === Kind.CALL || kind === Kind.DATA ? random.pick(flagChoices) : 0;
  const least = kind === Kind.CALL ? CALL_FIXED_BYTES : kind <= Kind.WELCOME ? PREFACE.length : 0;
  const length = fixedBytes[kind] ?? least + random.size(random.oneIn(16) ? 20_000 : 300);
  return frameBytes(kind | flags, ofCall ? random.between(1, 9) : 0, random.bytes(length));
}

/** What comes from those who speak something else. */
export const strangers: readonly Uint8Array[] = [
  "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "HTTP/1.1 400 Bad Request\r\n",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "\x15\x03\x03\x00\x02\x02\x28",
  "SSH-2.0-OpenSSH_9.6\r\n",
  'INFO {"server_id":"x"}\r\n',
  "*1\r\n$4\r\nPING\r\n",
].map((text) => Uint8Array.from(text, (character) => character.charCodeAt(0)));
