// client.close() always resolves, whatever is open and whoever is at the other end.
import { type Client, type ClientOptions, connect } from "@vertex/client";
import * as assert from "uvu/assert";
import { Greeter } from "../gen/greeter.ts";
import { clientOptions, serve, type TestBed, transports } from "../support/server/greeter.ts";
import { freePort, muteServer, relayTo } from "../support/server/sockets.ts";
import { collect, failureOf, sleep, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

/** How long `close` takes, in milliseconds. */
async function closingTime(client: Client, options?: { graceMs?: number }): Promise<number> {
  const started = performance.now();
  await client.close(options);
  return performance.now() - started;
}

for (const transport of transports) {
  const test = suite(`closing a client over ${transport.name}`);
  let bed: TestBed;
  test.before(async () => {
    bed = await serve(transport.address());
  });
  test.after(() => bed.close());

  test("an idle client closes at once, and the server forgets it", async () => {
    const client = bed.connect();
    await client.ready();
    assert.ok((await closingTime(client)) < 3_000);
    await until("it has gone", () => bed.server.connections.size === 0);
    assert.ok((bed.server.stats().ended.SHUTDOWN ?? 0) >= 1);
  });

  test("calls that are open finish before it closes", async () => {
    const client = bed.connect();
    const greeter = client.use(Greeter);
    await client.ready();
    const call = greeter.slow({ waitMs: 150, name: "x" });
    const stream = collect(greeter.countdown({ from: 5, intervalMs: 20 }));
    await until("both run", () => bed.server.stats().runningCalls === 2);
    await client.close();
    assert.equal(await call, { text: "Finally, x" });
    assert.is((await stream).length, 5);
  });

  test("calls that outlast the grace time end as unknown, and their handlers are cancelled", async () => {
    const client = bed.connect();
    const greeter = client.use(Greeter);
    await client.ready();
    const call = failureOf(greeter.slow({ waitMs: 5_000, name: "x" }, { timeoutMs: 60_000 }));
    const stream = failureOf(collect(greeter.countdown({ from: 100, intervalMs: 100 })));
    const upload = greeter.sum();
    await upload.write({ n: 1 });
    await until("all run", () => bed.server.stats().runningCalls === 3);
    assert.ok((await closingTime(client, { graceMs: 50 })) < 3_000);
    assert.equal([(await call).code, (await call).outcome], ["UNAVAILABLE", "unknown"]);
    assert.is((await stream).code, "UNAVAILABLE");
    assert.is((await failureOf(upload.end())).code, "UNAVAILABLE");
    await until("the handlers have let go", () => bed.server.stats().runningCalls === 0);
  });

  test("a second close joins the first, and calls after it fail at once", async () => {
    const client = bed.connect();
    await client.ready();
    await Promise.all([client.close(), client.close()]);
    await client.close();
    const error = await failureOf(client.use(Greeter).hello({ name: "x" }));
    assert.equal([error.code, error.outcome, error.family], ["CANCELLED", "not-executed", "usage"]);
    assert.is((await failureOf(client.ready())).code, "CANCELLED");
    assert.is((await failureOf(client.ping())).code, "UNAVAILABLE");
    assert.is(
      (await failureOf(collect(client.use(Greeter).countdown({ from: 1, intervalMs: 0 })))).code,
      "CANCELLED",
    );
  });

  test("await using closes it", async () => {
    const before = bed.server.connections.size;
    {
      await using client = connect(bed.address, clientOptions());
      assert.equal(await client.use(Greeter).hello({ name: "x" }), { text: "Hello x" });
    }
    await until("it has gone", () => bed.server.connections.size === before);
  });
}

const test = suite("closing a client that is not connected");

test("one that has just been made closes at once", async () => {
  const client = connect(`tcp://127.0.0.1:${await freePort()}`);
  assert.ok((await closingTime(client)) < 3_000);
});

test("one that waits for its next try closes at once, and its waiting calls fail", async () => {
  const client = connect(`tcp://127.0.0.1:${await freePort()}`, { reconnect: { initialDelayMs: 60_000 } });
  const call = failureOf(client.use(Greeter).hello({ name: "x" }));
  await until("a try has failed", () => client.stats().disconnects > 0);
  assert.ok((await closingTime(client)) < 3_000);
  assert.equal([(await call).code, (await call).outcome], ["CANCELLED", "not-executed"]);
});

test("one that dials a host that does not answer closes at once", async () => {
  const client = connect("tcp://192.0.2.1:9", clientOptions());
  await sleep(20);
  assert.ok((await closingTime(client)) < 3_000);
});

test("one that waits for its credentials closes at once", async () => {
  const mute = await muteServer();
  const client = connect(mute.address, clientOptions({ credentials: () => new Promise(() => {}) }));
  await sleep(5);
  assert.ok((await closingTime(client)) < 3_000);
  await mute.close();
});

test("one whose server accepts and never answers closes at once", async () => {
  const mute = await muteServer();
  const client = connect(mute.address, clientOptions());
  await until("it is accepted", () => mute.sockets.length === 1);
  await sleep(10);
  assert.ok((await closingTime(client)) < 3_000);
  await mute.close();
});

const frozen: readonly (readonly [name: string, ClientOptions])[] = [
  ["with a quick confirmation", { session: { drainConfirmTimeoutMs: 50 } }],
  ["with no confirmation before the grace time is up", {}],
];
for (const [name, options] of frozen) {
  test(`one whose server has gone mute closes in its grace time, ${name}`, async () => {
    const bed = await serve();
    const relay = await relayTo(bed.address);
    const client = connect(relay.address, clientOptions(options));
    await client.ready();
    relay.freeze();
    const call = failureOf(client.use(Greeter).slow({ waitMs: 10, name: "x" }, { timeoutMs: 60_000 }));
    assert.ok((await closingTime(client, { graceMs: 200 })) < 3_000);
    assert.equal([(await call).code, (await call).outcome], ["UNAVAILABLE", "unknown"]);
    await relay.close();
    await bed.close();
  });
}
