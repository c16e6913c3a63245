// What Jazzer.js calls, in its own process: bytes that it makes become an input of the target in VERTEX_GUIDED.

import { type Input, op } from "./input.ts";
import { messageTypes } from "./message-types.ts";
import { findTarget } from "./targets.ts";

const name = process.env.VERTEX_GUIDED ?? "";
const target = findTarget(name);

/** Verbs of the session's operations, in the order of the byte that chooses them. */
const verbs = [
  "call",
  "data",
  "answer",
  "finish",
  "cancel",
  "credit",
  "frame",
  "bytes",
  "open",
  "write",
  "end",
  "read",
];
const more = ["leave", "abort", "turn", "pass", "congest", "drain", "probe"];

function inputOf(data: Uint8Array): Input {
  const [first = 0, second = 0] = data;
  if (name === "wire-reader") {
    const type = messageTypes[first % messageTypes.length];
    return type === undefined ? [] : [op(type.name, [], data.subarray(1))];
  }
  if (name === "frames") return [op("bytes", [], data)];
  if (name === "handshake") {
    const said = op(first % 2 === 1 ? "welcome" : "hello", [], data.subarray(2));
    return [op("side", [first, second]), said, op("pass", [first * 30])];
  }
  return sessionInput(data);
}

/** Each operation: a byte for its verb, three for its numbers, one for the length of its bytes. */
function sessionInput(data: Uint8Array): Input {
  const all = [...verbs, ...more];
  const ops = [
    op("setup", [
      (data[0] ?? 0) & 1,
      65_536,
      262_144,
      65_536,
      65_536,
      262_144,
      65_536,
      65_536,
      262_144,
      64,
      64,
    ]),
  ];
  for (let at = 1; at + 5 <= data.length && ops.length < 64; ) {
    const [verb = 0, a = 0, b = 0, c = 0, length = 0] = data.subarray(at, at + 5);
    ops.push(op(all[verb % all.length] as string, [a, b, c * 40], data.subarray(at + 5, at + 5 + length)));
    at += 5 + length;
  }
  return ops;
}

/** @throws whatever the target throws. */
export function fuzz(data: Uint8Array): unknown {
  const ran = target.run(inputOf(Uint8Array.from(data)));
  return typeof ran === "string" ? undefined : ran.then(() => undefined);
}
