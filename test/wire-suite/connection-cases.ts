// Frames of the connection behind the handshake: the last column of the table of PROTOCOL.md §8, PING and GOAWAY.
import type { ServerCase, ServerFacts } from "./case.ts";
import {
  ANNOUNCED,
  call,
  credit,
  data,
  field,
  frame,
  goaway,
  hello,
  hi,
  join,
  type KindName,
  line,
  ping,
  slow,
  u32,
  welcome,
  zeros,
} from "./frames.ts";
import type { Step } from "./peer.ts";

const broken = { answer: [], ending: "PROTOCOL_ERROR" } as const;
const shutdown = 1;
const announce = goaway(ANNOUNCED, shutdown);

function readyCells(): ServerCase[] {
  const states: readonly (readonly [string, readonly Step[]])[] = [
    ["ready", [call(1, "Slow", { message: slow(300) })]],
    ["draining", [call(1, "Slow", { message: slow(300) }), announce]],
  ];
  const pong = `PONG 0 ${"07".repeat(8)}`;
  return states.flatMap(([state, steps]): ServerCase[] => {
    const cell = (kind: string) => ({ table: "connection", frame: kind, state: "ready, draining" }) as const;
    const drains = state === "draining";
    const closing = drains ? [goaway(0, shutdown)] : [];
    const ending = drains ? "closed" : "usable";
    const answer = "DATA|END 1 Finally, Ada";
    return [
      {
        name: `connection: HELLO when ${state}`,
        cell: cell("HELLO"),
        verdict: "ends",
        state: steps,
        sent: [hello()],
        ...broken,
      },
      {
        name: `connection: WELCOME when ${state}`,
        cell: cell("WELCOME"),
        verdict: "ends",
        state: steps,
        sent: [welcome()],
        ...broken,
      },
      {
        name: `connection: PING when ${state}`,
        cell: cell("PING"),
        verdict: "goes on",
        state: steps,
        sent: [ping(7), ...closing],
        answer: [pong, answer],
        ending,
      },
      {
        name: `connection: GOAWAY when ${state}`,
        cell: cell("GOAWAY"),
        verdict: "goes on",
        state: steps,
        sent: [goaway(0, shutdown)],
        answer: [answer],
        ending: "closed",
      },
      {
        name: `connection: GOAWAY with an error when ${state}`,
        cell: cell("GOAWAY"),
        verdict: "goes on",
        state: steps,
        sent: [goaway(0, 10)],
        answer: [],
        ending: "closed",
      },
      {
        name: `connection: CREDIT when ${state}`,
        cell: cell("any other"),
        verdict: "goes on",
        state: steps,
        sent: [credit(1, 9), ...closing],
        answer: [answer],
        ending,
      },
      {
        name: `connection: CANCEL when ${state}`,
        cell: cell("any other"),
        verdict: "goes on",
        state: steps,
        sent: [frame("CANCEL", 1), ...closing],
        answer: [],
        ending,
      },
      {
        name: `connection: FINISH when ${state}`,
        cell: cell("any other"),
        verdict: "goes on",
        state: steps,
        sent: [frame("FINISH", 1), ...closing],
        answer: [answer],
        ending,
      },
      { name: `connection: DATA behind its END when ${state}`, state: steps, sent: [data(1)], ...broken },
      { name: `connection: FAIL when ${state}`, state: steps, sent: [frame("FAIL", 1)], ...broken },
      {
        name: `connection: PONG unasked when ${state}`,
        state: steps,
        sent: [frame("PONG", 0, zeros(8))],
        ...broken,
      },
    ];
  });
}

/** The other side of the calling table, as far as a server that opens no calls can be asked: nothing was opened. */
function callingCells(): ServerCase[] {
  const rows: readonly (readonly [KindName, Uint8Array])[] = [
    ["DATA", data(2, line("x"))],
    ["FINISH", frame("FINISH", 2)],
    ["FAIL", frame("FAIL", 2, field(1, 5))],
    ["CREDIT", credit(2, 9)],
    ["CANCEL", frame("CANCEL", 2)],
  ];
  return rows.map(([kind, bytes]) => ({
    name: `calling: ${kind} for a call that the server never opened`,
    cell: { table: "calling", frame: kind, state: "never opened" },
    verdict: "ends",
    state: [],
    sent: [bytes],
    ...broken,
  }));
}

function pingCases({ heartbeatIntervalMs, heartbeatTimeoutMs }: ServerFacts): ServerCase[] {
  const pong = (fill: number) => `PONG 0 ${fill.toString(16).padStart(2, "0").repeat(8)}`;
  const answered = (name: string, fills: readonly number[]): ServerCase => ({
    name: `PING: ${name}`,
    state: [],
    sent: fills.map(ping),
    answer: fills.map(pong),
    ending: "usable",
  });
  // A server of its own asks after twice its interval at most; one with long intervals is not waited for.
  const heard = heartbeatIntervalMs + heartbeatTimeoutMs < 3_000;
  const silent = { state: [], answer: [], mute: true, own: !heard } as const;
  return [
    answered("zeros", [0]),
    answered("ones", [255]),
    answered(
      "a hundred, in order",
      Array.from({ length: 100 }, (_, n) => n),
    ),
    {
      name: "PING: while a call is open",
      state: [call(1, "Slow", { message: slow(300) })],
      sent: [ping(3)],
      answer: [pong(3), "DATA|END 1 Finally, Ada"],
      ending: "usable",
    },
    {
      name: "PING: between the pieces of a message",
      state: [call(1, "Chat"), data(1, u32(3), 0x40)],
      sent: [ping(3), data(1, line("x"), 0x80)],
      answer: [pong(3), "DATA 1 echo x", "FINISH 1"],
      ending: "usable",
    },
    { name: "PONG: unasked", state: [], sent: [frame("PONG", 0, zeros(8))], ...broken },
    {
      name: "PONG: unasked, of the highest number",
      state: [],
      sent: [frame("PONG", 0, zeros(8).fill(255))],
      ...broken,
    },
    {
      name: "PONG: with other bytes than the PING",
      ...silent,
      sent: ["PING 0", frame("PONG", 0, zeros(8).fill(9))],
      ending: "PROTOCOL_ERROR",
    },
    {
      name: "PONG: twice",
      ...silent,
      sent: ["PING 0", frame("PONG", 0, zeros(8)), frame("PONG", 0, zeros(8))],
      ending: "PROTOCOL_ERROR",
    },
    {
      name: "PONG: as it should be",
      ...silent,
      sent: ["PING 0", frame("PONG", 0, zeros(8))],
      ending: "usable",
    },
    {
      name: "PONG: never, but other frames are heard",
      ...silent,
      sent: ["PING 0", 200, hi(1), "DATA|END 1", 250, hi(3), "DATA|END 3"],
      ending: "usable",
    },
    {
      name: "PONG: never, nor anything else",
      ...silent,
      sent: ["PING 0"],
      ending: "HEARTBEAT_TIMEOUT",
      withinMs: heartbeatTimeoutMs + 1_000,
    },
  ];
}

function goawayCases(): ServerCase[] {
  const running = [call(1, "Slow", { message: slow(300) })];
  const stream = [call(1, "Chat"), data(1, line("a")), "DATA 1 echo a"];
  const finally_ = "DATA|END 1 Finally, Ada";
  const says = (
    name: string,
    state: readonly Step[],
    sent: readonly Step[],
    answer: readonly string[],
    ending: ServerCase["ending"] = "closed",
  ): ServerCase => ({ name: `GOAWAY: ${name}`, state, sent, answer, ending });
  return [
    says(
      "announced, then a PING that confirms it",
      [],
      [announce, ping(1)],
      [`PONG 0 ${"01".repeat(8)}`],
      "usable",
    ),
    says(
      "announced, and a call behind it all the same",
      [],
      [announce, hi(1)],
      ["DATA|END 1 Hello Ada"],
      "usable",
    ),
    says("announced twice", [], [announce, announce], [], "usable"),
    says("announced, then final, with no call", [], [announce, goaway(0, shutdown)], []),
    says(
      "announced, then final, with a call in flight",
      running,
      [announce, goaway(0, shutdown)],
      [finally_],
    ),
    says("final at once, with no call", [], [goaway(0, shutdown)], []),
    says(
      "final with a stream that goes on",
      stream,
      [goaway(0, shutdown), data(1, line("b"), 0x80)],
      ["DATA 1 echo b", "FINISH 1"],
    ),
    says(
      "final inside a message",
      [call(1, "Chat"), data(1, u32(3), 0x40)],
      [goaway(0, shutdown), data(1, line("b"), 0x80)],
      ["DATA 1 echo b", "FINISH 1"],
    ),
    says("final, then the call is cancelled", running, [goaway(0, shutdown), frame("CANCEL", 1)], []),
    says("final twice", running, [goaway(0, shutdown), goaway(0, shutdown)], [finally_]),
    says("final with a last call id that nobody opened", [], [goaway(4_000, shutdown)], []),
    says("with time that is left", running, [goaway(0, shutdown, field(4, 50_000))], [finally_]),
    says("with fields that nobody knows", [], [goaway(0, shutdown, field(9, "new"))], []),
    says("empty, which is an error without a name", running, [frame("GOAWAY")], []),
    ...[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 9_999].map((reason) =>
      says(`with reason ${reason}, an error`, running, [goaway(0, reason)], []),
    ),
    says("announced with an error", running, [goaway(ANNOUNCED, 10)], []),
    says("malformed", running, [frame("GOAWAY", 0, Uint8Array.of(0x1a, 9, 65))], [], "PROTOCOL_ERROR"),
    says(
      "with a text that is no UTF-8",
      running,
      [frame("GOAWAY", 0, join(field(2, 1), field(3, Uint8Array.of(0xff))))],
      [],
      "PROTOCOL_ERROR",
    ),
  ];
}

/** All cases about the connection behind its handshake. */
export function connectionCases(facts: ServerFacts): ServerCase[] {
  return [...readyCells(), ...callingCells(), ...pingCases(facts), ...goawayCases()];
}
