// The five messages, and what is done with them: read, read and held to their rules by Vertex, held to their rules by
// @bufbuild/protovalidate.

import { type DescMessage, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { BinaryReader } from "@vertex/wire";
import {
  validateLabels,
  validateOrder,
  validatePoint,
  validateSignup,
  validateTransfer,
} from "./gen/validate.rules.ts";
import { Labels, Order, Plan, Point, Signup, Transfer } from "./gen/validate.ts";

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(input: BinaryReader, length?: number): T;
}

/** One message with what is measured of it. */
export interface Case {
  readonly name: string;
  readonly bytes: number;
  /** Reads it, as a server does. */
  readonly decode: () => unknown;
  /** Reads it and holds it to its rules. */
  readonly decodeAndValidate: () => unknown;
  /** Holds a message that has been read to its rules. */
  readonly validate: () => unknown;
  /** The same, by @bufbuild/protovalidate. */
  readonly peer: () => unknown;
}

function makeCase<T>(
  registry: FileRegistry,
  name: string,
  codec: Codec<T>,
  validate: (message: T) => unknown,
  message: T,
): Case {
  const bytes = codec.encode(message).finish();
  const desc = registry.getMessage(`bench.validate.v1.${name}`) as DescMessage;
  const reader = new BinaryReader(bytes);
  const decode = (): T => {
    reader.reset(bytes, 0, bytes.length);
    return codec.decode(reader);
  };
  const decoded = decode();
  const other = fromBinary(desc, bytes);
  const validator = createValidator();
  if (validate(decoded) !== undefined || validator.validate(desc, other).kind !== "valid") {
    throw new Error(`${name} breaks its rules`);
  }
  return {
    name,
    bytes: bytes.length,
    decode,
    decodeAndValidate: () => {
      const read = decode();
      return validate(read) === undefined ? read : undefined;
    },
    validate: () => validate(decoded),
    peer: () => validator.validate(desc, other),
  };
}

/** @param registry the same schema, as @bufbuild/protobuf reads it. */
export function cases(registry: FileRegistry): Case[] {
  const lines = Array.from({ length: 10 }, (_, i) => ({
    article: `article ${i}`,
    count: i + 1,
    price: 9.5 * i,
  }));
  const labels = new Map(Array.from({ length: 16 }, (_, i) => [`team.label_${i}`, `value ${i}`]));
  const owners = Array.from({ length: 32 }, (_, i) => BigInt(i) + 1n);
  return [
    makeCase(registry, "Point", Point, validatePoint, {
      latitude: 52.5,
      longitude: 13.4,
      zoom: 12,
      layer: 3,
    }),
    makeCase(registry, "Signup", Signup, validateSignup, {
      email: "ada.lovelace@example.com",
      id: "8b208305-00e8-4460-a440-5e0dcd83bb0a",
      name: "Ada Lovelace",
      phone: "+493012345678",
      site: "https://example.com/people/ada?lang=en",
      plan: Plan.PLAN_TEAM,
    }),
    makeCase(registry, "Transfer", Transfer, validateTransfer, {
      number: 1_234_567n,
      cents: 99_00n,
      nonce: Uint8Array.from({ length: 16 }, (_, i) => i),
      at: { seconds: 1_700_000_000n, nanos: 5 },
      to: { $case: "account", value: "DE89370400440532013000" },
    }),
    makeCase(registry, "Order", Order, validateOrder, { id: "order-000017", lines }),
    makeCase(registry, "Labels", Labels, validateLabels, { labels, owners }),
  ];
}
