// The golden byte vectors, which PROTOCOL.md quotes: what stands in vectors.json, and how its fields become bytes.
import { readFileSync } from "node:fs";
import {
  Flag,
  HEADER_BYTES,
  Kind,
  writeCall,
  writeHeader,
  writePreface,
  writeU32,
} from "../../packages/framing/src/index.ts";
import {
  Failure,
  Goodbye,
  Hello,
  type MessageFns,
  Metadata,
  Welcome,
} from "../../packages/protocol/src/gen/vertex/v1/control.ts";

/** One frame, decoded and as hex. Byte strings inside `fields` are hex too; messages are in protobuf's JSON. */
export interface Vector {
  readonly name: string;
  readonly description: string;
  readonly kind: keyof typeof Kind;
  readonly flags: readonly (keyof typeof Flag)[];
  readonly callId: number;
  readonly fields: { readonly [name: string]: unknown };
  /** Groups of bytes with spaces between them, for the eye. */
  readonly hex: string;
}

/** All vectors. */
export const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL("./vectors.json", import.meta.url), "utf8"),
);

export function unhex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function message<T>(codec: MessageFns<T>, json: unknown): Uint8Array {
  return codec.encode(codec.fromJSON(json)).finish().slice();
}

function u32(value: unknown): Uint8Array {
  const bytes = new Uint8Array(4);
  writeU32(bytes, 0, Number(value));
  return bytes;
}

function preface(): Uint8Array {
  const bytes = new Uint8Array(5);
  writePreface(bytes, 0);
  return bytes;
}

/** `total` stands before the first piece of a message. */
function pieces(fields: Vector["fields"]): Uint8Array {
  const total = fields.total === undefined ? new Uint8Array(0) : u32(fields.total);
  return joined(total, unhex(String(fields.message ?? "")));
}

function payload({ kind, fields }: Vector): Uint8Array {
  switch (kind) {
    case "HELLO":
      return joined(preface(), message(Hello, fields.hello));
    case "WELCOME":
      return joined(preface(), message(Welcome, fields.welcome));
    case "CALL": {
      const metadata = fields.metadata === undefined ? new Uint8Array(0) : message(Metadata, fields.metadata);
      const fixed = new Uint8Array(10);
      writeCall(fixed, 0, Number(fields.methodId), Number(fields.remainingMs), metadata.length);
      return joined(fixed, metadata, pieces(fields));
    }
    case "DATA":
      return pieces(fields);
    case "FINISH":
      return fields.trailers === undefined ? new Uint8Array(0) : message(Metadata, fields.trailers);
    case "FAIL":
      return message(Failure, fields.failure);
    case "CREDIT":
      return u32(fields.bytes);
    case "PING":
    case "PONG":
      return unhex(String(fields.opaque));
    case "GOAWAY":
      return message(Goodbye, fields.goodbye);
    case "CANCEL":
      return new Uint8Array(0);
  }
}

/** The bytes of a vector, made from its fields. */
export function encodeVector(vector: Vector): Uint8Array {
  const body = payload(vector);
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const flags = vector.flags.reduce((bits, flag) => bits | Flag[flag], 0);
  writeHeader(bytes, 0, body.length, Kind[vector.kind] | flags, vector.callId);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}
