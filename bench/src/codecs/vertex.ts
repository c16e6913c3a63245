// Vertex three times: as a caller of the codec has it, with bytes of their own; as the session has it, into the event
// loop's buffer and out of the chunk that came; and as who reads with `lent` has it, byte strings as views of that chunk.

import { BinaryReader, BinaryWriter } from "@vertex/wire";
import * as types from "../../codec/gen/vertex.ts";
import { type Codec, type MessageType, prepareType, typeOf } from "./codec.ts";

const packages = ["@vertex/wire"];

export const vertex: Codec = {
  id: "vertex",
  name: "Vertex",
  packages,
  protobuf: true,
  prepare: (name, _, bytes) => prepareType(typeOf(types, name), bytes),
};

export const inPlace: Codec = {
  id: "in-place",
  name: "Vertex, in place",
  packages,
  protobuf: true,
  prepare(name, _, bytes) {
    const type = typeOf<MessageType>(types, name);
    const message = type.decode(bytes);
    const writer = new BinaryWriter(65_536);
    const chunk = new Uint8Array(bytes.length + 64);
    chunk.set(bytes, 32);
    const reader = new BinaryReader(chunk);
    return {
      encode() {
        type.encode(message, writer);
        const written = writer.pos;
        writer.reset(0);
        return written;
      },
      decode() {
        reader.reset(chunk, 32, 32 + bytes.length);
        return type.decode(reader);
      },
      bytes: () => type.encode(message).finish(),
    };
  },
};

export const lent: Codec = {
  id: "lent",
  name: "Vertex, lent",
  packages,
  protobuf: true,
  decodesOnly: true,
  prepare(name, _, bytes) {
    const type = typeOf<MessageType>(types, name);
    const reader = new BinaryReader(bytes, true);
    return {
      ...prepareType(type, bytes),
      decode() {
        reader.reset(bytes, 0, bytes.length);
        return type.decode(reader);
      },
    };
  },
};
