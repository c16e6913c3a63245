// Calls of this side, frame by frame: caller.ts, calling.ts, outgoing-call.ts with a peer that speaks frames.
import * as assert from "uvu/assert";
import { Kind, readU32 } from "../../../packages/framing/src/index.ts";
import { assertClean, dialed, watch } from "../../support/protocol/lab.ts";
import { echo, noteOf, noteTextOf, tell, textOf } from "../../support/protocol/lab-service.ts";
import { concat, metadataPayload, noBytes, u32 } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const bounds = suite("a call and the limits of the other side");
const wrong = suite("an answer that breaks the rules");
const many = suite("calls in flight");

const END = 0x80;
const MORE = 0x40;

bounds(
  "waits while as many are open as the other side takes, and leaves the queue when it is over",
  async () => {
    const limits = { maxFrameBytes: 0, maxMessageBytes: 0, maxConcurrentCalls: 2, initialCreditBytes: 0 };
    const lab = await dialed({}, { limits });
    const calls = Array.from({ length: 5 }, (_, n) =>
      watch(lab.side.caller.unary(echo, { text: `${n}` }, { timeoutMs: n === 3 ? 100 : 5_000 })),
    );
    await lab.env.settle();
    assert.equal(lab.peer.words(), ["CALL|END 1", "CALL|END 3"]);
    assert.is(lab.side.caller.waiting, 3);
    await lab.env.advance(150);
    assert.equal([calls[3]?.error?.code, calls[3]?.error?.outcome], ["DEADLINE_EXCEEDED", "not-executed"]);
    lab.peer.data(1, END, noBytes);
    lab.peer.data(3, END, noBytes);
    await lab.env.settle();
    const frames = lab.peer.take();
    assert.equal(
      frames.map(({ payload }) => textOf(payload.subarray(10))),
      ["2", "4"],
    );
    assert.is(lab.side.caller.waiting, 0);
  },
);

bounds("tells the other side how much time is left: all of it, or what waiting has left of it", async () => {
  const limits = { maxFrameBytes: 0, maxMessageBytes: 0, maxConcurrentCalls: 1, initialCreditBytes: 0 };
  const lab = await dialed({}, { limits });
  for (const timeoutMs of [700.5, 9_000, 5_000_000_000])
    watch(lab.side.caller.unary(echo, { text: "" }, { timeoutMs }));
  const told: number[] = [];
  for (const id of [1, 3, 5]) {
    await lab.env.settle();
    told.push(...lab.peer.take().map(({ payload }) => readU32(payload, 4)));
    await lab.env.advance(300);
    lab.peer.data(id, END, noBytes);
  }
  assert.equal(told, [701, 8_700, 0xfffffffe]);
});

bounds("is refused when too many wait already", async () => {
  const limits = { maxFrameBytes: 0, maxMessageBytes: 0, maxConcurrentCalls: 1, initialCreditBytes: 0 };
  const lab = await dialed({ maxQueuedCalls: 1 }, { limits });
  const calls = ["a", "b", "c"].map((text) => watch(lab.side.caller.unary(echo, { text })));
  await lab.env.settle();
  assert.equal([calls[2]?.error?.code, calls[2]?.error?.outcome], ["RESOURCE_EXHAUSTED", "not-executed"]);
});

bounds(
  "goes in pieces when it is larger than the frame or the first credit, and never over the limit",
  async () => {
    const limits = {
      maxFrameBytes: 1_024,
      maxMessageBytes: 5_000,
      maxConcurrentCalls: 9,
      initialCreditBytes: 600,
    };
    const lab = await dialed({}, { limits });
    const call = watch(lab.side.caller.unary(echo, { text: noteTextOf(5_000) }));
    const over = watch(lab.side.caller.unary(echo, { text: noteTextOf(5_001) }));
    await lab.env.settle();
    assert.equal(
      [over.error?.code, over.error?.family, over.error?.outcome],
      ["RESOURCE_EXHAUSTED", "usage", "not-executed"],
    );
    const first = lab.peer.one(Kind.CALL);
    assert.equal([first.flags, first.payload.length - 10, readU32(first.payload, 10)], [MORE, 600, 5_000]);
    lab.peer.credit(1, 10_000);
    await lab.env.settle();
    const rest = lab.peer.take();
    assert.equal(
      rest.map(({ flags, payload }) => [flags, payload.length]),
      [
        [MORE, 1_024],
        [MORE, 1_024],
        [MORE, 1_024],
        [MORE, 1_024],
        [END, 308],
      ],
    );
    const whole = concat(first.payload.subarray(14), ...rest.map(({ payload }) => payload));
    assert.is(textOf(whole), noteTextOf(5_000));
    lab.peer.data(1, END, noBytes);
    await lab.env.settle();
    assert.is(call.state, "resolved");
    assertClean(lab, lab.side);
  },
);

bounds("is answered above this side's limit: it fails alone, and it has been executed", async () => {
  for (const flags of [MORE, END]) {
    const lab = await dialed({ options: { maxMessageBytes: 2_000 } });
    const call = watch(lab.side.caller.unary(echo, { text: "" }));
    lab.peer.data(1, flags, flags === MORE ? u32(2_001) : noteOf(2_001));
    await lab.env.settle();
    assert.equal(
      [call.error?.code, call.error?.outcome, call.error?.family],
      ["RESOURCE_EXHAUSTED", "executed", "status"],
    );
    assert.is(lab.side.session.state, "ready");
    assertClean(lab, lab.side);
  }
});

const broken: readonly [
  sentence: string,
  send: (lab: Awaited<ReturnType<typeof dialed>>) => void,
  words: RegExp,
][] = [
  ["for a call that was never opened", ({ peer }) => peer.data(3, END, noBytes), /never opened/],
  ["with CREDIT for a call that was never opened", ({ peer }) => peer.credit(3, 1), /never opened/],
  [
    "that comes twice",
    ({ peer }) =>
      [0, 0].forEach((flags) => {
        peer.data(1, flags, noBytes);
      }),
    /second answer/,
  ],
  [
    "that ends inside a message",
    ({ peer }) => {
      peer.data(1, MORE, u32(9));
      peer.send({ kind: Kind.FINISH, id: 1 });
    },
    /ended inside a message/,
  ],
  [
    "to a one-way call",
    ({ peer, side }) => {
      void side.caller.oneWay(tell, { text: "" });
      peer.data(3, END, noBytes);
    },
    /answer to a one-way/,
  ],
  [
    "with CANCEL for a call of this side",
    ({ peer }) => peer.send({ kind: Kind.CANCEL, id: 1 }),
    /CANCEL for a call of the other/,
  ],
  [
    "with trailers that break the rules",
    ({ peer }) => peer.send({ kind: Kind.FINISH, id: 1, payload: metadataPayload([["BAD", ""]]) }),
    /metadata refused/,
  ],
  [
    "with a FAIL that is not protobuf",
    ({ peer }) => peer.send({ kind: Kind.FAIL, id: 1, payload: new Uint8Array([0xff]) }),
    /malformed/,
  ],
  [
    "with a CALL of the dialer's own ids",
    ({ peer }) => peer.call(3, { methodId: echo.id }, END),
    /not a rising id/,
  ],
];

for (const [sentence, send, words] of broken) {
  wrong(`${sentence} ends the connection, and the call with it`, async () => {
    const lab = await dialed();
    const call = watch(lab.side.caller.unary(echo, { text: "" }));
    await lab.env.settle();
    send(lab);
    await lab.env.settle();
    assert.is(lab.side.end.reason, "PROTOCOL_ERROR");
    assert.match(lab.side.end.message, words);
    assert.is(call.times, 1);
    assert.is(call.error?.code, "UNAVAILABLE");
    assertClean(lab, lab.side);
  });
}

wrong("that does not decode fails its call alone: it has been executed", async () => {
  const lab = await dialed();
  const call = watch(lab.side.caller.unary(echo, { text: "" }));
  lab.peer.data(1, END, new Uint8Array([0x0a, 9]));
  await lab.env.settle();
  assert.equal([call.error?.code, call.error?.outcome], ["INTERNAL", "executed"]);
  assert.is(lab.side.session.state, "ready");
  assertClean(lab, lab.side);
});

wrong("that ends without a message fails its call", async () => {
  const lab = await dialed();
  const call = watch(lab.side.caller.unary(echo, { text: "" }));
  lab.peer.send({ kind: Kind.FINISH, id: 1 });
  await lab.env.settle();
  assert.equal([call.error?.code, call.error?.family], ["INTERNAL", "protocol"]);
});

/** Keeps `depth` calls in flight for three rounds of answers, each in one chunk; the frames of each write, by round. */
async function writesOf(depth: number): Promise<number[][]> {
  const lab = await dialed();
  const lane = async () => {
    for (let round = 0; round < 3; round++) await lab.side.caller.unary(echo, { text: "" });
  };
  const lanes = Array.from({ length: depth }, lane);
  const rounds: number[][] = [];
  for (let round = 0; round < 3; round++) {
    await lab.env.settle();
    const frameBytes = (lab.peer.chunks.at(-1)?.copy[2] ?? 0) + 8;
    rounds.push(lab.peer.chunks.splice(0).map(({ copy }) => copy.length / frameBytes));
    lab.peer.send(...lab.peer.take().map(({ id }) => ({ kind: Kind.DATA, flags: END, id })));
  }
  await Promise.all(lanes);
  assertClean(lab, lab.side);
  return rounds.slice(1);
}

many("go in one write a turn while they are few", async () => {
  assert.equal(await writesOf(31), [[31], [31]]);
});

many("go in two halves when they are many, so that both sides can work", async () => {
  assert.equal(await writesOf(32), [
    [16, 16],
    [16, 16],
  ]);
  assert.equal(await writesOf(201), [
    [101, 100],
    [101, 100],
  ]);
});

many("go in ever larger writes when they come all at once", async () => {
  const lab = await dialed();
  lab.peer.chunks.length = 0;
  const calls = Array.from({ length: 200 }, () => watch(lab.side.caller.unary(echo, { text: "" })));
  await lab.env.settle();
  assert.equal(
    lab.peer.chunks.map(({ copy }) => copy.length / 18),
    [32, 32, 64, 72],
  );
  lab.peer.send(...lab.peer.take().map(({ id }) => ({ kind: Kind.DATA, flags: END, id })));
  await lab.env.settle();
  assert.ok(calls.every(({ state }) => state === "resolved"));
});

many("know of those that went early that they may have been executed", async () => {
  const lab = await dialed();
  const calls = Array.from({ length: 40 }, () => watch(lab.side.caller.unary(echo, { text: "" })));
  lab.peer.lose();
  await lab.env.settle();
  const outcomes = calls.map(({ error }) => error?.outcome);
  assert.equal(outcomes.slice(0, 32), new Array(32).fill("unknown"));
  assert.equal(outcomes.slice(32), new Array(8).fill("not-executed"));
});
