// Cases for a client: it dials the suite, makes the calls that a case names, and the suite answers as no server should.
import type { Aftermath, ClientCall, ClientCase, Verdict } from "./case.ts";
import { clientConnectionCases } from "./client-connection-cases.ts";
import {
  credit,
  data,
  END,
  field,
  frame,
  hi,
  join,
  type KindName,
  line,
  MORE,
  none,
  pair,
  ping,
  preface,
  u32,
  welcome,
  zeros,
} from "./frames.ts";
import type { Step } from "./peer.ts";
import { type SharedCase, servingCases } from "./serving-cases.ts";

const answer = (id: number, text = "Hello") => data(id, line(text), END);
const lost = "UNAVAILABLE unknown";
const brokenBy = "PROTOCOL_ERROR";

function calling(
  name: string,
  calls: readonly ClientCall[],
  sent: readonly Step[],
  ends: readonly string[],
  after: Aftermath = "stays",
): ClientCase {
  return { name: `calling: ${name}`, calls, sent, ends, after };
}

/** Every frame of the other side in every state of a call of the client's own. */
function callingCells(): ClientCase[] {
  const frames: { readonly [K in KindName]?: (id: number) => Uint8Array } = {
    DATA: (id) => data(id, line("x")),
    FINISH: (id) => frame("FINISH", id),
    FAIL: (id) => frame("FAIL", id, join(field(1, 5), field(3, 2))),
    CREDIT: (id) => credit(id, 9),
    CANCEL: (id) => frame("CANCEL", id),
  };
  const open: { readonly [kind: string]: readonly [rest: readonly Step[], end: string] } = {
    DATA: [[frame("FINISH", 1)], "answered x"],
    FINISH: [[], "INTERNAL executed"],
    FAIL: [[], "NOT_FOUND executed"],
    CREDIT: [[answer(1)], "answered Hello"],
  };
  const cell = (kind: string, state: string, verdict: Verdict) => ({
    cell: { table: "calling", frame: kind, state } as const,
    verdict,
  });
  return Object.entries(frames).flatMap(([kind, make]): ClientCase[] => {
    const [rest = [], end = lost] = open[kind] ?? [];
    const bad = kind === "CANCEL";
    const over = bad ? "ends" : "ignored";
    return [
      {
        ...calling(`${kind}, never opened`, ["slow"], [make(3)], [lost], brokenBy),
        ...cell(kind, "never opened", "ends"),
      },
      {
        ...calling(
          `${kind}, open`,
          ["slow"],
          [make(1), ...rest],
          [bad ? lost : end],
          bad ? brokenBy : "stays",
        ),
        ...cell(kind, "open", bad ? "ends" : "goes on"),
      },
      {
        ...calling(
          `${kind}, over by its answer`,
          ["slow"],
          [answer(1), make(1)],
          ["answered Hello"],
          bad ? brokenBy : "stays",
        ),
        ...cell(kind, "over", over),
      },
      {
        ...calling(
          `${kind}, over by FAIL`,
          ["slow"],
          [frame("FAIL", 1, join(field(1, 5), field(3, 2))), make(1)],
          ["NOT_FOUND executed"],
          bad ? brokenBy : "stays",
        ),
        ...cell(kind, "over", over),
      },
    ];
  });
}

function answers(): ClientCase[] {
  const fail = (code: number, outcome: number, more = none) =>
    frame("FAIL", 1, join(field(1, code), field(3, outcome), more));
  const text = line("in pieces");
  return [
    {
      ...calling("CALL of its own id, opens its call", [], [hi(2)], [], "stays"),
      cell: { table: "calling", frame: "CALL (its own id)", state: "never opened" },
      verdict: "goes on",
    },
    calling(
      "DATA, then FINISH with trailers",
      ["slow"],
      [data(1, line("x")), frame("FINISH", 1, pair("k", "v"))],
      ["answered x"],
    ),
    calling(
      "two answers",
      ["slow"],
      [data(1, line("x")), data(1, line("y"))],
      ["UNAVAILABLE executed"],
      brokenBy,
    ),
    calling(
      "two answers, the second with END",
      ["slow"],
      [data(1, line("x")), data(1, line("y"), END)],
      ["UNAVAILABLE executed"],
      brokenBy,
    ),
    calling("an answer to a one-way call", ["notify"], [data(1, line("x"))], ["answered"], brokenBy),
    calling("a one-way call that is confirmed", ["notify"], [frame("FINISH", 1)], ["answered"]),
    calling("an empty answer", ["slow"], [data(1, none, END)], ["answered "]),
    calling(
      "an answer that does not decode",
      ["slow"],
      [data(1, Uint8Array.of(10, 9), END)],
      ["INTERNAL executed"],
    ),
    calling(
      "an answer before the request is complete",
      ["chat"],
      [data(1, line("x"), END), "CANCEL 1"],
      ["answered 1 messages"],
    ),
    calling(
      "a FAIL before the request is complete",
      ["sum"],
      [fail(8, 1)],
      ["RESOURCE_EXHAUSTED not-executed"],
    ),
    calling(
      "two answers to a client stream",
      ["sum"],
      [data(1, field(2, 7)), data(1, field(2, 8)), frame("FINISH", 1)],
      ["INTERNAL executed"],
    ),
    calling(
      "a stream of answers",
      ["countdown"],
      [data(1, field(1, 2)), data(1, field(1, 1)), frame("FINISH", 1)],
      ["answered 2 messages"],
    ),
    calling(
      "END on the last answer of a stream",
      ["countdown"],
      [data(1, field(1, 2)), data(1, field(1, 1), END)],
      ["answered 2 messages"],
    ),
    calling(
      "DATA behind the END of a stream",
      ["countdown"],
      [data(1, field(1, 2), END), data(1, field(1, 1))],
      ["answered 1 messages"],
    ),
    calling(
      "FAIL in the middle of a stream",
      ["countdown"],
      [data(1, field(1, 2)), fail(10, 2)],
      ["ABORTED executed"],
    ),
    calling("FAIL of a code that does not exist", ["slow"], [fail(99, 2)], ["UNKNOWN executed"]),
    calling("FAIL with code 0", ["slow"], [fail(0, 2)], ["UNKNOWN executed"]),
    calling("FAIL with an outcome that does not exist", ["slow"], [fail(5, 77)], ["NOT_FOUND unknown"]),
    calling(
      "FAIL with fields that nobody knows",
      ["slow"],
      [fail(5, 2, field(99, "new"))],
      ["NOT_FOUND executed"],
    ),
    calling("FAIL that is empty", ["slow"], [frame("FAIL", 1)], ["UNKNOWN unknown"]),
    calling("FAIL that is malformed", ["slow"], [frame("FAIL", 1, Uint8Array.of(18, 9))], [lost], brokenBy),
    calling("FAIL twice", ["slow"], [fail(5, 2), fail(6, 2)], ["NOT_FOUND executed"]),
    calling(
      "FAIL that refuses: UNAVAILABLE, not executed, is sent again",
      ["slow"],
      [fail(14, 1), "CALL|END 3", answer(3, "again")],
      ["again"],
    ),
    calling(
      "FINISH with trailers that are malformed",
      ["slow"],
      [data(1, line("x")), frame("FINISH", 1, Uint8Array.of(10, 9))],
      ["UNAVAILABLE executed"],
      brokenBy,
    ),
    calling(
      "an answer in pieces",
      ["slow"],
      [data(1, join(u32(text.length), text.subarray(0, 3)), MORE), data(1, text.subarray(3), END)],
      ["answered in pieces"],
    ),
    calling(
      "an answer in pieces that is one byte too long",
      ["slow"],
      [data(1, join(u32(3), text.subarray(0, 2)), MORE), data(1, text.subarray(2), END)],
      ["UNAVAILABLE executed"],
      brokenBy,
    ),
    calling(
      "an answer that ends inside a message",
      ["slow"],
      [data(1, u32(9), MORE), frame("FINISH", 1)],
      ["UNAVAILABLE executed"],
      brokenBy,
    ),
    calling(
      "an answer over its max_message_bytes",
      ["slow"],
      [data(1, u32(0x7fffffff), MORE), "CANCEL 1"],
      ["RESOURCE_EXHAUSTED executed"],
    ),
    calling("CREDIT of 0", ["slow"], [credit(1, 0)], [lost], brokenBy),
    calling("CREDIT of 2^31", ["slow"], [credit(1, 0x80000000)], [lost], brokenBy),
    calling(
      "CREDIT of 2^31-1, twice",
      ["slow"],
      [credit(1, 0x7fffffff), credit(1, 0x7fffffff), answer(1)],
      ["answered Hello"],
    ),
    calling("a CALL of the client's own parity", ["slow"], [hi(3)], [lost], brokenBy),
    calling("PING", ["slow"], [ping(9), `PONG 0 ${"09".repeat(8)}`, answer(1)], ["answered Hello"]),
    calling("PONG unasked", ["slow"], [frame("PONG", 0, zeros(8))], [lost], brokenBy),
    calling("HELLO", ["slow"], [frame("HELLO", 0, preface)], [lost], brokenBy),
    calling("WELCOME twice", ["slow"], [welcome()], [lost], brokenBy),
    calling("a kind that does not exist", ["slow"], [frame(14)], [lost], brokenBy),
    calling("a flag that does not exist", ["slow"], [data(1, line("x"), 0x20)], [lost], brokenBy),
    calling("an idempotent call that is lost is repeated", ["hello"], [frame(14)], ["again"], brokenBy),
    calling(
      "an idempotent call with half an answer is not",
      ["hello"],
      [data(1, u32(9), MORE), frame(14)],
      ["UNAVAILABLE executed"],
      brokenBy,
    ),
  ];
}

/** Cases of the client as a caller. */
export const clientCases: readonly ClientCase[] = [...callingCells(), ...answers(), ...clientConnectionCases];

/** Cases of the client as the side that serves. */
export const clientServingCases: readonly SharedCase[] = servingCases(2);
