// How a session lives and ends: heartbeat, stalls, drain, GOAWAY, close. A peer that speaks frames is at the other end.
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import { accepted, assertClean, dialed, heldEcho, watch } from "../../support/protocol/lab.ts";
import { echo, note, noteTextOf } from "../../support/protocol/lab-service.ts";
import {
  failureOf,
  goodbyeOf,
  goodbyePayload,
  noBytes,
  type SeenFrame,
} from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const beats = suite("the heartbeat of a session");
const stalls = suite("a peer that does not read");
const drains = suite("a session that drains");
const goaways = suite("a session that is sent GOAWAY");
const closes = suite("a session that closes");

const END = 0x80;
const ANY_CALL = 0xffffffff;
const last = (frames: SeenFrame[]) => frames.at(-1) as SeenFrame;
const pinging = { options: { heartbeatIntervalMs: 1_000, heartbeatTimeoutMs: 500 } };
const heartbeat = { intervalMs: 1_000, timeoutMs: 500 };

beats("answers PING with PONG and the same bytes", async () => {
  const lab = await accepted();
  const payload = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
  lab.peer.send({ kind: Kind.PING, payload });
  await lab.env.settle();
  assert.equal(lab.peer.one(Kind.PONG).payload, payload);
});

beats("asks in the last tenth of the interval, and takes the round trip from the answer", async () => {
  const lab = await dialed(pinging, { heartbeat });
  await lab.env.advance(800);
  assert.equal(lab.peer.words(), []);
  await lab.env.advance(300);
  const { payload } = lab.peer.one(Kind.PING);
  await lab.env.advance(37);
  lab.peer.send({ kind: Kind.PONG, payload });
  assert.ok([137, 237].includes(Math.round(lab.side.session.roundTripMs)), "since the sweep that asked");
  await lab.env.advance(800);
  assert.equal(lab.peer.words(), []);
});

beats("ends the connection when nothing answers, and a call that is open with it", async () => {
  const lab = await dialed(pinging, { heartbeat });
  const call = watch(lab.side.caller.unary(echo, { text: "" }));
  await lab.env.advance(1_800);
  assert.is(lab.side.end.reason, "HEARTBEAT_TIMEOUT");
  assert.equal(
    [call.error?.code, call.error?.outcome, call.error?.family],
    ["UNAVAILABLE", "unknown", "link"],
  );
  assert.equal(lab.peer.words(), ["CALL|END 1", "PING 0", "GOAWAY 0"]);
  assertClean(lab, lab.side);
});

beats("takes any byte for life", async () => {
  const lab = await dialed(pinging, { heartbeat });
  await lab.env.advance(1_100);
  lab.peer.sendBytes(new Uint8Array([0]));
  await lab.env.advance(900);
  assert.is(lab.side.session.state, "ready");
});

beats("survives a gap in its own time, and asks once more before the verdict", async () => {
  const lab = await dialed(pinging, { heartbeat });
  await lab.env.advance(1_100);
  lab.env.jump(60_000);
  await lab.env.advance(100);
  assert.is(lab.side.session.state, "ready");
  assert.equal(lab.peer.words(), ["PING 0", "PING 0"]);
  await lab.env.advance(600);
  assert.is(lab.side.end.reason, "HEARTBEAT_TIMEOUT");
});

beats("survives being busy for longer than the timeout, while the answer waits to be read", async () => {
  const lab = await dialed(pinging, { heartbeat });
  await lab.env.advance(1_100);
  const { payload } = lab.peer.one(Kind.PING);
  const later = lab.env.later.bind(lab.env);
  // Input has its turn between timers and what comes later.
  lab.env.later = (callback) => {
    lab.env.later = later;
    later(() => {
      lab.peer.send({ kind: Kind.PONG, payload });
      callback();
    });
  };
  lab.env.jump(550);
  await lab.env.advance(300);
  assert.equal([lab.side.session.state, lab.env.later], ["ready", later]);
});

beats("asks again an interval after the answer, however long it would have waited for one", async () => {
  const patient = { options: { heartbeatIntervalMs: 1_000, heartbeatTimeoutMs: 60_000 } };
  const lab = await dialed(patient, { heartbeat: { intervalMs: 1_000, timeoutMs: 60_000 } });
  for (let n = 0; n < 5; n++) {
    await lab.env.advance(1_100);
    lab.peer.send({ kind: Kind.PONG, payload: lab.peer.one(Kind.PING).payload });
  }
});

for (const [sentence, change] of [
  ["its number", 7],
  ["the bytes before it", 0],
] as const) {
  beats(`ends the connection over a PONG that changed ${sentence}`, async () => {
    const lab = await dialed();
    lab.side.session.ping();
    await lab.env.settle();
    const { payload } = lab.peer.one(Kind.PING);
    payload[change] = 0x99;
    lab.peer.send({ kind: Kind.PONG, payload });
    assert.is(lab.side.end.reason, "PROTOCOL_ERROR");
  });
}

stalls("is dismissed when not a byte was taken for too long, however alive it is", async () => {
  const lab = await accepted({ options: { writeStallTimeoutMs: 1_000 } });
  lab.peer.congested = true;
  lab.peer.bufferedBytes = 5_000;
  for (let n = 0; n < 9; n++) {
    await lab.env.advance(100);
    lab.peer.sendBytes(noBytes);
  }
  lab.peer.bufferedBytes = 4_999;
  lab.peer.takenMark++;
  await lab.env.advance(900);
  assert.is(lab.side.session.state, "ready");
  await lab.env.advance(300);
  assert.is(lab.side.end.reason, "WRITE_STALLED");
});

stalls("is kept while it reads, though as much is written whenever something was taken", async () => {
  const lab = await accepted({ options: { writeStallTimeoutMs: 1_000 } });
  lab.peer.congested = true;
  lab.peer.bufferedBytes = 5_000;
  for (let n = 0; n < 5; n++) {
    await lab.env.advance(900);
    lab.peer.takenMark += 5_000;
  }
  assert.is(lab.side.session.state, "ready");
  await lab.env.advance(1_200);
  assert.is(lab.side.end.reason, "WRITE_STALLED");
});

stalls("is not read from while too much waits for it", async () => {
  const lab = await accepted({ options: { maxOutboundBytes: 65_536 } });
  lab.peer.bufferedBytes = 65_536;
  lab.peer.send({ kind: Kind.PING, payload: new Uint8Array(8) });
  assert.ok(lab.peer.paused);
  lab.peer.drain();
  assert.not(lab.peer.paused);
});

stalls("makes calls wait, until it takes bytes again", async () => {
  const lab = await dialed();
  lab.peer.congested = true;
  lab.side.session.ping();
  await lab.env.settle();
  const call = watch(lab.side.caller.unary(echo, { text: "" }));
  await lab.env.settle();
  assert.equal(lab.peer.words(), ["PING 0"]);
  lab.peer.drain();
  await lab.env.settle();
  assert.equal(lab.peer.words(), ["CALL|END 1"]);
  assert.is(call.state, "pending");
});

drains(
  "announces it, takes what crosses, says the last id when that is confirmed, and closes when all is done",
  async () => {
    const { gates, echo: held } = heldEcho();
    const lab = await accepted({ handlers: { echo: held } });
    lab.peer.call(1, { methodId: echo.id, message: note("a") }, END);
    lab.side.session.drain(30_000, "deploy");
    await lab.env.settle();
    const [announced, ping] = lab.peer.take();
    const first = goodbyeOf(announced as SeenFrame);
    assert.equal(
      [first.lastCallId, first.reason, first.message, first.timeLeftMs],
      [ANY_CALL, 1, "deploy", 30_000],
    );
    lab.peer.call(3, { methodId: echo.id, message: note("crossed") }, END);
    lab.peer.send({ kind: Kind.PONG, payload: ping?.payload as Uint8Array });
    await lab.env.settle();
    assert.is(goodbyeOf(lab.peer.one(Kind.GOAWAY)).lastCallId, 3);
    lab.peer.call(5, { methodId: echo.id, message: note("late") }, END);
    await lab.env.settle();
    const refused = failureOf(lab.peer.one(Kind.FAIL));
    assert.equal([refused.code, refused.outcome], [14, 1]);
    assert.is(gates.length, 2);
    for (const gate of gates) gate.resolve({ text: "done" });
    await lab.env.settle();
    assert.equal(lab.peer.words(), ["DATA|END 1", "DATA|END 3", "GOAWAY 0"]);
    assert.equal(
      [lab.side.end.reason, lab.side.end.by, lab.side.end.cancelledCalls],
      ["SHUTDOWN", "here", 0],
    );
    assertClean(lab, lab.side);
  },
);

drains("does not wait for a confirmation for ever", async () => {
  const lab = await accepted({ options: { drainConfirmTimeoutMs: 300 } });
  lab.side.session.drain(30_000, "deploy");
  await lab.env.advance(250);
  assert.is(lab.side.session.state, "draining");
  await lab.env.advance(200);
  assert.is(lab.side.session.state, "closed");
});

drains("cancels what runs when the time is up: answered, outcome unknown", async () => {
  const { contexts, gates, echo: held } = heldEcho();
  const lab = await accepted({ handlers: { echo: held } });
  lab.peer.call(1, { methodId: echo.id, message: note("a") }, END);
  lab.side.session.drain(1_000, "deploy");
  await lab.env.advance(1_100);
  const frames = lab.peer.take();
  const failure = failureOf(frames.find(({ kind }) => kind === Kind.FAIL) as SeenFrame);
  assert.equal([failure.code, failure.outcome], [14, 3]);
  assert.ok(contexts[0]?.cancelled);
  assert.equal([lab.side.end.reason, lab.side.end.cancelledCalls], ["SHUTDOWN", 1]);
  gates[0]?.resolve({ text: "" });
  await lab.env.settle();
  assertClean(lab, lab.side);
});

drains("lets its own calls finish, and opens no more", async () => {
  const lab = await dialed();
  const open = watch(lab.side.caller.unary(echo, { text: "a" }));
  await lab.env.settle();
  lab.side.session.drain(30_000, "bye");
  const late = watch(lab.side.caller.unary(echo, { text: "b" }, { timeoutMs: 50 }));
  await lab.env.settle();
  const ping = lab.peer.take().find(({ kind }) => kind === Kind.PING);
  lab.peer.send({ kind: Kind.PONG, payload: ping?.payload as Uint8Array });
  lab.peer.data(1, END, note("a"));
  await lab.env.advance(100);
  assert.is(open.state, "resolved");
  assert.equal([late.error?.code, late.error?.outcome], ["DEADLINE_EXCEEDED", "not-executed"]);
  assert.is(lab.side.session.state, "closed");
});

drains("at once when it is still in the handshake, or twice, is one end", async () => {
  const lab = await accepted();
  lab.side.session.drain(0, "bye");
  lab.side.session.drain(0, "bye again");
  await lab.env.advance(200);
  assert.is(lab.side.end.message, "the time to finish was up");
  assert.equal(lab.side.said, ["opened", "draining", "closed"]);
});

goaways(
  "that announces the end: opens no more, finishes what is open, closes after the last word",
  async () => {
    const lab = await dialed();
    const open = watch(lab.side.caller.unary(echo, { text: "a" }));
    await lab.env.settle();
    lab.peer.take();
    lab.peer.send({
      kind: Kind.GOAWAY,
      payload: goodbyePayload({ lastCallId: ANY_CALL, reason: 1, message: "deploy" }),
    });
    lab.peer.send({ kind: Kind.PING, payload: new Uint8Array(8) });
    const late = watch(lab.side.caller.unary(echo, { text: "b" }));
    await lab.env.settle();
    assert.equal(lab.peer.words(), ["PONG 0"]);
    assert.equal(lab.side.said, ["opened", "draining"]);
    lab.peer.send({ kind: Kind.GOAWAY, payload: goodbyePayload({ lastCallId: 1, reason: 1 }) });
    await lab.env.settle();
    assert.is(lab.side.session.state, "draining");
    lab.peer.data(1, END, note("a"));
    await lab.env.settle();
    assert.is(open.state, "resolved");
    assert.is(lab.side.session.state, "closed");
    assert.is(late.state, "pending", "it waits for the next connection");
    assert.is(lab.side.caller.waiting, 1);
  },
);

goaways("moves or fails calls above the last id: they were not executed", async () => {
  for (const moves of [true, false]) {
    const lab = await dialed({ mayRepeat: (_call, { outcome }) => moves && outcome === "not-executed" });
    const calls = ["a", "b"].map((text) => watch(lab.side.caller.unary(echo, { text })));
    await lab.env.settle();
    lab.peer.send({ kind: Kind.GOAWAY, payload: goodbyePayload({ lastCallId: 1, reason: 1 }) });
    await lab.env.settle();
    assert.is(calls[0]?.state, "pending");
    if (moves) {
      assert.equal([calls[1]?.state, lab.side.caller.waiting], ["pending", 1]);
    } else {
      assert.equal([calls[1]?.error?.code, calls[1]?.error?.outcome], ["UNAVAILABLE", "not-executed"]);
    }
    lab.peer.data(1, END, note("a"));
    await lab.env.settle();
    assert.is(calls[0]?.state, "resolved");
    assert.is(lab.side.session.state, "closed");
  }
});

goaways("opens none of the calls that wait in the place of those that were refused", async () => {
  const limits = { maxFrameBytes: 0, maxMessageBytes: 0, maxConcurrentCalls: 1, initialCreditBytes: 0 };
  const lab = await dialed({}, { limits });
  const calls = ["a", "b"].map((text) => watch(lab.side.caller.unary(echo, { text })));
  await lab.env.settle();
  lab.peer.take();
  lab.peer.send({ kind: Kind.GOAWAY, payload: goodbyePayload({ lastCallId: 0, reason: 1 }) });
  await lab.env.settle();
  assert.equal(lab.peer.words(), ["GOAWAY 0"]);
  assert.equal([calls[0]?.error?.outcome, calls[1]?.state], ["not-executed", "pending"]);
});

goaways("with an error ends at once: above the last id not executed, below unknown", async () => {
  const lab = await dialed();
  const calls = ["a", "b"].map((text) => watch(lab.side.caller.unary(echo, { text })));
  await lab.env.settle();
  lab.peer.send({
    kind: Kind.GOAWAY,
    payload: goodbyePayload({ lastCallId: 1, reason: 9, message: "LIMIT x" }),
  });
  await lab.env.settle();
  assert.equal([lab.side.end.reason, lab.side.end.by, lab.side.end.message], ["LIMIT", "peer", "LIMIT x"]);
  assert.equal(
    calls.map(({ error }) => error?.outcome),
    ["unknown", "not-executed"],
  );
  assertClean(lab, lab.side);
});

closes("says GOAWAY with the reason and the last id, settles everything once, and keeps silent", async () => {
  const { contexts, gates, echo: held } = heldEcho();
  const lab = await accepted({ handlers: { echo: held } });
  const own = watch(lab.side.caller.unary(echo, { text: "reverse" }));
  lab.peer.call(1, { methodId: echo.id, message: note("a") }, END);
  await lab.env.settle();
  lab.side.session.close("SHUTDOWN", "bye");
  lab.side.session.close("INTERNAL", "again");
  lab.peer.lose();
  await lab.env.settle();
  const goodbye = goodbyeOf(last(lab.peer.take()));
  assert.equal([goodbye.lastCallId, goodbye.reason, goodbye.message], [1, 1, "bye"]);
  assert.equal([own.error?.outcome, own.times, contexts[0]?.cancelled], ["unknown", 1, true]);
  assert.equal([lab.side.end.reason, lab.side.end.cancelledCalls], ["SHUTDOWN", 1]);
  gates[0]?.resolve({ text: "" });
  lab.peer.send({ kind: Kind.PING, payload: new Uint8Array(8) });
  await lab.env.advance(500);
  assert.equal(lab.peer.words(), []);
  assertClean(lab, lab.side);
  assert.is(lab.env.timers, 0);
});

closes("knows of calls whose bytes it never handed over that they were not executed", async () => {
  const lab = await dialed();
  const sent = watch(lab.side.caller.unary(echo, { text: "sent" }));
  await lab.env.settle();
  const unsent = watch(lab.side.caller.unary(echo, { text: "unsent" }));
  lab.peer.lose(new Error("ECONNRESET"));
  await lab.env.settle();
  assert.equal([sent.error?.outcome, unsent.error?.outcome], ["unknown", "not-executed"]);
  assert.equal([lab.side.end.reason, lab.side.end.by], ["LINK_LOST", "peer"]);
  assert.match(lab.side.end.message, /ECONNRESET/);
});

closes("knows of a large call that was handed over in part that it was not executed", async () => {
  const limits = { maxFrameBytes: 0, maxMessageBytes: 9_000, maxConcurrentCalls: 9, initialCreditBytes: 500 };
  const lab = await dialed({}, { limits });
  const call = watch(lab.side.caller.unary(echo, { text: noteTextOf(5_000) }));
  await lab.env.settle();
  lab.peer.lose();
  await lab.env.settle();
  assert.is(call.error?.outcome, "not-executed");
});

closes("knows of a call whose answer had begun that it was executed", async () => {
  const lab = await dialed();
  const call = watch(lab.side.caller.unary(echo, { text: "" }));
  lab.peer.data(1, 0, note("almost"));
  await lab.env.settle();
  lab.peer.lose();
  await lab.env.settle();
  assert.is(call.error?.outcome, "executed");
});
