// Messages as the bytes they are, for calls that are handed on to where they are decoded.

import { type BinaryReader, BinaryWriter } from "@vertex/wire";
import type { AnyMethod, Codec } from "./service.ts";

/** Takes a message's bytes out of the connection's buffer, and puts them back in. */
export const rawCodec: Codec<Uint8Array> = {
  encode: (bytes: Uint8Array, writer: BinaryWriter = new BinaryWriter()): BinaryWriter => writer.raw(bytes),
  decode(input: BinaryReader | Uint8Array): Uint8Array {
    if (input instanceof Uint8Array) return new Uint8Array(input);
    const { buf, pos, len } = input;
    input.pos = len;
    const view = new Uint8Array(buf.buffer, buf.byteOffset + pos, len - pos);
    // Such a reader says that nobody else holds the bytes.
    return len - pos >= input.borrowFromByteCount ? view : new Uint8Array(view);
  },
};

/** The same method for a side that does not read its messages. What it knows of their types is left behind. */
export function rawMethod({ path, id, kind, idempotency, timeoutMs }: AnyMethod): AnyMethod {
  const codec = rawCodec as Codec<unknown>;
  const method = { path, id, kind, idempotency, request: codec, response: codec };
  return timeoutMs === undefined ? method : { ...method, timeoutMs };
}
