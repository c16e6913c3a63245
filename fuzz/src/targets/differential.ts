// Generated decoding next to protobufjs and protobuf-es: all take and refuse the same bytes, and read the same
// values, but for what known-differences.ts lists with its reasons.
//
//   TYPE =…        bytes of a message of that type

import { WireError } from "@vertex/wire";
import type { Input } from "../input.ts";
import { expectedRefusal, expectedValue } from "../known-differences.ts";
import { type MessageType, messageType } from "../message-types.ts";
import { type Peer, peers } from "../peers.ts";
import { Finding, type Target } from "../target.ts";
import { generateMessage } from "./wire-reader.ts";

type Verdict<T> = { readonly value: T } | { readonly refused: Error };

function attempt<T>(read: () => T): Verdict<T> {
  try {
    return { value: read() };
  } catch (error) {
    return { refused: error as Error };
  }
}

function check(type: MessageType, bytes: Uint8Array): string {
  const ours = attempt(() => type.decode(bytes, false) as object);
  if ("refused" in ours && !(ours.refused instanceof WireError)) throw ours.refused;
  const again = "refused" in ours ? undefined : type.encode(ours.value);
  const seen = peers.map((peer) => hold(type, bytes, ours, again, peer));
  return "refused" in ours ? `${(ours.refused as WireError).code} ${seen.join(" ")}` : seen.join(" ");
}

function hold(
  type: MessageType,
  bytes: Uint8Array,
  ours: Verdict<object>,
  again: Uint8Array | undefined,
  peer: Peer,
): string {
  const theirs = attempt(() => peer.decode(type, bytes));
  const who = `${type.name}, ${peer.name}:`;
  if ("refused" in ours || again === undefined) {
    const { message } = (ours as { refused: Error }).refused;
    if ("refused" in theirs) return "agrees";
    if (expectedRefusal(type, bytes, message, peer.name) !== null) return "known";
    throw new Finding(`${who} takes what is refused here\n${message}`);
  }
  if ("refused" in theirs) {
    if (expectedRefusal(type, bytes, theirs.refused.message, peer.name) !== null) return "known";
    throw new Finding(`${who} refuses what is taken here\n${theirs.refused.message}`);
  }
  const found = attempt(() => peer.difference(type, ours.value, theirs.value, again));
  if ("value" in found && found.value === null) return "agrees";
  if (expectedValue(type, bytes, peer.name) !== null) return "known";
  if ("value" in found) throw new Finding(`${who} reads another value\n${found.value}`);
  if (expectedRefusal(type, again, found.refused.message, peer.name) !== null) return "known";
  throw new Finding(`${who} does not read what is written here`, { cause: found.refused });
}

function run(input: Input): string {
  const seen: string[] = [];
  for (const { verb, bytes } of input) {
    const type = messageType(verb);
    if (type !== undefined) seen.push(`${type.name} ${check(type, bytes)}`);
  }
  return seen.slice(0, 2).join(", ");
}

/** Three decoders, one opinion. */
export const differential: Target = {
  name: "differential",
  about: "mutated messages through generated decode, protobufjs and protobuf-es",
  generate: generateMessage,
  run,
};
