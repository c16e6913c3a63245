// Samples on protobufjs, for the peers that bring no codec of their own: from the same .proto file, compiled as
// protobufjs does it.

import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";
import type { Sample } from "./peer.ts";

const root = protobuf.loadSync(fileURLToPath(new URL("../schema/bench.proto", import.meta.url)));

/** A message type with the two functions that transports want. */
export interface PeerCodec<T> {
  write(message: T): Buffer;
  read(bytes: Uint8Array): T;
}

function codecOf<T>(name: string): PeerCodec<T> {
  const type = root.lookupType(`vertex.bench.v1.${name}`);
  return {
    write: (message) => type.encode(message as protobuf.Message).finish() as Buffer,
    read: (bytes) => type.decode(bytes) as unknown as T,
  };
}

export const samples: PeerCodec<Sample> = codecOf("Sample");
export const orders: PeerCodec<{ messages: number; bytes: number }> = codecOf("Order");
export const chunks: PeerCodec<{ payload: Uint8Array }> = codecOf("Chunk");
export const tallies: PeerCodec<{ messages: number }> = codecOf("Tally");
