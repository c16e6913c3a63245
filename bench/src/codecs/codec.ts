// What every codec of the comparison looks like.

import type { SuiteMessages } from "../../codec/messages.ts";

export type MessageName = keyof SuiteMessages;

/** One message with one codec, ready to run. */
export interface Prepared {
  /** Returns the bytes, or for a codec that writes in place their number. */
  encode(): unknown;
  decode(): unknown;
  /** What `encode` writes, for the comparison with the others. */
  bytes(): Uint8Array;
}

/** A codec: `prepare` gets a message of the suite and its protobuf encoding. */
export interface Codec {
  readonly id: string;
  readonly name: string;
  /** npm packages whose versions are printed. */
  readonly packages: readonly string[];
  /** Whether it writes protobuf: then its bytes must be the same as everybody's. */
  readonly protobuf: boolean;
  /** Writes as another one does: only reading is of interest. */
  readonly decodesOnly?: boolean;
  prepare(name: MessageName, message: unknown, bytes: Uint8Array): Prepared;
}

/** A message type of a generated file, as most generators write it. */
export interface MessageType {
  encode(message: unknown, writer?: unknown): { finish(): Uint8Array };
  decode(input: unknown): unknown;
}

/** `types[name]` where a type is known to be there. */
export function typeOf<T>(types: object, name: string): T {
  const type = (types as { [name: string]: unknown })[name];
  if (type === undefined) throw new Error(`there is no type ${name}`);
  return type as T;
}

/** What a codec with `encode(message).finish()` and `decode(bytes)` does. */
export function prepareType(type: MessageType, bytes: Uint8Array): Prepared {
  const message = type.decode(bytes);
  return {
    encode: () => type.encode(message).finish(),
    decode: () => type.decode(bytes),
    bytes: () => type.encode(message).finish(),
  };
}
