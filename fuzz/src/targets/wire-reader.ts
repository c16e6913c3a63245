// The wire reader under generated code: whatever the bytes, only WireErrors come out; protobufjs takes and refuses
// the same bytes and reads the same values; and what was read survives another round.
//
//   TYPE =…        bytes of a message of that type

import { isDeepStrictEqual } from "node:util";
import { WireError } from "@vertex/wire";
import { firstDifference } from "../difference.ts";
import { arg, type Input, op } from "../input.ts";
import { expectedRefusal, expectedValue, sameButForLosses } from "../known-differences.ts";
import { type MessageType, messageType, messageTypes } from "../message-types.ts";
import type { Random } from "../random.ts";
import { randomMessage } from "../random-message.ts";
import { Finding, type Target } from "../target.ts";

type Verdict<T> = { readonly value: T } | { readonly refused: Error };

function attempt<T>(read: () => T): Verdict<T> {
  try {
    return { value: read() };
  } catch (error) {
    return { refused: error as Error };
  }
}

function generate(random: Random): Input {
  const type = random.pick(messageTypes);
  return [op(type.name, [0], randomMessage(type.shape, random))];
}

/** Reads the bytes here and with the peer. */
function check(type: MessageType, bytes: Uint8Array, framed: boolean): string {
  const ours = attempt(() => type.decode(bytes, framed));
  if ("refused" in ours && !(ours.refused instanceof WireError)) throw ours.refused;
  const theirs = attempt(() => type.peerDecode(bytes));
  if ("refused" in ours) {
    const { code, message } = ours.refused as WireError;
    if ("refused" in theirs || expectedRefusal(type, bytes, ours.refused) !== null) return code;
    throw new Finding(`${type.name}: refused here (${message}) and taken by the peer`);
  }
  if ("refused" in theirs) {
    if (expectedRefusal(type, bytes, theirs.refused) !== null) return "taken here only";
    throw new Finding(`${type.name}: taken here and refused by the peer (${theirs.refused.message})`);
  }
  const again = type.encode(ours.value);
  mustBeSame(type.decode(again, false), ours.value, `${type.name}: another round changes it`, () => null);
  const expected = () => expectedValue(type, bytes);
  const wanted = type.peerObject(theirs.value);
  const back = attempt(() => type.peerObject(type.peerDecode(again)));
  if ("value" in back) mustBeSame(back.value, wanted, `${type.name}: the peer reads another value`, expected);
  else if (expectedRefusal(type, bytes, back.refused) === null) throw back.refused;
  return `fields ${Object.keys(wanted).length}`;
}

function mustBeSame(got: unknown, wanted: unknown, message: string, expected: () => string | null): void {
  if (isDeepStrictEqual(got, wanted)) return;
  const found = firstDifference(got, wanted, sameButForLosses);
  if (found !== null && expected() === null) throw new Finding(`${message}\n${found}`);
}

function run(input: Input): string {
  const seen: string[] = [];
  for (const each of input) {
    const type = messageType(each.verb);
    if (type !== undefined) seen.push(`${type.name} ${check(type, each.bytes, arg(each, 0) % 2 === 1)}`);
  }
  return seen.slice(0, 2).join(", ");
}

/** Generated decoding on the wire package. */
export const wireReader: Target = {
  name: "wire-reader",
  about: "mutated messages through generated decode, next to protobufjs",
  generate,
  run,
};
