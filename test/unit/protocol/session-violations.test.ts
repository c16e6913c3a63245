// Calls of the other side, frame by frame: session.ts, serving.ts, incoming-call.ts with a peer that speaks frames.
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import type { CallContext } from "../../../packages/protocol/src/call.ts";
import { accepted, assertClean, gate, heldEcho } from "../../support/protocol/lab.ts";
import { chat, echo, note, noteOf } from "../../support/protocol/lab-service.ts";
import { concat, goodbyeOf, noBytes, type RawFrame, u32 } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const violations = suite("a peer that breaks the rules of calls");

const END = 0x80;
const MORE = 0x40;

const opened: RawFrame = {
  kind: Kind.CALL,
  id: 5,
  payload: concat(u32(chat.id), u32(9_000), new Uint8Array(2)),
};
const unary = (id: number): RawFrame => ({
  kind: Kind.CALL,
  flags: END,
  id,
  payload: concat(u32(echo.id), u32(9_000), new Uint8Array(2), note("a")),
});
const data = (id: number, flags: number, payload: Uint8Array): RawFrame => ({
  kind: Kind.DATA,
  flags,
  id,
  payload,
});

const broken: readonly [sentence: string, frames: RawFrame[], words: RegExp][] = [
  ["an id twice", [unary(5), unary(5)], /not a rising id/],
  ["an id that goes back", [unary(5), unary(3)], /not a rising id/],
  ["an id of the other side's parity", [unary(4)], /not a rising id/],
  ["DATA for a call that was never opened", [data(7, 0, noBytes)], /never opened/],
  ["FINISH for a call that was never opened", [opened, { kind: Kind.FINISH, id: 7 }], /never opened/],
  ["CANCEL for a call that was never opened", [{ kind: Kind.CANCEL, id: 1 }], /never opened/],
  [
    "CREDIT for a call that was never opened",
    [{ kind: Kind.CREDIT, id: 1, payload: u32(1) }],
    /never opened/,
  ],
  ["DATA for a call of this side that was never opened", [data(2, 0, noBytes)], /never opened/],
  ["FAIL for a call of its own", [opened, { kind: Kind.FAIL, id: 5 }], /FAIL for a call of the sender/],
  ["CANCEL for a call of this side", [{ kind: Kind.CANCEL, id: 2 }], /CANCEL for a call of the other/],
  ["CREDIT of 0", [opened, { kind: Kind.CREDIT, id: 5, payload: u32(0) }], /CREDIT of 0/],
  [
    "CREDIT of 2^31",
    [opened, { kind: Kind.CREDIT, id: 5, payload: u32(0x80000000) }],
    /CREDIT of 2147483648/,
  ],
  [
    "DATA beyond its credit",
    [opened, data(5, 0, noteOf(1_000)), data(5, 0, noteOf(1_000)), data(5, 0, noBytes)],
    /on a credit of/,
  ],
  [
    "a CALL that opens a stream with message bytes",
    [{ ...opened, payload: concat(opened.payload as Uint8Array, note("a")) }],
    /carries message bytes/,
  ],
  [
    "metadata that runs past its CALL",
    [{ ...opened, payload: concat(u32(chat.id), u32(9_000), new Uint8Array([0, 1])) }],
    /runs past its frame/,
  ],
  [
    "a second request message",
    [
      { ...opened, payload: concat(u32(echo.id), u32(9), new Uint8Array(2)) },
      data(5, 0, note("a")),
      data(5, 0, note("b")),
    ],
    /second request message/,
  ],
  [
    "FINISH inside a message",
    [opened, data(5, MORE, u32(100)), { kind: Kind.FINISH, id: 5 }],
    /inside a message/,
  ],
  [
    "END inside a message",
    [opened, data(5, MORE, u32(100)), data(5, END, new Uint8Array(9))],
    /ended after 9/,
  ],
  ["DATA behind FINISH", [opened, { kind: Kind.FINISH, id: 5 }, data(5, 0, note("a"))], /behind the end/],
  ["WELCOME", [{ kind: Kind.WELCOME, payload: new Uint8Array(5) }], /WELCOME after the handshake/],
  ["a PONG that answers no PING", [{ kind: Kind.PONG, payload: new Uint8Array(8) }], /answers no PING/],
];

for (const [sentence, frames, words] of broken) {
  violations(`is dismissed for ${sentence}`, async () => {
    const blocked = gate<void>();
    const contexts: CallContext[] = [];
    const lab = await accepted({
      options: { initialCreditBytes: 2_000, callCreditBytes: 2_000 },
      handlers: {
        async *chat(_requests, context) {
          contexts.push(context);
          await blocked.promise;
          yield { text: "" };
        },
      },
    });
    lab.peer.send(...frames);
    await lab.env.settle();
    assert.is(lab.side.session.state, "closed");
    assert.equal([lab.side.end.reason, lab.side.end.by], ["PROTOCOL_ERROR", "here"]);
    assert.match(lab.side.end.message, words);
    const goodbye = goodbyeOf(lab.peer.take().at(-1) as never);
    assert.is(goodbye.reason, 2);
    assert.match(goodbye.message, words);
    assert.ok(lab.peer.ended);
    for (const context of contexts) assert.ok(context.cancelled, "its handlers are told");
    blocked.resolve();
    await lab.env.settle();
    assertClean(lab, lab.side);
  });
}

violations("is told the highest call that was taken", async () => {
  const lab = await accepted();
  lab.peer.send(unary(1), unary(9), { kind: Kind.PONG, payload: new Uint8Array(8) });
  await lab.env.settle();
  assert.is(goodbyeOf(lab.peer.take().at(-1) as never).lastCallId, 9);
});

violations("has nothing more read of it, not even the rest of the chunk", async () => {
  const { contexts, echo: held } = heldEcho();
  const lab = await accepted({ handlers: { echo: held } });
  lab.peer.send({ kind: Kind.PONG, payload: new Uint8Array(8) }, unary(1));
  lab.peer.send(unary(3));
  await lab.env.settle();
  assert.is(contexts.length, 0);
});
