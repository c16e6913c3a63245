// The decoders that generated code is held against: protobufjs and protobuf-es, each working from descriptors.

import { createFileRegistry, type DescMessage, fromBinary, type Message } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type protobuf from "protobufjs";
import { messageDifference } from "./compare-messages.ts";
import { firstDifference } from "./difference.ts";
import { DESCRIPTORS } from "./gen/descriptors.ts";
import { sameButForLosses } from "./known-differences.ts";
import type { MessageType } from "./message-types.ts";

/** Somebody else's decoder. */
export interface Peer {
  readonly name: "protobufjs" | "protobuf-es";
  /** @throws whatever the peer throws. */
  decode(type: MessageType, bytes: Uint8Array): unknown;
  /**
   * The first difference between `ours`, which generated code has read, and `theirs`, which `decode` has returned;
   * null when there is none. `again` is `ours` as generated code writes it.
   */
  difference(type: MessageType, ours: object, theirs: unknown, again: Uint8Array): string | null;
}

const plain = { longs: String, bytes: String, arrays: false } as const;

/** Its values are compared by way of bytes: its maps have no keys of 64 bits, its longs are objects. */
const protobufjs: Peer = {
  name: "protobufjs",
  decode: ({ shape }, bytes) => shape.decode(bytes),
  difference({ shape }, _ours, theirs, again) {
    const wanted = shape.toObject(theirs as protobuf.Message, plain);
    return firstDifference(shape.toObject(shape.decode(again), plain), wanted, sameButForLosses);
  },
};

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTORS, "base64")));
const descriptors = new Map<MessageType, DescMessage>();

function descriptorOf(type: MessageType): DescMessage {
  let found = descriptors.get(type);
  if (found === undefined) {
    found = registry.getMessage(type.shape.fullName.slice(1));
    if (found === undefined) throw new Error(`the descriptors have no ${type.name}`);
    descriptors.set(type, found);
  }
  return found;
}

const protobufEs: Peer = {
  name: "protobuf-es",
  decode: (type, bytes) => fromBinary(descriptorOf(type), bytes, { readUnknownFields: false }),
  difference: (type, ours, theirs) => messageDifference(descriptorOf(type), ours, theirs as Message),
};

export const peers: readonly Peer[] = [protobufjs, protobufEs];
