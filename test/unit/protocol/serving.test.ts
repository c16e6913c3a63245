// Calls of the other side, frame by frame: session.ts, serving.ts, incoming-call.ts with a peer that speaks frames.
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import type { CallContext } from "../../../packages/protocol/src/call.ts";
import { accepted, assertClean, heldEcho, type RawLab } from "../../support/protocol/lab.ts";
import { collect, echo, note, noteOf } from "../../support/protocol/lab-service.ts";
import { concat, failureOf, metadataPayload, noBytes, u32 } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const refusals = suite("a call that is refused");
const END = 0x80;
const MORE = 0x40;

const notExecuted: readonly [sentence: string, frame: (lab: RawLab) => void, code: number][] = [
  [
    "of a method that is not served",
    ({ peer }) => peer.call(1, { methodId: 42, message: note("a") }, END),
    12,
  ],
  [
    "whose time is over on arrival",
    ({ peer }) => peer.call(1, { methodId: echo.id, remainingMs: 0 }, END),
    4,
  ],
  [
    "with metadata that breaks the rules",
    ({ peer }) => peer.call(1, { methodId: echo.id, metadata: metadataPayload([["BAD", ""]]) }, END),
    8,
  ],
  [
    "with metadata over 8 KiB",
    ({ peer }) =>
      peer.call(1, { methodId: echo.id, metadata: metadataPayload([["k", "v".repeat(9_000)]]) }, END),
    8,
  ],
  [
    "with a request that does not decode",
    ({ peer }) => peer.call(1, { methodId: echo.id, message: new Uint8Array([0x0a, 9]) }, END),
    3,
  ],
  [
    "with a request over the limit, at its first piece",
    ({ peer }) => peer.call(1, { methodId: echo.id, message: concat(u32(2_001), noBytes) }, MORE),
    8,
  ],
  [
    "with a request over the limit in one frame",
    ({ peer }) => peer.call(1, { methodId: echo.id, message: noteOf(2_001) }, END),
    8,
  ],
  [
    "without a request",
    ({ peer }) =>
      peer.send(
        { kind: Kind.CALL, id: 1, payload: concat(u32(echo.id), u32(9), new Uint8Array(2)) },
        { kind: Kind.FINISH, id: 1 },
      ),
    3,
  ],
];

for (const [sentence, frame, code] of notExecuted) {
  refusals(`${sentence} was not executed, and says so`, async () => {
    let ran = 0;
    const lab = await accepted({ options: { maxMessageBytes: 2_000 }, handlers: { echo: () => ran++ } });
    frame(lab);
    await lab.env.settle();
    const failure = failureOf(lab.peer.one(Kind.FAIL));
    assert.equal([failure.code, failure.outcome], [code, 1]);
    assert.is(ran, 0);
    lab.peer.data(1, END, note("late"));
    lab.peer.send(
      { kind: Kind.CANCEL, id: 1 },
      { kind: Kind.FINISH, id: 1 },
      { kind: Kind.CREDIT, id: 1, payload: u32(9) },
    );
    await lab.env.settle();
    assert.equal(lab.peer.words(), [], "what still comes for it is ignored");
    assert.is(lab.side.session.state, "ready");
    assertClean(lab, lab.side);
  });
}

refusals('of a stream whose handler runs already is not called "not executed"', async () => {
  for (const bad of [new Uint8Array([0x0a, 9]), undefined]) {
    const contexts: CallContext[] = [];
    const lab = await accepted({
      options: { maxMessageBytes: 2_000 },
      handlers: {
        collect: async (requests, context) => {
          contexts.push(context);
          for await (const _ of requests);
          return { text: "never" };
        },
      },
    });
    lab.peer.call(1, { methodId: collect.id }, 0);
    if (bad === undefined) lab.peer.data(1, MORE, u32(2_001));
    else lab.peer.data(1, 0, bad);
    await lab.env.settle();
    assert.is(failureOf(lab.peer.one(Kind.FAIL)).outcome, 3);
    assert.ok(contexts[0]?.cancelled);
    assertClean(lab, lab.side);
  }
});

refusals(
  "for too many at once counts open calls; handlers of cancelled ones make the next call wait",
  async () => {
    const { gates, echo: held } = heldEcho();
    const lab = await accepted({ options: { maxConcurrentCalls: 2 }, handlers: { echo: held } });
    for (const id of [1, 3, 5]) lab.peer.call(id, { methodId: echo.id, message: note("a") }, END);
    await lab.env.settle();
    const failure = failureOf(lab.peer.one(Kind.FAIL));
    assert.equal([failure.code, failure.outcome], [8, 1]);
    lab.peer.send({ kind: Kind.CANCEL, id: 1 });
    lab.peer.call(7, { methodId: echo.id, message: note("a") }, END);
    lab.peer.call(9, { methodId: echo.id, message: note("a") }, END);
    await lab.env.settle();
    lab.peer.one(Kind.FAIL);
    assert.is(gates.length, 2);
    gates[0]?.resolve({ text: "nobody wants it" });
    await lab.env.settle();
    assert.equal(lab.peer.words(), []);
    assert.is(gates.length, 3);
    for (const one of gates) one.resolve({ text: "x" });
    await lab.env.settle();
    assertClean(lab, lab.side);
  },
);
