// GOAWAY at every moment of a call: the exact outcome of each call, as a table. The session under test has dialed and
// calls; the raw peer says GOAWAY. THREATS.md D2.
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import { GoodbyeReason } from "../../../packages/protocol/src/gen/vertex/v1/control.ts";
import { dialed, type RawLab, strangers, watch } from "../../support/protocol/lab.ts";
import {
  chat,
  collect,
  count,
  echo,
  type Note,
  note,
  noteTextOf,
  tell,
} from "../../support/protocol/lab-service.ts";
import { concat, goodbyePayload, noBytes, type RawFrame, u32 } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const test = suite("GOAWAY while calls are open");

const END = 0x80;
const MORE = 0x40;
const ANNOUNCED = 0xffffffff;

type Ask = (lab: RawLab) => PromiseLike<unknown>;

const unary: Ask = ({ side }) => side.caller.unary(echo, { text: "a" });
const large: Ask = ({ side }) => side.caller.unary(echo, { text: noteTextOf(2_000) });
const oneWay: Ask = ({ side }) => side.caller.oneWay(tell, { text: "a" });
const answers: Ask = ({ side }) => drained(side.caller.serverStream(count, { text: "2" }));
const upload: Ask = ({ side }) => side.caller.clientStream(collect).send([{ text: "a" }]);
const duplex: Ask = ({ side }) => drained(side.caller.duplex(chat));

async function drained(stream: AsyncIterable<Note>): Promise<string> {
  const texts: string[] = [];
  for await (const { text } of stream) texts.push(text);
  return texts.join(",");
}

const goaway = (
  lastCallId: number,
  reason: GoodbyeReason = GoodbyeReason.GOODBYE_REASON_SHUTDOWN,
): RawFrame => ({
  kind: Kind.GOAWAY,
  payload: goodbyePayload({ lastCallId, reason }),
});
const announced = goaway(ANNOUNCED);
const data = (id: number, text: string, flags = 0): RawFrame => ({
  kind: Kind.DATA,
  flags,
  id,
  payload: note(text),
});
const finish = (id: number): RawFrame => ({ kind: Kind.FINISH, id });
const piece: RawFrame = { kind: Kind.DATA, flags: MORE, id: 1, payload: concat(u32(9), noBytes) };
const internal = GoodbyeReason.GOODBYE_REASON_INTERNAL;

interface Row {
  readonly when: string;
  readonly calls: readonly Ask[];
  readonly frames: readonly RawFrame[];
  /** What each call ends as: a value, or code and outcome. */
  readonly ends: readonly string[];
  readonly state: "draining" | "closed";
}

const lost = "UNAVAILABLE unknown";
const notRun = "UNAVAILABLE not-executed";
const ran = "UNAVAILABLE executed";

const rows: readonly Row[] = [
  {
    when: "announced only, after the request",
    calls: [unary],
    frames: [announced],
    ends: ["pending"],
    state: "draining",
  },
  {
    when: "announced, then the answer",
    calls: [unary],
    frames: [announced, data(1, "x", END)],
    ends: ["x"],
    state: "draining",
  },
  {
    when: "announced, final at the call, then the answer",
    calls: [unary],
    frames: [announced, goaway(1), data(1, "x", END)],
    ends: ["x"],
    state: "closed",
  },
  {
    when: "announced, final above the call",
    calls: [unary],
    frames: [announced, goaway(7), data(1, "x", END)],
    ends: ["x"],
    state: "closed",
  },
  {
    when: "announced, final below the call",
    calls: [unary],
    frames: [announced, goaway(0)],
    ends: [notRun],
    state: "closed",
  },
  {
    when: "final between the ids of two calls",
    calls: [unary, unary],
    frames: [goaway(1), data(1, "x", END)],
    ends: ["x", notRun],
    state: "closed",
  },
  {
    when: "final at once, at the call",
    calls: [unary],
    frames: [goaway(1)],
    ends: ["pending"],
    state: "draining",
  },
  {
    when: "twice, the second one lower",
    calls: [unary],
    frames: [goaway(1), goaway(0)],
    ends: [notRun],
    state: "closed",
  },
  {
    when: "announced twice",
    calls: [unary],
    frames: [announced, announced, data(1, "x", END)],
    ends: ["x"],
    state: "draining",
  },
  {
    when: "between the pieces of the request, at it",
    calls: [large],
    frames: [goaway(1), { kind: Kind.CREDIT, id: 1, payload: u32(4_000) }, data(1, "x", END)],
    ends: ["x"],
    state: "closed",
  },
  {
    when: "between the pieces of the request, below it",
    calls: [large],
    frames: [goaway(0)],
    ends: [notRun],
    state: "closed",
  },
  {
    when: "with an error between the pieces of the request",
    calls: [large],
    frames: [goaway(1, internal)],
    ends: [notRun],
    state: "closed",
  },
  {
    when: "with an error after the request, at it",
    calls: [unary],
    frames: [goaway(1, internal)],
    ends: [lost],
    state: "closed",
  },
  {
    when: "with an error after the request, below it",
    calls: [unary],
    frames: [goaway(0, internal)],
    ends: [notRun],
    state: "closed",
  },
  {
    when: "with an error, the id between two calls",
    calls: [unary, unary],
    frames: [goaway(1, internal)],
    ends: [lost, notRun],
    state: "closed",
  },
  {
    when: "with an error inside the answer",
    calls: [unary],
    frames: [piece, goaway(1, internal)],
    ends: [ran],
    state: "closed",
  },
  {
    when: "with an error behind the answer",
    calls: [unary],
    frames: [data(1, "x", END), goaway(1, internal)],
    ends: ["x"],
    state: "closed",
  },
  {
    when: "before the answers of a stream, at it",
    calls: [answers],
    frames: [goaway(1), data(1, "1"), data(1, "2", END)],
    ends: ["1,2"],
    state: "closed",
  },
  {
    when: "between the answers of a stream, at it",
    calls: [answers],
    frames: [data(1, "1"), goaway(1), data(1, "2"), finish(1)],
    ends: ["1,2"],
    state: "closed",
  },
  {
    when: "between the answers of a stream, with an error",
    calls: [answers],
    frames: [data(1, "1"), goaway(1, internal)],
    ends: [ran],
    state: "closed",
  },
  {
    when: "behind the answers of a stream",
    calls: [answers],
    frames: [data(1, "1"), finish(1), goaway(1)],
    ends: ["1"],
    state: "closed",
  },
  {
    when: "in the middle of an upload, at it",
    calls: [upload],
    frames: [goaway(1), data(1, "a", END)],
    ends: ["a"],
    state: "closed",
  },
  {
    when: "in the middle of an upload, below it",
    calls: [upload],
    frames: [goaway(0)],
    ends: [notRun],
    state: "closed",
  },
  {
    when: "with an error in the middle of an upload",
    calls: [upload],
    frames: [goaway(1, internal)],
    ends: [lost],
    state: "closed",
  },
  {
    when: "in a stream of both directions, at it",
    calls: [duplex],
    frames: [data(1, "a"), goaway(1), data(1, "b"), finish(1)],
    ends: ["a,b"],
    state: "closed",
  },
  {
    when: "in a stream of both directions, below it",
    calls: [duplex],
    frames: [goaway(0)],
    ends: [notRun],
    state: "closed",
  },
  {
    when: "with an error in a stream of both directions",
    calls: [duplex],
    frames: [data(1, "a"), goaway(1, internal)],
    ends: [ran],
    state: "closed",
  },
  {
    when: "below a one-way call that was handed over",
    calls: [oneWay],
    frames: [goaway(0)],
    ends: ["undefined"],
    state: "closed",
  },
  {
    when: "with a reason that nobody knows",
    calls: [unary],
    frames: [goaway(1, 99 as GoodbyeReason)],
    ends: [lost],
    state: "closed",
  },
  {
    when: "with no reason",
    calls: [unary],
    frames: [goaway(1, GoodbyeReason.GOODBYE_REASON_UNSPECIFIED)],
    ends: [lost],
    state: "closed",
  },
  { when: "with no call open", calls: [], frames: [goaway(0)], ends: [], state: "closed" },
];

function endOf({ state, value, error }: ReturnType<typeof watch>): string {
  if (state === "pending") return state;
  if (state === "rejected") return `${error?.code} ${error?.outcome}`;
  return typeof value === "object" ? (value as Note).text : String(value);
}

const limits = {
  maxFrameBytes: 65_536,
  maxMessageBytes: 65_536,
  maxConcurrentCalls: 8,
  initialCreditBytes: 1_000,
};

for (const { when, calls, frames, ends, state } of rows) {
  test(`${when}: ${ends.join("; ") || "no call"}`, async () => {
    const lab = await dialed({}, { limits });
    const watched = calls.map((ask) => watch(ask(lab)));
    await lab.env.settle();
    for (const frame of frames) {
      lab.peer.send(frame);
      await lab.env.settle();
    }
    assert.equal(watched.map(endOf), ends);
    assert.is(lab.side.session.state, state);
    lab.side.session.close("SHUTDOWN", "the end");
    await lab.env.settle();
    assert.ok(
      watched.every(({ times }) => times === 1),
      "each call settles once",
    );
  });
}

test("before the call's bytes: the call waits and is not opened here", async () => {
  const lab = await dialed({}, { limits });
  lab.peer.send(announced);
  lab.peer.take();
  const call = watch(unary(lab));
  await lab.env.settle();
  assert.equal([call.state, lab.peer.words()], ["pending", []]);
  await lab.env.advance(10_000);
  assert.is(endOf(call), "DEADLINE_EXCEEDED not-executed");
});

test("crossing with a CALL: bytes that were written but not handed on are not executed above the id", async () => {
  const lab = await dialed({}, { limits });
  const call = watch(unary(lab));
  lab.peer.send(goaway(0, internal));
  await lab.env.settle();
  assert.is(endOf(call), notRun);
});

test("during the handshake: calls wait for another connection", async () => {
  const lab = strangers("dialer");
  const call = watch(unary(lab));
  lab.peer.send(goaway(0));
  await lab.env.settle();
  assert.equal([call.state, lab.side.session.state], ["pending", "closed"]);
});
