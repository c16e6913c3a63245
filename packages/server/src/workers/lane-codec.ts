// The methods as they travel between the threads: each message behind a byte that says whether it stands there or
// travels beside, as an attachment.

import { type AnyMethod, type Codec, rawCodec } from "@vertex/protocol";
import { BinaryReader, BinaryWriter } from "@vertex/protocol/gen";
import { type PortTransport, TRANSFER_BYTES } from "./port-transport.ts";

const INLINE = Uint8Array.of(0);
const ATTACHED_BYTES = 5;

/** Wraps a codec. Only the one message of a call may be `attachable`: what streams hold is bounded by its bytes. */
function laneCodec(codec: Codec<unknown>, transport: PortTransport, attachable: boolean): Codec<unknown> {
  return {
    encode(message: unknown, writer: BinaryWriter = new BinaryWriter(64)): BinaryWriter {
      if (attachable && codec === rawCodec && (message as Uint8Array).length >= TRANSFER_BYTES) {
        return reference(transport.attach(unshared(message as Uint8Array)), writer);
      }
      const start = writer.pos;
      codec.encode(message, writer.raw(INLINE));
      if (!attachable || writer.pos - start <= TRANSFER_BYTES) return writer;
      const bytes = writer.buf.slice(start + 1, writer.pos);
      writer.pos = start;
      return reference(transport.attach(bytes), writer);
    },

    decode(input: BinaryReader | Uint8Array): unknown {
      const reader = input instanceof Uint8Array ? new BinaryReader(input) : input;
      const { buf, pos, len } = reader;
      if (buf[pos] === 0) {
        reader.pos = pos + 1;
        return codec.decode(reader);
      }
      const bytes = transport.take(new DataView(buf.buffer, buf.byteOffset + pos + 1).getUint32(0));
      reader.pos = len;
      return codec === rawCodec ? bytes : codec.decode(new BinaryReader(bytes, true));
    },
  };
}

/** Bytes with a buffer of their own, which is what changes hands. An interceptor may have made others. */
function unshared(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

function reference(number: number, writer: BinaryWriter): BinaryWriter {
  const bytes = new Uint8Array(ATTACHED_BYTES);
  bytes[0] = 1;
  new DataView(bytes.buffer).setUint32(1, number);
  return writer.raw(bytes);
}

const nothing: Codec<unknown> = {
  encode: (_message: unknown, writer: BinaryWriter = new BinaryWriter(64)) => writer,
  decode(input: BinaryReader | Uint8Array): unknown {
    if (!(input instanceof Uint8Array)) input.pos = input.len;
    return undefined;
  },
};

/**
 * The method as the two threads carry it: with its own codecs in the worker, with raw ones on the main thread. One-way
 * commands are answered, so that their place is taken until their handler has settled.
 */
export function laneMethod(method: AnyMethod, transport: PortTransport, raw: boolean): AnyMethod {
  const oneWay = method.kind === "one_way";
  const asks = method.kind !== "client_stream" && method.kind !== "duplex";
  const answers = method.kind !== "server_stream" && method.kind !== "duplex";
  const request = raw ? (rawCodec as Codec<unknown>) : method.request;
  const response = raw ? (rawCodec as Codec<unknown>) : method.response;
  return {
    ...method,
    kind: oneWay ? "unary" : method.kind,
    request: laneCodec(request, transport, asks),
    response: laneCodec(oneWay ? nothing : response, transport, answers),
  };
}
