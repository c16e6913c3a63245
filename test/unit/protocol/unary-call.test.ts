// Calls of this side, frame by frame: caller.ts, calling.ts, outgoing-call.ts with a peer that speaks frames.
import * as assert from "uvu/assert";
import { Kind, readU32 } from "../../../packages/framing/src/index.ts";
import type { Metadata } from "../../../packages/protocol/src/call.ts";
import { assertClean, dialed, watch } from "../../support/protocol/lab.ts";
import { echo, note, noteOf, noteTextOf, tell } from "../../support/protocol/lab-service.ts";
import {
  concat,
  creditOf,
  failurePayload,
  metadataPayload,
  noBytes,
  u32,
} from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const unary = suite("a call with one answer");
const END = 0x80;
const MORE = 0x40;

unary("is CALL|END with method, time, metadata and request, and resolves with DATA|END", async () => {
  const lab = await dialed();
  const call = watch(
    lab.side.caller.unary(echo, { text: "hi" }, { timeoutMs: 500.5, metadata: { trace: "7" } }),
  );
  await lab.env.settle();
  const frame = lab.peer.one(Kind.CALL);
  assert.equal([frame.flags, frame.id], [END, 1]);
  const metadata = metadataPayload([["trace", "7"]]);
  assert.equal(
    frame.payload,
    concat(u32(echo.id), u32(501), new Uint8Array([0, metadata.length]), metadata, note("hi")),
  );
  lab.peer.data(1, END, note("there"));
  await lab.env.settle();
  assert.equal(call.value, { text: "there" });
  assertClean(lab, lab.side);
});

unary("has an empty answer too", async () => {
  const lab = await dialed();
  const call = watch(lab.side.caller.unary(echo, { text: "" }));
  lab.peer.data(1, END, noBytes);
  await lab.env.settle();
  assert.equal(call.value, { text: "" });
});

unary("hands over trailers before it resolves", async () => {
  const lab = await dialed();
  const order: string[] = [];
  const onTrailers = (trailers: Metadata) => order.push(`trailers ${String(trailers.get("rows"))}`);
  void lab.side.caller.unary(echo, { text: "" }, { onTrailers }).then(() => order.push("resolved"));
  lab.peer.data(1, 0, note("x"));
  lab.peer.send({ kind: Kind.FINISH, id: 1, payload: metadataPayload([["rows", "3"]]) });
  await lab.env.settle();
  assert.equal(order, ["trailers 3", "resolved"]);
  assertClean(lab, lab.side);
});

unary("fails alone when the caller's own function for trailers throws", async () => {
  const lab = await dialed();
  const mine = new Error("mine");
  const onTrailers = () => {
    throw mine;
  };
  const call = watch(lab.side.caller.unary(echo, { text: "" }, { onTrailers }));
  lab.peer.data(1, END, note("x"));
  await lab.env.settle();
  assert.is(call.error, mine as never);
  assert.is(lab.side.session.state, "ready");
});

unary("puts an answer in pieces together, and grants what it needs", async () => {
  const lab = await dialed({ options: { initialCreditBytes: 1_000, callCreditBytes: 2_000 } });
  const call = watch(lab.side.caller.unary(echo, { text: "" }));
  const bytes = noteOf(2_500);
  lab.peer.data(1, MORE, concat(u32(2_500), bytes.subarray(0, 900)));
  await lab.env.settle();
  const [, credit] = lab.peer.take();
  assert.ok(creditOf(credit as never) >= 1_600);
  lab.peer.data(1, END, bytes.subarray(900));
  await lab.env.settle();
  assert.is(call.value?.text, noteTextOf(2_500));
  assert.equal(lab.peer.words(), [], "nothing is granted to a call that takes no more");
  assertClean(lab, lab.side);
});

unary("fails with what the other side says in FAIL", async () => {
  const lab = await dialed();
  const call = watch(lab.side.caller.unary(echo, { text: "" }));
  lab.peer.send({
    kind: Kind.FAIL,
    id: 1,
    payload: failurePayload({ code: 5, message: "no such row", outcome: 2, retryAfterMs: 40 }),
  });
  await lab.env.settle();
  const { code, message, outcome, family, method, peer, retryAfterMs } = call.error ?? {};
  assert.equal([code, message, outcome, family], ["NOT_FOUND", "no such row", "executed", "status"]);
  assert.equal([method, peer, retryAfterMs], ["lab.Lab/Echo", "raw:1", 40]);
  assertClean(lab, lab.side);
});

unary("times out by this side's clock, tells the other side, and ignores what comes late", async () => {
  const lab = await dialed();
  const call = watch(lab.side.caller.unary(echo, { text: "" }, { timeoutMs: 200 }), () => lab.env.now);
  const startedAt = lab.env.now;
  await lab.env.advance(300);
  assert.equal(
    [call.error?.code, call.error?.outcome, call.error?.family],
    ["DEADLINE_EXCEEDED", "unknown", "link"],
  );
  assert.ok(call.settledAt - startedAt >= 200 && call.settledAt - startedAt <= 300);
  assert.equal(lab.peer.words(), ["CALL|END 1", "CANCEL 1"]);
  lab.peer.data(1, END, note("late"));
  lab.peer.send(
    { kind: Kind.FINISH, id: 1 },
    { kind: Kind.FAIL, id: 1 },
    { kind: Kind.CREDIT, id: 1, payload: u32(1) },
  );
  await lab.env.settle();
  assert.is(lab.side.session.state, "ready");
  assertClean(lab, lab.side);
});

unary("ends at once with its signal, and is not even sent when that has aborted already", async () => {
  const lab = await dialed();
  const abort = new AbortController();
  const call = watch(lab.side.caller.unary(echo, { text: "" }, { signal: abort.signal }));
  await lab.env.settle();
  abort.abort(new Error("enough"));
  const late = watch(lab.side.caller.unary(echo, { text: "" }, { signal: abort.signal }));
  await lab.env.settle();
  assert.equal([call.error?.code, call.error?.outcome], ["CANCELLED", "unknown"]);
  assert.match(String(call.error?.cause), /enough/);
  assert.equal([late.error?.code, late.error?.outcome], ["CANCELLED", "not-executed"]);
  assert.equal(lab.peer.words(), ["CALL|END 1", "CANCEL 1"]);
  assertClean(lab, lab.side);
});

unary("may share its signal with hundreds of others, and leaves no listener on it", async () => {
  const lab = await dialed();
  const abort = new AbortController();
  const { signal } = abort;
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };
  const calls = Array.from({ length: 300 }, () =>
    watch(lab.side.caller.unary(echo, { text: "" }, { signal })),
  );
  await lab.env.settle();
  for (let id = 1; id < 600; id += 2) lab.peer.data(id, END, noBytes);
  await lab.env.settle();
  assert.ok(calls.every(({ state }) => state === "resolved"));
  assert.is(listeners, 0);
});

unary("refuses options that make no sense, before anything is sent", async () => {
  const lab = await dialed();
  for (const timeoutMs of [0, -1, Number.NaN]) {
    const call = watch(lab.side.caller.unary(echo, { text: "" }, { timeoutMs }));
    await lab.env.settle();
    assert.is(call.error?.family, "usage");
  }
  for (const options of [{ metadata: { "Bad Key": "" } }, { metadata: { k: "v".repeat(9_000) } }]) {
    const call = watch(lab.side.caller.unary(echo, { text: "" }, options));
    await lab.env.settle();
    assert.is(call.error?.family, "usage");
  }
  const unencodable = watch(lab.side.caller.unary(echo, { text: 5 as unknown as string }));
  await lab.env.settle();
  assert.equal([unencodable.error?.family, unencodable.error?.outcome], ["usage", "not-executed"]);
  assert.equal(lab.peer.words(), []);
  const next = watch(lab.side.caller.unary(echo, { text: "" }));
  await lab.env.settle();
  const { id } = lab.peer.one(Kind.CALL);
  lab.peer.data(id, END, noBytes);
  await lab.env.settle();
  assert.is(next.state, "resolved");
  assertClean(lab, lab.side);
});

unary("without a deadline says so on the wire", async () => {
  const lab = await dialed();
  const call = watch(lab.side.caller.unary(echo, { text: "" }, { timeoutMs: Number.POSITIVE_INFINITY }));
  await lab.env.advance(100_000);
  const frame = lab.peer.take()[0];
  assert.is(readU32(frame?.payload ?? noBytes, 4), 0xffffffff);
  assert.is(call.state, "rejected", "the raw peer answers no PING, so the heartbeat ended it");
});

unary(
  "that is one way resolves when its bytes are handed over; a late failure is told beside it",
  async () => {
    const lab = await dialed();
    const call = watch(lab.side.caller.oneWay(tell, { text: "x" }));
    await lab.env.settle();
    assert.is(call.state, "resolved");
    assert.is(lab.side.session.openCalls, 1);
    lab.peer.send({ kind: Kind.FAIL, id: 1, payload: failurePayload({ code: 13, outcome: 2 }) });
    await lab.env.settle();
    assert.is(lab.side.oneWayErrors[0]?.code, "INTERNAL");
    assertClean(lab, lab.side);
  },
);

unary("that is one way and large resolves when its last byte is handed over, not its first", async () => {
  const limits = {
    maxFrameBytes: 1_024,
    maxMessageBytes: 100_000,
    maxConcurrentCalls: 9,
    initialCreditBytes: 1_000,
  };
  const lab = await dialed({}, { limits });
  const call = watch(lab.side.caller.oneWay(tell, { text: noteTextOf(50_000) }));
  await lab.env.settle();
  assert.is(call.state, "pending");
  lab.peer.credit(1, 60_000);
  await lab.env.settle();
  assert.is(call.state, "resolved");
});
