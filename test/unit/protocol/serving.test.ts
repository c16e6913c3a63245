// Calls of the other side, frame by frame: session.ts, serving.ts, incoming-call.ts with a peer that speaks frames.
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import type { CallContext } from "../../../packages/protocol/src/call.ts";
import { VertexError } from "../../../packages/protocol/src/vertex-error.ts";
import { accepted, gate, heldEcho, type RawLab } from "../../support/protocol/lab.ts";
import {
  chat,
  collect,
  count,
  echo,
  note,
  noteOf,
  tell,
  textOf,
} from "../../support/protocol/lab-service.ts";
import {
  concat,
  failureOf,
  goodbyeOf,
  metadataPayload,
  noBytes,
  type RawFrame,
  u32,
} from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const shapes = suite("a call that is served");
const refusals = suite("a call that is refused");
const endings = suite("a call that its caller ends");
const violations = suite("a peer that breaks the rules of calls");

const END = 0x80;
const MORE = 0x40;

/** Nothing is left of any call: no slot, no deadline. */
function assertClean({ side, loop }: RawLab): void {
  assert.is(side.session.runningCalls, 0, "slots taken");
  assert.is(side.session.openCalls, 0, "calls open");
  assert.is(loop.deadlines.size, 0, "deadlines set");
}

shapes("with one request and one answer: CALL|END, DATA|END", async () => {
  const lab = await accepted();
  lab.peer.call(1, { methodId: echo.id, message: note("hi") }, END);
  await lab.env.settle();
  const answer = lab.peer.one(Kind.DATA);
  assert.equal([answer.flags, answer.id, textOf(answer.payload)], [END, 1, "hi"]);
  assertClean(lab);
});

shapes("with an empty request and an empty answer", async () => {
  const lab = await accepted();
  lab.peer.call(1, { methodId: echo.id }, END);
  await lab.env.settle();
  assert.is(lab.peer.one(Kind.DATA).payload.length, 0);
});

shapes("with its request in DATA and FINISH behind an open CALL", async () => {
  const lab = await accepted();
  lab.peer.call(1, { methodId: echo.id }, 0);
  lab.peer.data(1, 0, note("later"));
  await lab.env.settle();
  assert.equal(lab.peer.words(), []);
  lab.peer.send({ kind: Kind.FINISH, id: 1 });
  await lab.env.settle();
  assert.is(textOf(lab.peer.one(Kind.DATA).payload), "later");
});

shapes("with a request in pieces, between which other calls are served", async () => {
  const lab = await accepted();
  const bytes = noteOf(3_000);
  lab.peer.call(1, { methodId: echo.id, message: concat(u32(3_000), bytes.subarray(0, 1_000)) }, MORE);
  lab.peer.call(3, { methodId: echo.id, message: note("quick") }, END);
  lab.peer.data(1, MORE, bytes.subarray(1_000, 2_999));
  await lab.env.settle();
  assert.equal(lab.peer.words(), ["DATA|END 3"]);
  lab.peer.data(1, END, bytes.subarray(2_999));
  await lab.env.settle();
  assert.equal(lab.peer.one(Kind.DATA).payload, bytes);
  assertClean(lab);
});

shapes("one way: FINISH when the handler has settled, which frees the slot", async () => {
  const done = gate<void>();
  const lab = await accepted({ handlers: { tell: () => done.promise } });
  lab.peer.call(1, { methodId: tell.id, message: note("x") }, END);
  await lab.env.settle();
  assert.equal(lab.peer.words(), []);
  assert.is(lab.side.session.runningCalls, 1);
  done.resolve();
  await lab.env.settle();
  assert.equal(lab.peer.words(), ["FINISH 1"]);
  assertClean(lab);
});

shapes("with a stream of answers: DATA …, FINISH", async () => {
  const lab = await accepted();
  lab.peer.call(1, { methodId: count.id, message: note("3") }, END);
  await lab.env.settle();
  const frames = lab.peer.take();
  assert.equal(
    frames.map(({ name, flags, payload }) => `${name} ${flags} ${name === "DATA" ? textOf(payload) : ""}`),
    ["DATA 0 1", "DATA 0 2", "DATA 0 3", "FINISH 0 "],
  );
  assertClean(lab);
});

shapes("with a stream of requests: DATA …, END on the last or FINISH behind it", async () => {
  for (const last of ["END", "FINISH"]) {
    const lab = await accepted();
    lab.peer.call(1, { methodId: collect.id }, 0);
    lab.peer.data(1, 0, note("a"));
    lab.peer.data(1, last === "END" ? END : 0, note("b"));
    if (last === "FINISH") lab.peer.send({ kind: Kind.FINISH, id: 1 });
    await lab.env.settle();
    const answer = lab.peer.one(Kind.DATA);
    assert.equal([answer.flags, textOf(answer.payload)], [END, "a,b"]);
    assertClean(lab);
  }
});

shapes("with an empty stream of requests", async () => {
  const lab = await accepted();
  lab.peer.call(1, { methodId: collect.id }, 0);
  lab.peer.send({ kind: Kind.FINISH, id: 1 });
  await lab.env.settle();
  assert.is(textOf(lab.peer.one(Kind.DATA).payload), "");
});

shapes("in both directions at once, each at its own pace", async () => {
  const lab = await accepted();
  lab.peer.call(1, { methodId: chat.id }, 0);
  for (const text of ["a", "b"]) {
    lab.peer.data(1, 0, note(text));
    await lab.env.settle();
    assert.is(textOf(lab.peer.one(Kind.DATA).payload), text);
  }
  lab.peer.send({ kind: Kind.FINISH, id: 1 });
  await lab.env.settle();
  assert.equal(lab.peer.words(), ["FINISH 1"]);
  assertClean(lab);
});

shapes("with trailers ends with FINISH, and with them in FAIL when it fails", async () => {
  const lab = await accepted({
    handlers: {
      echo: (request, context) => {
        context.setTrailer("rows", "3");
        if (request.text === "bad") throw new VertexError("NOT_FOUND", "no such row");
        return request;
      },
    },
  });
  lab.peer.call(1, { methodId: echo.id, message: note("ok") }, END);
  lab.peer.call(3, { methodId: echo.id, message: note("bad") }, END);
  await lab.env.settle();
  const [data, finish, fail] = lab.peer.take();
  assert.equal([data?.name, data?.flags, finish?.name], ["DATA", 0, "FINISH"]);
  assert.equal(finish?.payload, metadataPayload([["rows", "3"]]));
  const failure = failureOf(fail as never);
  assert.equal([failure.code, failure.outcome, failure.trailers?.entries.length], [5, 2, 1]);
  assertClean(lab);
});

shapes("whose trailers are too many together fails alone, also when it fails by itself", async () => {
  for (const text of ["ok", "bad", "late"]) {
    const lab = await accepted({
      handlers: {
        echo: (request, context) => {
          for (let n = 0; n < 3; n++) context.setTrailer(`t${n}`, "v".repeat(4_000));
          if (request.text === "bad") throw new VertexError("NOT_FOUND", "no such row");
          return request.text === "late" ? Promise.reject(new Error("oops")) : request;
        },
      },
    });
    lab.peer.call(1, { methodId: echo.id, message: note(text) }, END);
    await lab.env.settle();
    assert.is(lab.peer.take().at(-1)?.name, "FAIL");
    assert.is(lab.side.session.state, "ready");
    assertClean(lab);
  }
});

shapes("knows its metadata, its peer, its method and its time", async () => {
  let context: CallContext | undefined;
  const lab = await accepted({
    handlers: {
      echo: (request, given) => {
        context = given;
        return request;
      },
    },
  });
  const metadata = metadataPayload([["trace", "7"]]);
  lab.peer.call(1, { methodId: echo.id, remainingMs: 700, metadata, message: note("a") }, END);
  assert.is(context?.remainingMs, 700);
  assert.equal([...(context?.metadata ?? [])], [["trace", "7"]]);
  assert.equal(
    [context?.method, context?.peer.name, context?.peer.address],
    ["lab.Lab/Echo", "raw", "raw:1"],
  );
  await lab.env.advance(100);
  assert.is(context?.remainingMs, 600);
  lab.peer.call(3, { methodId: echo.id, remainingMs: 0xffffffff, message: note("a") }, END);
  assert.is(context?.remainingMs, Number.POSITIVE_INFINITY);
});

shapes("that throws shows its caller nothing of it, and its own side all", async () => {
  const secret = new Error("password=hunter2");
  for (const late of [false, true]) {
    const lab = await accepted({
      handlers: {
        echo: () => {
          if (late) return Promise.reject(secret);
          throw secret;
        },
        async *chat() {
          yield { text: "first" };
          throw secret;
        },
      },
    });
    lab.peer.call(1, { methodId: echo.id, message: note("a") }, END);
    lab.peer.call(3, { methodId: chat.id }, 0);
    await lab.env.settle();
    const frames = lab.peer.take();
    for (const frame of frames.filter(({ kind }) => kind === Kind.FAIL)) {
      const { code, outcome, message } = failureOf(frame);
      assert.equal([code, outcome, message], [13, 2, "the handler failed"]);
    }
    assert.equal(lab.side.handlerErrors, [secret, secret]);
    assertClean(lab);
  }
});

shapes("that answers with what cannot be encoded fails alone, with INTERNAL", async () => {
  const lab = await accepted({
    handlers: {
      echo: () => undefined,
      *count() {
        yield { text: "good" };
        yield { text: 5 as unknown as string };
      },
    },
  });
  lab.peer.call(1, { methodId: echo.id, message: note("a") }, END);
  lab.peer.call(3, { methodId: count.id, message: note("1") }, END);
  await lab.env.settle();
  const frames = lab.peer.take();
  assert.equal(
    frames.map(({ name, id }) => `${name} ${id}`),
    ["FAIL 1", "DATA 3", "FAIL 3"],
  );
  for (const at of [0, 2]) assert.is(failureOf(frames[at] as never).code, 13);
  assert.is(lab.side.handlerErrors.length, 2);
  assertClean(lab);
});

shapes("whose stream handler returns no stream fails alone", async () => {
  const lab = await accepted({ handlers: { count: () => 7, chat: () => undefined } });
  lab.peer.call(1, { methodId: count.id, message: note("1") }, END);
  lab.peer.call(3, { methodId: chat.id }, 0);
  await lab.env.settle();
  assert.equal(lab.peer.words(), ["FAIL 1", "FAIL 3"]);
  assertClean(lab);
});

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
    assertClean(lab);
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
    assertClean(lab);
  }
});

refusals("for too many at once counts handlers that run, not calls that are open", async () => {
  const { gates, echo: held } = heldEcho();
  const lab = await accepted({ options: { maxConcurrentCalls: 2 }, handlers: { echo: held } });
  for (const id of [1, 3, 5]) lab.peer.call(id, { methodId: echo.id, message: note("a") }, END);
  await lab.env.settle();
  const failure = failureOf(lab.peer.one(Kind.FAIL));
  assert.equal([failure.code, failure.outcome], [8, 1]);
  lab.peer.send({ kind: Kind.CANCEL, id: 1 });
  lab.peer.call(7, { methodId: echo.id, message: note("a") }, END);
  await lab.env.settle();
  lab.peer.one(Kind.FAIL);
  gates[0]?.resolve({ text: "nobody wants it" });
  await lab.env.settle();
  lab.peer.call(9, { methodId: echo.id, message: note("a") }, END);
  await lab.env.settle();
  assert.equal(lab.peer.words(), []);
  assert.is(gates.length, 3);
  for (const one of gates) one.resolve({ text: "x" });
  await lab.env.settle();
  assertClean(lab);
});

endings(
  "with CANCEL tells the handler at once; the slot is free when it has settled, and nothing is answered",
  async () => {
    const { contexts, gates, echo: held } = heldEcho();
    const lab = await accepted({ handlers: { echo: held } });
    lab.peer.call(1, { methodId: echo.id, message: note("a") }, END);
    const { signal } = contexts[0] as CallContext;
    let aborted = 0;
    signal.addEventListener("abort", () => aborted++);
    lab.peer.send({ kind: Kind.CANCEL, id: 1 }, { kind: Kind.CANCEL, id: 1 });
    assert.equal([aborted, contexts[0]?.cancelled, lab.side.session.runningCalls], [1, true, 1]);
    gates[0]?.resolve({ text: "late" });
    await lab.env.settle();
    assert.equal(lab.peer.words(), []);
    assert.equal(lab.side.handlerErrors, []);
    assertClean(lab);
  },
);

endings("before its request is complete never enters the handler", async () => {
  let ran = 0;
  const lab = await accepted({ handlers: { echo: () => ran++ } });
  lab.peer.call(1, { methodId: echo.id, message: concat(u32(100), note("a")) }, MORE);
  lab.peer.send({ kind: Kind.CANCEL, id: 1 });
  lab.peer.data(1, END, new Uint8Array(97));
  await lab.env.settle();
  assert.equal([ran, lab.peer.words().length], [0, 0]);
  assertClean(lab);
});

endings("after it was answered is nothing", async () => {
  const lab = await accepted();
  lab.peer.call(1, { methodId: echo.id, message: note("a") }, END);
  await lab.env.settle();
  lab.peer.take();
  lab.peer.send({ kind: Kind.CANCEL, id: 1 });
  await lab.env.settle();
  assert.equal(lab.peer.words(), []);
  assert.is(lab.side.session.state, "ready");
});

endings("in the middle of a stream ends the loops of the handler on both sides of it", async () => {
  const log: string[] = [];
  const lab = await accepted({
    handlers: {
      async *chat(requests) {
        try {
          for await (const message of requests) yield message;
        } catch (error) {
          log.push((error as VertexError).code);
        } finally {
          log.push("finally");
        }
      },
    },
  });
  lab.peer.call(1, { methodId: chat.id }, 0);
  lab.peer.data(1, 0, note("a"));
  await lab.env.settle();
  lab.peer.send({ kind: Kind.CANCEL, id: 1 });
  await lab.env.settle();
  assert.equal(log, ["CANCELLED", "finally"]);
  assertClean(lab);
});

endings(
  "when its deadline passes: FAIL, the signal, and a slot that stays taken until the handler settles",
  async () => {
    const { contexts, gates, echo: held } = heldEcho();
    const lab = await accepted({ handlers: { echo: held } });
    lab.peer.call(1, { methodId: echo.id, remainingMs: 200, message: note("a") }, END);
    const { signal } = contexts[0] as CallContext;
    await lab.env.advance(190);
    assert.not(signal.aborted);
    await lab.env.advance(50);
    const failure = failureOf(lab.peer.one(Kind.FAIL));
    assert.equal([failure.code, failure.outcome], [4, 3]);
    assert.ok(signal.aborted);
    assert.is(lab.side.session.runningCalls, 1);
    gates[0]?.reject(new Error("too late to matter"));
    await lab.env.settle();
    assert.equal(lab.peer.words(), []);
    assert.equal(lab.side.handlerErrors, []);
    assertClean(lab);
  },
);

endings("when its deadline passes before its request is complete: it was not executed", async () => {
  const lab = await accepted();
  lab.peer.call(1, { methodId: echo.id, remainingMs: 50, message: concat(u32(100), note("a")) }, MORE);
  await lab.env.advance(100);
  const failure = failureOf(lab.peer.one(Kind.FAIL));
  assert.equal([failure.code, failure.outcome], [4, 1]);
  assertClean(lab);
});

endings(
  "drops the requests that nobody has read: a slow handler holds nothing of a call that is over",
  async () => {
    const go = gate<void>();
    const seen: string[] = [];
    const lab = await accepted({
      handlers: {
        collect: async (requests) => {
          await go.promise;
          for await (const { text } of requests) seen.push(text);
          return { text: "" };
        },
      },
    });
    lab.peer.call(1, { methodId: collect.id }, 0);
    for (let n = 0; n < 20; n++) lab.peer.data(1, 0, note(`${n}`));
    lab.peer.send({ kind: Kind.CANCEL, id: 1 });
    go.resolve();
    await lab.env.settle();
    assert.equal(seen, []);
    assertClean(lab);
  },
);

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
    assertClean(lab);
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
