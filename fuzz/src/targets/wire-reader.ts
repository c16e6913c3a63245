// The wire reader under generated code, by itself: whatever the bytes, only WireErrors come out, in the middle of a
// buffer as at its start; what was read can be written, and reads the same again.
//
//   TYPE =…        bytes of a message of that type

import { isDeepStrictEqual } from "node:util";
import { WireError } from "@vertex/wire";
import { firstDifference } from "../difference.ts";
import { type Input, op } from "../input.ts";
import { type MessageType, messageType, messageTypes } from "../message-types.ts";
import type { Random } from "../random.ts";
import { randomMessage } from "../random-message.ts";
import { Finding, mustHold, type Target } from "../target.ts";

type Verdict = { readonly value: unknown } | { readonly refused: WireError };

/** @throws whatever is no WireError. */
function attempt(read: () => unknown): Verdict {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof WireError) return { refused: error };
    throw error;
  }
}

/** One message of any type. */
export function generateMessage(random: Random): Input {
  const type = random.pick(messageTypes);
  return [op(type.name, [], randomMessage(type.shape, random))];
}

function check(type: MessageType, bytes: Uint8Array): string {
  const alone = attempt(() => type.decode(bytes, false));
  const framed = attempt(() => type.decode(bytes, true));
  if ("refused" in alone) {
    const { code } = alone.refused;
    mustHold("refused" in framed, `${type.name}: refused alone (${code}) and taken inside a buffer`);
    mustHold(framed.refused.code === code, `${type.name}: ${code} alone, inside ${framed.refused.code}`);
    return code;
  }
  mustHold("value" in framed, `${type.name}: taken alone and refused inside a buffer`);
  mustBeSame(framed.value, alone.value, `${type.name}: another value inside a buffer`);
  const again = type.decode(type.encode(alone.value), false);
  mustBeSame(again, alone.value, `${type.name}: another round changes it`);
  return `fields ${Object.keys(alone.value as object).length}`;
}

function mustBeSame(got: unknown, wanted: unknown, message: string): void {
  if (isDeepStrictEqual(got, wanted)) return;
  throw new Finding(`${message}\n${firstDifference(got, wanted, Object.is) ?? "in its shape"}`);
}

function run(input: Input): string {
  const seen: string[] = [];
  for (const { verb, bytes } of input) {
    const type = messageType(verb);
    if (type !== undefined) seen.push(`${type.name} ${check(type, bytes)}`);
  }
  return seen.slice(0, 2).join(", ");
}

/** Generated decoding on the wire package. */
export const wireReader: Target = {
  name: "wire-reader",
  about: "mutated messages through generated decode, alone and inside a buffer",
  generate: generateMessage,
  run,
};
