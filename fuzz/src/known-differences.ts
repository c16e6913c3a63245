// Where generated code is known to differ from protobufjs and protobuf-es, and why. Everything else is a finding. Each
// row has an example, which a test holds to still differ: a row that was outgrown goes.

import { Fact, factsOf } from "./facts.ts";
import type { MessageType } from "./message-types.ts";

/** Who is compared with. */
type PeerName = "protobufjs" | "protobuf-es";

/** One known difference. */
interface Row {
  /** One side refuses what the other takes, or both take it and read different values. */
  readonly kind: "refusal" | "value";
  readonly peer: PeerName | "both";
  /** What the error of the side that refuses says; of refusals only. */
  readonly says?: RegExp;
  /** What must be in the bytes. */
  readonly holds: Fact;
  readonly why: string;
  /** A message's type, and its bytes in hex. */
  readonly example: readonly [type: string, hex: string];
}

/** All of them. */
export const rows: readonly Row[] = [
  {
    kind: "refusal",
    peer: "protobufjs",
    says: /missing required/,
    holds: Fact.LEGACY,
    why: "generated code checks no required fields: as protobuf-es, and as the conformance suite wants it",
    example: ["Legacy", "1001"],
  },
  {
    kind: "refusal",
    peer: "both",
    says: /UTF-8|utf8/i,
    holds: Fact.LEGACY,
    why: "both peers check the strings of proto3 only; here they are checked always",
    example: ["Legacy", "0a01611a01ff"],
  },
  {
    kind: "refusal",
    peer: "protobufjs",
    says: /end group/,
    holds: Fact.EMPTY_GROUP,
    why: "protobufjs mistakes the end of a group in a message without fields",
    example: ["KitchenSink", "52020b0c"],
  },
  {
    kind: "refusal",
    peer: "both",
    says: /more than 10 bytes/,
    holds: Fact.LONG_VARINT,
    why: "in fields that they do not know, both peers skip a varint of any length",
    example: ["Numbers", "8002ffffffffffffffffffff01"],
  },
  {
    kind: "refusal",
    peer: "protobuf-es",
    says: /a length of more than 5 bytes/,
    holds: Fact.LONG_LENGTH,
    why: "protobuf-es reads lengths of up to 10 bytes and takes their lowest 32 bits; here a length has 5 bytes",
    example: ["Tree", "0a808080808000"],
  },
  {
    kind: "refusal",
    peer: "protobuf-es",
    says: /./,
    holds: Fact.CROSSES,
    why: "protobuf-es holds no value to the end of the sub-message or packed field it lies in",
    example: ["Tree", "0a0222056162636465"],
  },
  {
    kind: "refusal",
    peer: "protobuf-es",
    says: /./,
    holds: Fact.WRONG_TYPE,
    why: "protobuf-es reads a field as its type says, whatever the tag says: to others it is an unknown field",
    example: ["Lists", "087a"],
  },
  {
    kind: "value",
    peer: "protobuf-es",
    holds: Fact.WRONG_TYPE,
    why: "protobuf-es reads a field as its type says, with another value where its tag says otherwise",
    example: ["Scalars", "1a021805"],
  },
  {
    kind: "value",
    peer: "protobufjs",
    holds: Fact.NO_KEY,
    why: "protobufjs holds an absent 64-bit key and an explicit 0 for two keys",
    example: ["Maps", "120508001201621203120161"],
  },
  {
    kind: "value",
    peer: "protobufjs",
    holds: Fact.NO_KIND,
    why: "a google.protobuf.Value without a kind is an absent one to generated code",
    example: ["WellKnown", "3200"],
  },
  {
    kind: "value",
    peer: "protobuf-es",
    holds: Fact.NO_KIND,
    why: "protobuf-es makes null of a google.protobuf.Value without a kind, in a Struct",
    example: ["WellKnown", "2a070a050a01611200"],
  },
  {
    kind: "value",
    peer: "both",
    holds: Fact.CLOSED_ENUM,
    why: "both peers take numbers that an enum of proto2 does not know for unknown fields; here they are kept",
    example: ["Legacy", "0a016138033802"],
  },
];

/** Why one side may refuse with `message` what the other takes; null when it may not. */
export function expectedRefusal(
  type: MessageType,
  bytes: Uint8Array,
  message: string,
  peer: PeerName,
): string | null {
  const matching = rowsOf("refusal", peer).filter(({ says }) => says?.test(message));
  if (matching.length === 0) return null;
  const found = factsOf(type, bytes);
  return matching.find(({ holds }) => found.has(holds))?.why ?? null;
}

/** Why both may read different values from these bytes; null when they may not. */
export function expectedValue(type: MessageType, bytes: Uint8Array, peer: PeerName): string | null {
  const found = factsOf(type, bytes);
  return rowsOf("value", peer).find(({ holds }) => found.has(holds))?.why ?? null;
}

function rowsOf(kind: Row["kind"], peer: PeerName): Row[] {
  return rows.filter((row) => row.kind === kind && (row.peer === peer || row.peer === "both"));
}

/** Whether two values that protobufjs holds are the same but for what generated code loses: there is one null. */
export function sameButForLosses(got: unknown, wanted: unknown, path: string): boolean {
  if (path.endsWith("/nullValue")) return typeof got === typeof wanted;
  return Object.is(got, wanted);
}
