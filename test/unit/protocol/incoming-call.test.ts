// Calls of the other side, frame by frame: session.ts, serving.ts, incoming-call.ts with a peer that speaks frames.
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import type { CallContext } from "../../../packages/protocol/src/call.ts";
import { VertexError } from "../../../packages/protocol/src/vertex-error.ts";
import { accepted, assertClean, gate, heldEcho } from "../../support/protocol/lab.ts";
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
import { callPayload, concat, failureOf, metadataPayload, u32 } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const shapes = suite("a call that is served");
const endings = suite("a call that its caller ends");
const END = 0x80;
const MORE = 0x40;

shapes("with one request and one answer: CALL|END, DATA|END", async () => {
  const lab = await accepted();
  lab.peer.call(1, { methodId: echo.id, message: note("hi") }, END);
  await lab.env.settle();
  const answer = lab.peer.one(Kind.DATA);
  assert.equal([answer.flags, answer.id, textOf(answer.payload)], [END, 1, "hi"]);
  assertClean(lab, lab.side);
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
  assertClean(lab, lab.side);
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
  assertClean(lab, lab.side);
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
  assertClean(lab, lab.side);
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
    assertClean(lab, lab.side);
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
  assertClean(lab, lab.side);
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
  assertClean(lab, lab.side);
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
    assertClean(lab, lab.side);
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

shapes("has its time from when it came, not from when those that came with it were done", async () => {
  const left: number[] = [];
  const lab = await accepted({
    handlers: {
      echo: (request, { remainingMs }) => {
        left.push(remainingMs);
        lab.env.jump(50);
        return request;
      },
    },
  });
  const payload = callPayload({ methodId: echo.id, remainingMs: 700, message: note("a") });
  lab.peer.send(
    { kind: Kind.CALL, flags: END, id: 1, payload },
    { kind: Kind.CALL, flags: END, id: 3, payload },
  );
  lab.peer.send({ kind: Kind.CALL, flags: END, id: 5, payload });
  assert.equal(left, [700, 650, 700]);
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
    assertClean(lab, lab.side);
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
  assertClean(lab, lab.side);
});

shapes("whose stream handler returns no stream fails alone", async () => {
  const lab = await accepted({ handlers: { count: () => 7, chat: () => undefined } });
  lab.peer.call(1, { methodId: count.id, message: note("1") }, END);
  lab.peer.call(3, { methodId: chat.id }, 0);
  await lab.env.settle();
  assert.equal(lab.peer.words(), ["FAIL 1", "FAIL 3"]);
  assertClean(lab, lab.side);
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
    assertClean(lab, lab.side);
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
  assertClean(lab, lab.side);
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
  assertClean(lab, lab.side);
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
    assertClean(lab, lab.side);
  },
);

endings("when its deadline passes before its request is complete: it was not executed", async () => {
  const lab = await accepted();
  lab.peer.call(1, { methodId: echo.id, remainingMs: 50, message: concat(u32(100), note("a")) }, MORE);
  await lab.env.advance(100);
  const failure = failureOf(lab.peer.one(Kind.FAIL));
  assert.equal([failure.code, failure.outcome], [4, 1]);
  assertClean(lab, lab.side);
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
    assertClean(lab, lab.side);
  },
);
