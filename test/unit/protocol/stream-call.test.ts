// Calls of this side, frame by frame: caller.ts, calling.ts, outgoing-call.ts with a peer that speaks frames.
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import { assertClean, dialed, watch } from "../../support/protocol/lab.ts";
import { chat, collect, count, note, noteTextOf } from "../../support/protocol/lab-service.ts";
import { failurePayload, metadataPayload } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const streams = suite("a call with a stream");
const END = 0x80;
const _MORE = 0x40;

streams("of answers ends with FINISH, and with trailers", async () => {
  const lab = await dialed();
  const stream = lab.side.caller.serverStream(count, { text: "3" });
  const trailers = watch(stream.trailers);
  lab.peer.data(1, 0, note("1"));
  lab.peer.data(1, 0, note("2"));
  lab.peer.send({ kind: Kind.FINISH, id: 1, payload: metadataPayload([["rows", "2"]]) });
  const texts: string[] = [];
  for await (const { text } of stream) texts.push(text);
  assert.equal(texts, ["1", "2"]);
  assert.equal([...(trailers.value ?? [])], [["rows", "2"]]);
  assertClean(lab, lab.side);
});

streams("of answers that fails gives what came before, then the error", async () => {
  const lab = await dialed();
  const stream = lab.side.caller.serverStream(count, { text: "3" });
  lab.peer.data(1, 0, note("1"));
  lab.peer.send({ kind: Kind.FAIL, id: 1, payload: failurePayload({ code: 9, outcome: 2 }) });
  const texts: string[] = [];
  const read = watch(
    (async () => {
      for await (const { text } of stream) texts.push(text);
    })(),
  );
  await lab.env.settle();
  assert.equal(texts, ["1"]);
  assert.is(read.error?.code, "FAILED_PRECONDITION");
  assert.is(watch(stream.trailers).state, "pending");
});

streams("that is left early is cancelled", async () => {
  const lab = await dialed();
  const stream = lab.side.caller.serverStream(count, { text: "3" });
  lab.peer.data(1, 0, note("1"));
  for await (const _ of stream) break;
  await lab.env.settle();
  assert.equal(lab.peer.words(), ["CALL|END 1", "CANCEL 1"]);
  assertClean(lab, lab.side);
});

streams("of requests: CALL, DATA …, FINISH, and one answer", async () => {
  const lab = await dialed();
  const call = watch(
    lab.side.caller.clientStream(collect).send([{ text: "a" }, { text: "" }, { text: "b" }]),
  );
  await lab.env.settle();
  assert.equal(lab.peer.words(), ["CALL 1", "DATA 1", "DATA 1", "DATA 1", "FINISH 1"]);
  lab.peer.data(1, END, note("ok"));
  await lab.env.settle();
  assert.equal(call.value, { text: "ok" });
  assertClean(lab, lab.side);
});

streams(
  "of requests that is answered early keeps its answer, and tells the other side that no more comes",
  async () => {
    const lab = await dialed(
      {},
      { limits: { maxFrameBytes: 0, maxMessageBytes: 9_000, maxConcurrentCalls: 9, initialCreditBytes: 1 } },
    );
    let written = 0;
    async function* endless(): AsyncGenerator<{ text: string }> {
      for (;;) {
        written++;
        yield { text: noteTextOf(600) };
      }
    }
    const call = watch(lab.side.caller.clientStream(collect).send(endless()));
    await lab.env.settle();
    lab.peer.data(1, END, note("enough"));
    await lab.env.settle();
    assert.equal(call.value, { text: "enough" });
    assert.ok(written < 5);
    assert.is(lab.peer.words().at(-1), "CANCEL 1");
    assertClean(lab, lab.side);
  },
);

streams("of requests whose source throws is cancelled, and throws that", async () => {
  const lab = await dialed();
  const broken = new Error("the file is gone");
  function* source(): Generator<{ text: string }> {
    yield { text: "a" };
    throw broken;
  }
  const call = watch(lab.side.caller.clientStream(collect).send(source()));
  await lab.env.settle();
  assert.is(call.error, broken as never);
  assert.equal(lab.peer.words(), ["CALL 1", "DATA 1", "CANCEL 1"]);
  assertClean(lab, lab.side);
});

streams("lets others have their turn, however fast its messages come and are taken", async () => {
  const limits = {
    maxFrameBytes: 65_536,
    maxMessageBytes: 65_536,
    maxConcurrentCalls: 9,
    initialCreditBytes: 0x7fffffff,
  };
  const { env, side, peer } = await dialed({}, { limits });
  let made = 0;
  let others = 0;
  const other = (): void => {
    others++;
    if (made < 20_000) env.later(other);
  };
  env.later(other);
  function* notes() {
    for (; made < 20_000; made++) yield { text: "x" };
  }
  const sent = side.caller.clientStream(collect).send(notes());
  const writes = side.caller.duplex(chat);
  for (let i = 0; i < 5_000; i++) void writes.write({ text: "y" });
  await env.settle();
  assert.is(peer.take().filter(({ kind, id }) => kind === Kind.DATA && id === 1).length, 20_000);
  // 131,072 bytes at once, 67 a message: eleven rests.
  assert.ok(others >= 10, `${others} turns of others`);
  peer.data(1, END, note("done"));
  await env.settle();
  assert.equal(await sent, { text: "done" });
});

streams("without an answer, or with two, fails", async () => {
  const lab = await dialed();
  const none = watch(lab.side.caller.clientStream(collect).end());
  const two = watch(lab.side.caller.clientStream(collect).end());
  await lab.env.settle();
  lab.peer.send({ kind: Kind.FINISH, id: 1 });
  lab.peer.data(3, 0, note("1"));
  lab.peer.data(3, 0, note("2"));
  await lab.env.settle();
  assert.equal([none.error?.code, none.error?.family], ["INTERNAL", "protocol"]);
  assert.equal([two.error?.code, two.error?.family], ["INTERNAL", "protocol"]);
  assertClean(lab, lab.side);
});

streams(
  "in both directions waits for credit with its writes, and refuses to write behind its end",
  async () => {
    const lab = await dialed(
      {},
      {
        limits: { maxFrameBytes: 0, maxMessageBytes: 9_000, maxConcurrentCalls: 9, initialCreditBytes: 300 },
      },
    );
    const duplex = lab.side.caller.duplex(chat);
    const write = watch(duplex.write({ text: noteTextOf(600) }));
    await lab.env.settle();
    assert.is(write.state, "pending");
    lab.peer.credit(1, 304);
    await lab.env.settle();
    assert.is(write.state, "resolved");
    await duplex.end();
    await duplex.end();
    const late = watch(duplex.write({ text: "x" }));
    await lab.env.settle();
    assert.is(late.error?.family, "usage");
    assert.equal(lab.peer.words(), ["CALL 1", "DATA|MORE 1", "DATA 1", "FINISH 1"]);
  },
);
