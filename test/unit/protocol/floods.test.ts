// Floods, frame by frame: each ends its connection under the name of its limit, and not a frame earlier than it may.
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import {
  LATE_FRAMES,
  LimitExceeded,
  PING_BURST,
  PING_STRIKES,
} from "../../../packages/protocol/src/accounting.ts";
import { accepted, assertClean, dialed, heldEcho, type RawLab } from "../../support/protocol/lab.ts";
import { chat, echo, note } from "../../support/protocol/lab-service.ts";
import { goodbyeOf, noBytes, type RawFrame, u32 } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a flood");

const END = 0x80;
const ping: RawFrame = { kind: Kind.PING, payload: new Uint8Array(8) };
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** The name of the limit that ended the session, as this side and as the peer have it. */
async function limitOf(lab: RawLab): Promise<string> {
  await lab.env.settle();
  if (lab.side.session.state !== "closed") return "none";
  const { reason, by, cause, message } = lab.side.end;
  assert.equal([reason, by], ["LIMIT", "here"]);
  const said = lab.peer
    .take()
    .filter(({ kind }) => kind === Kind.GOAWAY)
    .at(-1);
  assert.ok(said);
  assert.is(goodbyeOf(said).message, message);
  assert.instance(cause, LimitExceeded);
  const { limit } = cause as LimitExceeded;
  assert.match(message, new RegExp(`^${limit}: `));
  assertClean(lab, lab.side);
  return limit;
}

test("of PINGs ends with the last strike; what came before is answered", async () => {
  const lab = await accepted();
  lab.peer.send(...times(PING_BURST + PING_STRIKES - 1, () => ping));
  assert.is(await limitOf(lab), "none");
  assert.is(lab.peer.take().filter(({ kind }) => kind === Kind.PONG).length, PING_BURST + PING_STRIKES - 1);
  lab.peer.send(ping);
  assert.is(await limitOf(lab), "pings");
});

test("of PINGs at a human pace is none", async () => {
  const lab = await accepted();
  for (let second = 0; second < 60; second++) {
    lab.peer.send(...times(100, () => ping));
    await lab.env.advance(1_000);
  }
  assert.is(await limitOf(lab), "none");
});

test("of calls that are taken back ends at the budget, and never runs more handlers than may run", async () => {
  const held = heldEcho();
  const lab = await accepted({ handlers: { echo: held.echo }, options: { maxConcurrentCalls: 8 } });
  for (let i = 0; i < 100; i++) {
    lab.peer.call(2 * i + 1, { methodId: echo.id, message: note("a") }, END);
    lab.peer.send({ kind: Kind.CANCEL, id: 2 * i + 1 });
  }
  await lab.env.settle();
  assert.is(lab.side.session.state, "ready");
  assert.is(held.contexts.length, 8);
  assert.ok(held.contexts.every(({ cancelled }) => cancelled));
  lab.peer.call(201, { methodId: echo.id, message: note("a") }, END);
  lab.peer.send({ kind: Kind.CANCEL, id: 201 });
  for (const { resolve } of held.gates) resolve({ text: "" });
  assert.is(await limitOf(lab), "resets");
});

test("is not what stops waiting just before a deadline, nor behind an answer", async () => {
  const lab = await accepted({
    handlers: {
      echo: () => new Promise(() => {}),
      chat: async function* () {
        yield { text: "first" };
        await new Promise(() => {});
      },
    },
    options: { maxConcurrentCalls: 1_000 },
  });
  for (let i = 0; i < 400; i++) {
    lab.peer.call(4 * i + 1, { methodId: echo.id, message: note("a"), remainingMs: 90 }, END);
    lab.peer.call(4 * i + 3, { methodId: chat.id }, 0);
    await lab.env.settle();
    lab.peer.send({ kind: Kind.CANCEL, id: 4 * i + 1 }, { kind: Kind.CANCEL, id: 4 * i + 3 });
  }
  assert.is(await limitOf(lab), "none");
});

test("of requests that make this side break off ends as resets do", async () => {
  const lab = await accepted({
    handlers: {
      chat: async function* () {
        await new Promise(() => {});
      },
    },
    options: { maxMessageBytes: 1_024, maxConcurrentCalls: 8 },
  });
  for (let i = 0; i < 101; i++) {
    lab.peer.call(2 * i + 1, { methodId: chat.id }, 0);
    lab.peer.send({ kind: Kind.DATA, id: 2 * i + 1, payload: new Uint8Array(2_000) });
  }
  await lab.env.settle();
  assert.is(lab.side.end.reason, "LIMIT");
  assert.match(lab.side.end.message, /^resets: /);
});

for (const [what, frame] of [
  ["DATA", { kind: Kind.DATA, id: 1, payload: noBytes }],
  ["CANCEL", { kind: Kind.CANCEL, id: 1 }],
  ["CREDIT", { kind: Kind.CREDIT, id: 1, payload: u32(1) }],
] as const) {
  test(`of ${what} for a call that is over ends when no call accounts for it any more`, async () => {
    const lab = await accepted();
    lab.peer.call(1, { methodId: echo.id, message: note("a") }, END);
    const most = LATE_FRAMES + (65_536 + 262_144) / 256 + 8;
    lab.peer.send(...times(most, () => frame));
    assert.is(await limitOf(lab), "none");
    lab.peer.send(frame);
    assert.is(await limitOf(lab), "lateFrames");
  });
}

test("of answers to calls that are over ends the connection of the side that called", async () => {
  const lab = await dialed();
  void lab.side.caller.unary(echo, { text: "a" }).catch(() => {});
  await lab.env.settle();
  const answer: RawFrame = { kind: Kind.DATA, flags: END, id: 1, payload: note("b") };
  lab.peer.send(...times(LATE_FRAMES + 1_290, () => answer));
  assert.is(await limitOf(lab), "lateFrames");
});

test("of bytes that never make a frame ends at the frame's deadline, however steadily they come", async () => {
  const lab = await accepted({ options: { frameTimeoutMs: 2_000 } });
  lab.peer.sendBytes(new Uint8Array([0, 0, 100, Kind.DATA, 0, 0, 0, 1]));
  for (let i = 0; i < 19; i++) {
    await lab.env.advance(100);
    lab.peer.sendBytes(new Uint8Array(1));
  }
  assert.is(lab.side.session.state, "ready");
  await lab.env.advance(300);
  assert.is(await limitOf(lab), "frameTimeoutMs");
});

test("is not a peer that falls asleep in the middle of a frame: that is for the heartbeat to say", async () => {
  const options = { heartbeatIntervalMs: 1_000, heartbeatTimeoutMs: 3_000, frameTimeoutMs: 2_000 };
  const lab = await accepted({ options });
  lab.peer.sendBytes(new Uint8Array([0, 0, 100, Kind.DATA, 0, 0]));
  await lab.env.advance(3_500);
  assert.is(lab.side.session.state, "ready");
  await lab.env.advance(1_000);
  assert.is(lab.side.end?.reason, "HEARTBEAT_TIMEOUT");
});

test("is a peer that sends one byte of a frame whenever it is asked whether it lives", async () => {
  const options = { heartbeatIntervalMs: 1_000, heartbeatTimeoutMs: 3_000, frameTimeoutMs: 2_000 };
  const lab = await accepted({ options });
  lab.peer.sendBytes(new Uint8Array([0, 0, 100, Kind.DATA, 0, 0, 0, 1]));
  for (let i = 0; i < 4 && lab.side.session.state === "ready"; i++) {
    await lab.env.advance(1_500);
    lab.peer.sendBytes(new Uint8Array(1));
  }
  assert.is(await limitOf(lab), "frameTimeoutMs");
});

test("is not a peer that is slow but finishes its frames", async () => {
  const lab = await accepted({ options: { frameTimeoutMs: 1_000 } });
  const cancel = [0, 0, 0, Kind.PING, 0, 0, 0, 0];
  lab.peer.call(1, { methodId: chat.id }, 0);
  const credit = [0, 0, 4, Kind.CREDIT, 0, 0, 0, 1, 0, 0, 0, 9];
  assert.is(cancel.length, 8);
  // Every chunk ends inside a frame: there is always one that is not complete, and never the same for long.
  lab.peer.sendBytes(new Uint8Array(credit.slice(0, 6)));
  for (let i = 0; i < 10; i++) {
    await lab.env.advance(400);
    lab.peer.sendBytes(new Uint8Array([...credit.slice(6), ...credit.slice(0, 6)]));
  }
  assert.is(await limitOf(lab), "none");
});
