// A client and its connection: WELCOME, and GOAWAY at every moment of a call.
import type { Aftermath, ClientCall, ClientCase, Verdict } from "./case.ts";
import {
  ANNOUNCED,
  data,
  END,
  field,
  frame,
  goaway,
  header,
  hi,
  join,
  kinds,
  line,
  none,
  ping,
  preface,
  welcome,
  zeros,
} from "./frames.ts";
import type { Step } from "./peer.ts";

const shutdown = 1;
const answer = (id: number, text = "Hello") => data(id, line(text), END);
const lost = "UNAVAILABLE unknown";
const brokenBy = "PROTOCOL_ERROR";

function welcomes(): ClientCase[] {
  const first = (
    name: string,
    sent: readonly Step[],
    after: Aftermath,
    ends: readonly string[] = ["again"],
  ): ClientCase => ({ name: `WELCOME: ${name}`, bare: true, calls: ["slow"], sent, ends, after });
  const good = (name: string, bytes: Uint8Array): ClientCase => ({
    name: `WELCOME: ${name}`,
    welcome: bytes,
    calls: ["slow"],
    sent: [answer(1)],
    ends: ["answered Hello"],
    after: "stays",
  });
  const raw = (payload: Uint8Array) => frame("WELCOME", 0, join(preface, payload));
  const floors = { frame: 0, message: 0, calls: 0, credit: 0 };
  const cell = (kind: string, verdict: Verdict) => ({
    cell: { table: "connection", frame: kind, state: "handshake (dialer)" } as const,
    verdict,
  });
  return [
    { ...good("the usual one", welcome()), ...cell("WELCOME", "goes on") },
    good("limits of 0", welcome(none, floors)),
    good("no limits", raw(field(1, 1))),
    good(
      "the highest limits",
      welcome(none, { frame: 0xffffffff, message: 0xffffffff, calls: 0xffffffff, credit: 0xffffffff }),
    ),
    good("limits at the floor", welcome(none, { frame: 1_024, message: 1_024, calls: 1, credit: 1 })),
    good("fields that nobody knows", welcome(field(99, "new"))),
    good("a heartbeat of 0", welcome(field(3, join(field(1, 0), field(2, 0))))),
    first("version 0", [raw(none)], "VERSION"),
    first("version 2", [welcome(field(1, 2))], "VERSION"),
    first("malformed", [raw(Uint8Array.of(34, 9, 65))], brokenBy),
    first("wrong magic", [frame("WELCOME", 0, Uint8Array.of(1, 2, 3, 4, 5))], brokenBy),
    first("another frame format", [frame("WELCOME", 0, Uint8Array.of(0x56, 0x52, 0x54, 0x58, 2))], brokenBy),
    first("of 16,385 bytes, its header alone", [header(16_385, kinds.WELCOME, 0)], brokenBy),
    first(
      "an HTTP answer in its place",
      [new Uint8Array(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"))],
      brokenBy,
    ),
    first("nothing in its place", [], "back"),
    { ...first("HELLO in its place", [frame("HELLO", 0, preface)], brokenBy), ...cell("HELLO", "ends") },
    { ...first("PING in its place", [ping(1)], brokenBy), ...cell("PING", "ends") },
    ...(["CALL", "DATA", "FINISH", "FAIL", "CANCEL"] as const).map((kind) => ({
      ...first(`${kind} in its place`, [kind === "CALL" ? hi(2) : frame(kind, 1)], brokenBy),
      ...cell("any other", "ends"),
    })),
    { ...first("PONG in its place", [frame("PONG", 0, zeros(8))], brokenBy), ...cell("any other", "ends") },
    { ...first("GOAWAY in its place, busy", [goaway(0, 5)], "back"), ...cell("GOAWAY", "goes on") },
    first("GOAWAY in its place, shutting down", [goaway(0, shutdown)], "back"),
    first("GOAWAY in its place, credentials refused", [goaway(0, 4)], "gives up", [
      "UNAUTHENTICATED not-executed",
    ]),
    first("GOAWAY in its place, no common version", [goaway(0, 3)], "gives up", [
      "FAILED_PRECONDITION not-executed",
    ]),
  ];
}

function goaways(): ClientCase[] {
  const announced = goaway(ANNOUNCED, shutdown);
  const says = (
    name: string,
    calls: readonly ClientCall[],
    sent: readonly Step[],
    ends: readonly string[],
    after: Aftermath = "back",
  ): ClientCase => ({ name: `GOAWAY: ${name}`, calls, sent, ends, after });
  const final = (last: number) => goaway(last, shutdown);
  return [
    says(
      "announced only: the call is answered here",
      ["slow"],
      [announced, answer(1)],
      ["answered Hello"],
      "beside",
    ),
    says("announced, final at the call", ["slow"], [announced, final(1), answer(1)], ["answered Hello"]),
    says("announced, final above the call", ["slow"], [announced, final(99), answer(1)], ["answered Hello"]),
    says("announced, final below the call: it moves", ["slow"], [announced, final(0)], ["again"]),
    says(
      "final between two calls: the second moves",
      ["slow", "slow"],
      [final(1), answer(1)],
      ["answered Hello", "again"],
    ),
    says("final below a stream: it fails, not executed", ["chat"], [final(0)], ["UNAVAILABLE not-executed"]),
    says(
      "final below an answered call all the same",
      ["countdown"],
      [data(1, field(1, 2)), final(0)],
      ["UNAVAILABLE not-executed"],
    ),
    says(
      "final at a stream of answers, which goes on",
      ["countdown"],
      [data(1, field(1, 2)), final(1), data(1, field(1, 1)), frame("FINISH", 1)],
      ["answered 2 messages"],
    ),
    says("announced twice", ["slow"], [announced, announced, answer(1)], ["answered Hello"], "beside"),
    says("final twice, lower the second time", ["slow"], [final(1), final(0)], ["again"]),
    says("with an error, the call above", ["slow"], [goaway(0, 10)], ["again"]),
    says("with an error, the call at it", ["slow"], [goaway(1, 10)], [lost]),
    says("with an error, an idempotent call at it", ["hello"], [goaway(1, 10)], ["again"]),
    says(
      "with an error, behind half an answer",
      ["countdown"],
      [data(1, field(1, 2)), goaway(1, 10)],
      ["UNAVAILABLE executed"],
    ),
    says("with a reason that nobody knows", ["slow"], [goaway(1, 99)], [lost]),
    says("that is empty", ["slow"], [frame("GOAWAY")], ["again"]),
    says("that is malformed", ["slow"], [frame("GOAWAY", 0, Uint8Array.of(26, 9))], [lost], brokenBy),
    says("refused credentials, later", ["slow"], [goaway(1, 4)], [lost], "gives up"),
    says("with an error and no call", [], [goaway(0, 10)], []),
    says("final with no call", [], [final(0)], []),
  ];
}

/** All cases about how a client's connections begin and end. */
export const clientConnectionCases: readonly ClientCase[] = [...welcomes(), ...goaways()];
