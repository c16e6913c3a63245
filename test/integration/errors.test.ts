// What callers are told when something fails, and what they are not.

import { connect } from "@vertex/client";
import { createServer, VertexError } from "@vertex/server";
import * as assert from "uvu/assert";
import { Blobs, Greeter } from "../gen/greeter.ts";
import {
  clientOptions,
  greeterHandlers,
  SECRET,
  serve,
  type TestBed,
  transports,
} from "../support/server/greeter.ts";
import { relayTo } from "../support/server/sockets.ts";
import { collect, failureOf, sleep, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

for (const transport of transports) {
  const test = suite(`failures over ${transport.name}`);
  let bed: TestBed;
  const oneWayFailures: VertexError[] = [];

  test.before(async () => {
    bed = await serve(
      transport.address(),
      {},
      {
        async *countdown({ from }) {
          for (let n = from; n > 0; n--) yield { n };
          throw new VertexError("DATA_LOSS", "half of it is gone", { trailers: new Map([["left", "0"]]) });
        },
        notify: ({ text }) => {
          throw new VertexError("NOT_FOUND", `no ${text}`);
        },
        remember: ({ name }) => {
          if (name === "circular") return { text: 5 } as unknown as { text: string };
          throw Object.create(null);
        },
      },
    );
  });
  test.after(() => bed.close());

  const client = () => bed.connect({ onOneWayError: (error) => oneWayFailures.push(error) });

  test("a VertexError of the handler reaches the caller whole", async () => {
    const error = await failureOf(
      client().use(Greeter).fail({ code: 8, message: "later", retryAfterMs: 1_500 }),
    );
    assert.is(error.code, "RESOURCE_EXHAUSTED");
    assert.is(error.message, "later");
    assert.is(error.outcome, "executed");
    assert.is(error.family, "status");
    assert.is(error.retryAfterMs, 1_500);
    assert.is(error.method, "vertex.test.v1.Greeter/Fail");
    assert.equal(
      error.details.map(({ type, value }) => [type, [...value]]),
      [["vertex.test.v1.Line", [1, 2, 3]]],
    );
    assert.is(error.trailers.get("why"), "asked for");
    assert.ok(error.peer?.includes(bed.address.replace(/^\w+:\/\//, "")), error.peer);
  });

  test("anything else that a handler throws is INTERNAL without its text, and is in the server's log", async () => {
    const error = await failureOf(client().use(Greeter).fail({ code: 0, message: "", retryAfterMs: 0 }));
    assert.is(error.code, "INTERNAL");
    assert.is(error.outcome, "executed");
    assert.is(error.message, "the handler failed");
    const entry = bed.log.find(({ event }) => event === "handler-failed");
    assert.match(String(entry?.error), SECRET);
    assert.is(entry?.method, "vertex.test.v1.Greeter/Fail");
    assert.is(bed.server.stats().failedHandlers >= 1, true);
  });

  test("a handler that throws something without a text fails its call only", async () => {
    const own = client();
    assert.is((await failureOf(own.use(Greeter).remember({ name: "x" }))).code, "INTERNAL");
    assert.equal(await own.use(Greeter).hello({ name: "x" }), { text: "Hello x" });
  });

  test("an answer that does not fit its schema fails its call only", async () => {
    const own = client();
    const error = await failureOf(own.use(Greeter).remember({ name: "circular" }));
    assert.is(error.code, "INTERNAL");
    assert.equal(await own.use(Greeter).hello({ name: "x" }), { text: "Hello x" });
  });

  test("a stream that fails gives what came before, then the error", async () => {
    const stream = client().use(Greeter).countdown({ from: 3, intervalMs: 0 });
    const seen: number[] = [];
    const error = await failureOf(
      (async () => {
        for await (const { n } of stream) seen.push(n);
      })(),
    );
    assert.equal(seen, [3, 2, 1]);
    assert.is(error.code, "DATA_LOSS");
    assert.is(error.trailers.get("left"), "0");
    assert.is((await failureOf(stream.trailers)).code, "DATA_LOSS");
  });

  test("a method that is not served is UNIMPLEMENTED and was not executed", async () => {
    const bare = createServer({ log: () => {} });
    const address = await bare.listen("tcp://127.0.0.1:0");
    const other = connect(address, clientOptions());
    for (const call of [
      other.use(Greeter).hello({ name: "x" }),
      collect(other.use(Greeter).countdown({ from: 1, intervalMs: 0 })),
      other.use(Blobs).consume().end(),
    ]) {
      const error = await failureOf(call);
      assert.is(error.code, "UNIMPLEMENTED");
      assert.is(error.outcome, "not-executed");
    }
    await other.close();
    await bare.shutdown();
  });

  test("a one-way call that fails is told to onOneWayError", async () => {
    await client().use(Greeter).notify({ text: "such thing" });
    await until("it is told", () => oneWayFailures.length > 0);
    assert.is(oneWayFailures[0]?.code, "NOT_FOUND");
    assert.is(oneWayFailures[0]?.message, "no such thing");
  });

  test("a request that does not fit its schema is the caller's error and is not sent", async () => {
    const error = await failureOf(
      client()
        .use(Greeter)
        .hello({ name: 5 as unknown as string }),
    );
    assert.is(error.family, "usage");
    assert.is(error.outcome, "not-executed");
  });

  test("wrong call options reject, and name what is wrong", async () => {
    const greeter = client().use(Greeter);
    assert.match(
      (await failureOf(greeter.hello({ name: "" }, { timeoutMs: 0 }))).message,
      "timeoutMs must be",
    );
    const upper = { metadata: { Upper: "x" } };
    assert.match((await failureOf(greeter.hello({ name: "" }, upper))).message, 'metadata key "Upper"');
  });
}

const wire = suite("what leaves the process");

wire("a handler's secret is in no byte of the answer", async () => {
  const bed = await serve();
  const relay = await relayTo(bed.address);
  const client = connect(relay.address, clientOptions());
  const error = await failureOf(client.use(Greeter).fail({ code: 0, message: "", retryAfterMs: 0 }));
  assert.not.match(`${error.message} ${error.stack} ${String(error.cause)}`, SECRET);
  assert.ok(relay.toClient().includes("the handler failed"), "the relay sees the answer");
  assert.not.ok(relay.toClient().includes("hunter2"));
  await client.close();
  await relay.close();
  await bed.close();
});

wire("the text of a failed call that a handler made is in no byte of the answer", async () => {
  const inner = connect("tcp://127.0.0.1:1", clientOptions());
  const bed = await serve(
    "tcp://127.0.0.1:0",
    {},
    {
      hello: ({ name }) => inner.use(Greeter).hello({ name }, { timeoutMs: 50 }),
    },
  );
  const relay = await relayTo(bed.address);
  const client = connect(relay.address, clientOptions());
  const error = await failureOf(client.use(Greeter).hello({ name: "x" }));
  assert.is(error.code, "DEADLINE_EXCEEDED");
  assert.not.ok(relay.toClient().includes("127.0.0.1:1"));
  await Promise.all([client.close(), inner.close()]);
  await relay.close();
  await bed.close();
});

wire("what authenticate throws is in no byte of the refusal, and in the server's log", async () => {
  const bed = await serve("tcp://127.0.0.1:0", {
    authenticate: () => {
      throw new Error(`database password ${SECRET}`);
    },
  });
  const relay = await relayTo(bed.address);
  const client = connect(relay.address, clientOptions());
  const error = await failureOf(client.ready());
  assert.is(error.code, "UNAUTHENTICATED");
  assert.is(error.message, "the credentials were refused");
  assert.not.ok(relay.toClient().includes("hunter2"));
  const entry = bed.log.find(({ event }) => event === "connection-dismissed");
  assert.match(String(entry?.error), SECRET);
  await client.close();
  await relay.close();
  await bed.close();
});

wire("a log that throws takes neither the call nor the server with it", async () => {
  const server = createServer({
    log: () => {
      throw new Error("disk full");
    },
  });
  server.handle(Greeter, greeterHandlers);
  const written: string[] = [];
  const { write } = process.stderr;
  process.stderr.write = ((text: string) => written.push(text) > 0) as typeof write;
  try {
    const client = connect(await server.listen("tcp://127.0.0.1:0"), clientOptions());
    const greeter = client.use(Greeter);
    assert.is((await failureOf(greeter.fail({ code: 0, message: "", retryAfterMs: 0 }))).code, "INTERNAL");
    assert.equal(await greeter.hello({ name: "x" }), { text: "Hello x" });
    await client.close();
    await server.shutdown();
    await sleep(1);
  } finally {
    process.stderr.write = write;
  }
  assert.match(written.join(""), "log-failed");
});
