// What becomes of calls and connections when a server goes and comes back.
import { connect, type SessionEnd, VertexError } from "@vertex/client";
import * as assert from "uvu/assert";
import { Greeter, type GreeterHandlers } from "../gen/greeter.ts";
import { dismissingServer } from "../support/server/dismissing.ts";
import { clientOptions, greeterHandlers, serve } from "../support/server/greeter.ts";
import { freePort, muteServer, relayTo } from "../support/server/sockets.ts";
import { collect, failureOf, sleep, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

const test = suite("reconnecting");

const open: { close(): Promise<unknown> }[] = [];
function closing<T extends { close(): Promise<unknown> }>(thing: T): T {
  open.push(thing);
  return thing;
}
test.after.each(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

const fresh = async (): Promise<string> => `tcp://127.0.0.1:${await freePort()}`;

test("calls made before there is a server wait for it", async () => {
  const address = await fresh();
  const client = closing(connect(address, clientOptions()));
  const replies = Array.from({ length: 20 }, (_, i) => client.use(Greeter).hello({ name: String(i) }));
  assert.is(client.stats().waitingCalls, 20);
  await sleep(50);
  closing(await serve(address));
  assert.is((await Promise.all(replies))[19]?.text, "Hello 19");
});

test("a client finds a server that was killed and started again on the same port, and tells its user", async () => {
  const target = closing(await serve());
  const relay = await relayTo(target.address);
  const facts: string[] = [];
  const client = closing(
    connect(
      relay.address,
      clientOptions({
        onConnect: (address) => facts.push(`connected ${address}`),
        onDisconnect: ({ reason, by }, retryInMs) => facts.push(`${reason} by ${by}, ${typeof retryInMs}`),
      }),
    ),
  );
  await client.ready();
  await relay.close();
  await until("it notices", () => facts.length >= 2);
  assert.is(client.stats().connections, 0);
  const waiting = client.use(Greeter).hello({ name: "patience" });
  const ready = client.ready();
  closing(await relayTo(target.address, relay.port));
  await ready;
  assert.equal(await waiting, { text: "Hello patience" });
  assert.equal(facts.slice(0, 2), [`connected ${relay.address}`, "LINK_LOST by peer, number"]);
  assert.is(facts.at(-1), `connected ${relay.address}`);
  assert.is(client.stats().connects, 2);
});

test("open calls: unknown ones fail, idempotent ones move, streams fail", async () => {
  let served = 0;
  const target = closing(
    await serve(
      "tcp://127.0.0.1:0",
      {},
      {
        remember: async ({ name }) => {
          if (++served === 1) await sleep(300);
          return { text: `${name} ${served}` };
        },
      },
    ),
  );
  const relay = closing(await relayTo(target.address));
  const client = closing(connect(relay.address, clientOptions()));
  const greeter = client.use(Greeter);
  await client.ready();
  const unknown = failureOf(greeter.slow({ waitMs: 1_000, name: "x" }));
  const idempotent = greeter.remember({ name: "attempt" });
  const stream = failureOf(collect(greeter.countdown({ from: 100, intervalMs: 20 })));
  const upload = greeter.sum();
  await upload.write({ n: 1 });
  await until("all run", () => target.server.stats().servedCalls >= 3);
  await sleep(30);
  for (const socket of relay.sockets) socket.destroy();
  assert.equal([(await unknown).code, (await unknown).outcome], ["UNAVAILABLE", "unknown"]);
  assert.is((await unknown).family, "link");
  assert.match((await unknown).message, "the connection was lost");
  assert.equal(await idempotent, { text: "attempt 2" });
  assert.is((await stream).code, "UNAVAILABLE");
  assert.is((await stream).outcome, "executed", "a part of the answer had come");
  assert.is((await failureOf(upload.end())).code, "UNAVAILABLE");
  assert.is(client.stats().repeats, 1);
});

test("an idempotent call is sent three times at most, then fails as unknown", async () => {
  let calls = 0;
  // Ends every connection as soon as a call has come, which is after the frame of the handshake.
  const target = closing(
    await serve(
      "tcp://127.0.0.1:0",
      {},
      {
        hello: async () => {
          calls++;
          for (const socket of relay.sockets) socket.destroy();
          return { text: "too late" };
        },
      },
    ),
  );
  const relay = closing(await relayTo(target.address));
  const client = closing(connect(relay.address, clientOptions()));
  const error = await failureOf(client.use(Greeter).hello({ name: "x" }));
  assert.equal([error.code, error.outcome, error.family], ["UNAVAILABLE", "unknown", "link"]);
  assert.is(calls, 3);
});

test("an idempotent call that a shutdown cuts off moves to another server; any other fails as unknown", async () => {
  const remember: GreeterHandlers["remember"] = ({ name }, context) =>
    greeterHandlers.slow({ waitMs: 3_000, name }, context);
  const first = closing(await serve("tcp://127.0.0.1:0", {}, { remember }));
  const second = closing(await serve());
  const client = closing(connect([first.address, second.address], clientOptions()));
  const moved = client.use(Greeter).remember({ name: "Ada" });
  const failed = failureOf(client.use(Greeter).slow({ waitMs: 3_000, name: "x" }, { timeoutMs: 9_000 }));
  await until("both run", () => first.server.stats().runningCalls === 2);
  await first.server.shutdown({ graceMs: 20 });
  assert.equal(await moved, { text: "I know Ada" });
  assert.equal([(await failed).code, (await failed).outcome], ["UNAVAILABLE", "unknown"]);
});

test("a client that is closed while a repeated call waits does not claim that it was never executed", async () => {
  const target = closing(
    await serve(
      "tcp://127.0.0.1:0",
      {},
      {
        hello: async () => {
          for (const socket of relay.sockets) socket.destroy();
          await relay.close();
          return { text: "too late" };
        },
      },
    ),
  );
  const relay = await relayTo(target.address);
  const client = closing(connect(relay.address, clientOptions()));
  const call = failureOf(client.use(Greeter).hello({ name: "x" }));
  await until("it waits for its second try", () => client.stats().repeats === 1);
  await client.close();
  assert.equal([(await call).code, (await call).outcome], ["CANCELLED", "unknown"]);
});

test("a call that was refused with UNAVAILABLE moves; one that names a time to wait is left to its caller", async () => {
  let tries = 0;
  const bed = closing(
    await serve(
      "tcp://127.0.0.1:0",
      {},
      {
        hello: ({ name }) => {
          tries++;
          if (name === "later") {
            throw new VertexError("UNAVAILABLE", "later", { outcome: "not-executed", retryAfterMs: 1_000 });
          }
          if (tries < 3) throw new VertexError("UNAVAILABLE", "not now", { outcome: "not-executed" });
          return { text: `try ${tries}` };
        },
      },
    ),
  );
  const greeter = bed.connect().use(Greeter);
  assert.equal(await greeter.hello({ name: "now" }), { text: "try 3" });
  tries = 0;
  const error = await failureOf(greeter.hello({ name: "later" }));
  assert.equal([error.code, error.retryAfterMs, tries], ["UNAVAILABLE", 1_000, 1]);
});

test("repeats have a budget: a server that always refuses gets little more than was asked", async () => {
  let tries = 0;
  const bed = closing(
    await serve(
      "tcp://127.0.0.1:0",
      {},
      {
        hello: () => {
          tries++;
          throw new VertexError("UNAVAILABLE", "down", { outcome: "not-executed" });
        },
      },
    ),
  );
  const greeter = bed.connect().use(Greeter);
  for (let i = 0; i < 200; i++) await failureOf(greeter.hello({ name: "x" }));
  assert.ok(tries <= 200 * 1.1 + 10, `${tries} tries of 200 calls`);
});

test("the connect timeout covers a server that accepts and never answers", async () => {
  const mute = closing(await muteServer());
  const ends: SessionEnd[] = [];
  const client = closing(
    connect(mute.address, clientOptions({ connectTimeoutMs: 60, onDisconnect: (end) => ends.push(end) })),
  );
  const error = await failureOf(client.use(Greeter).hello({ name: "x" }, { timeoutMs: 250 }));
  assert.equal([error.code, error.outcome], ["DEADLINE_EXCEEDED", "not-executed"]);
  assert.match(error.message, "waited for a connection (no connection within 60 ms)");
  assert.equal([ends[0]?.reason, ends[0]?.by], ["HANDSHAKE_TIMEOUT", "here"]);
  assert.ok(mute.sockets.length >= 2, "it tried again");
});

test("a call that waits ends at its deadline and says why it waited", async () => {
  const address = await fresh();
  const client = closing(connect(address, clientOptions()));
  const started = performance.now();
  const error = await failureOf(client.use(Greeter).hello({ name: "x" }, { timeoutMs: 120 }));
  const tookMs = performance.now() - started;
  assert.match(error.message, `waited for a connection (connect ECONNREFUSED ${address.slice(6)})`);
  assert.ok(tookMs >= 115 && tookMs < 3_000, `${tookMs} ms`);
});

test("calls over maxQueuedCalls fail at once", async () => {
  const client = closing(connect(await fresh(), clientOptions({ maxQueuedCalls: 3 })));
  const waiting = Array.from({ length: 3 }, () => failureOf(client.use(Greeter).hello({ name: "x" })));
  const error = await failureOf(client.use(Greeter).hello({ name: "x" }));
  assert.equal([error.code, error.outcome], ["RESOURCE_EXHAUSTED", "not-executed"]);
  assert.match(error.message, "3 calls wait already");
  assert.is(error.method, Greeter.methods.hello.path);
  assert.not.match(error.stack ?? "", /at located/, "made once, not again to say which call it was");
  await client.close();
  for (const call of waiting) assert.is((await call).code, "CANCELLED");
});

test("a call that is cancelled while it waits leaves the queue", async () => {
  const client = closing(connect(await fresh(), clientOptions()));
  const controller = new AbortController();
  const call = failureOf(client.use(Greeter).hello({ name: "x" }, { signal: controller.signal }));
  controller.abort();
  assert.equal([(await call).code, (await call).outcome], ["CANCELLED", "not-executed"]);
  assert.is(client.stats().waitingCalls, 0);
});

test("a server that dismisses every client right after its welcome is not stormed", async () => {
  let welcomed = 0;
  const grumpy = closing(await dismissingServer("LIMIT", () => welcomed++));
  const ends: string[] = [];
  const client = closing(
    connect(
      grumpy.address,
      clientOptions({
        reconnect: { initialDelayMs: 100, factor: 1 },
        onDisconnect: ({ reason, by, message }, retryInMs) =>
          ends.push(`${reason} by ${by}: ${message}, ${retryInMs === null ? "never" : "later"}`),
      }),
    ),
  );
  await until("it was dismissed twice", () => ends.length >= 2);
  assert.is(ends[0], "LIMIT by peer: enough of you, later");
  await sleep(250);
  assert.ok(welcomed >= 2 && welcomed <= 8, `${welcomed} connections in about 400 ms`);
  await client.close();
});

test("functions of the user that throw leave the client whole", async () => {
  const bed = closing(await serve());
  const thrown: unknown[] = [];
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => thrown.push(error));
  try {
    const client = connect(
      bed.address,
      clientOptions({
        onConnect: () => {
          throw new Error("in onConnect");
        },
        onDisconnect: () => {
          throw new Error("in onDisconnect");
        },
      }),
    );
    assert.equal(await client.use(Greeter).hello({ name: "x" }), { text: "Hello x" });
    await client.close();
    await sleep(5);
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of listeners) process.on("uncaughtException", listener);
  }
  assert.equal(thrown.map(String), ["Error: in onConnect", "Error: in onDisconnect"]);
});
