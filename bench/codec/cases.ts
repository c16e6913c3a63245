// What run.mjs times: every message of the suite, encoded and decoded by each codec, and first held against each other.
import { BinaryReader, BinaryWriter } from "@vertex/wire";
import * as peer from "./gen/protobufjs.js";
import * as stock from "./gen/stock.ts";
import * as vertex from "./gen/vertex.ts";
import { type SuiteMessages, suiteMessages } from "./messages.ts";

export interface Candidate {
  readonly name: string;
  readonly run: () => unknown;
}

export interface Case {
  readonly kind: "encode" | "decode";
  readonly message: string;
  readonly candidates: readonly Candidate[];
}

type Name = keyof SuiteMessages;

/** What ts-proto's codecs have in common, with the message's type left out. */
interface Codec {
  encode(message: unknown, writer?: unknown): { finish(): Uint8Array };
  decode(input: unknown, length?: number): unknown;
}

interface PeerCodec {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

const peers = (peer as unknown as { vertex: { bench: { codec: Record<Name, PeerCodec> } } }).vertex.bench
  .codec;

const ourCodecs = new Map<string, unknown>(Object.entries(vertex));
const stockCodecs = new Map<string, unknown>(Object.entries(stock));

/** The cases, after a check that all codecs write the same bytes and read them alike. */
export function cases(): Case[] {
  const messages = suiteMessages();
  const names = Object.keys(messages) as Name[];
  return names.flatMap((name) => [encodeCase(name, messages[name]), decodeCase(name, messages[name])]);
}

function encodeCase(name: Name, message: unknown): Case {
  const ours = ourCodecs.get(name) as Codec;
  const theirs = stockCodecs.get(name) as Codec;
  const bytes = theirs.encode(message).finish();
  const peerMessage = peers[name].decode(bytes);
  mustEqual(name, ours.encode(message).finish(), bytes);
  mustEqual(name, peers[name].encode(peerMessage).finish(), bytes);
  const shared = new BinaryWriter(65_536);
  return {
    kind: "encode",
    message: name,
    candidates: [
      { name: "stock", run: () => theirs.encode(message).finish() },
      { name: "protobufjs", run: () => peers[name].encode(peerMessage).finish() },
      { name: "vertex", run: () => ours.encode(message).finish() },
      {
        name: "in place",
        run: () => {
          ours.encode(message, shared);
          shared.reset(0);
        },
      },
    ],
  };
}

function decodeCase(name: Name, message: unknown): Case {
  const ours = ourCodecs.get(name) as Codec;
  const theirs = stockCodecs.get(name) as Codec;
  const bytes = theirs.encode(message).finish();
  mustEqual(name, theirs.encode(ours.decode(bytes)).finish(), bytes);
  const reader = new BinaryReader(bytes);
  const framed = new Uint8Array(bytes.length + 64);
  framed.set(bytes, 32);
  return {
    kind: "decode",
    message: name,
    candidates: [
      { name: "stock", run: () => theirs.decode(bytes) },
      { name: "protobufjs", run: () => peers[name].decode(bytes) },
      { name: "vertex", run: () => ours.decode(bytes) },
      {
        name: "in place",
        run: () => {
          reader.reset(framed, 32, 32 + bytes.length);
          return ours.decode(reader);
        },
      },
    ],
  };
}

function mustEqual(name: string, actual: Uint8Array, expected: Uint8Array): void {
  if (actual.length !== expected.length || actual.some((byte, i) => byte !== expected[i])) {
    throw new Error(`${name}: the codecs disagree`);
  }
}
