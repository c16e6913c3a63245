// A server that shuts down: what finishes, what is cut off, and what the report says.
import { connect } from "@vertex/client";
import * as assert from "uvu/assert";
import { Blobs, Greeter } from "../gen/greeter.ts";
import { clientOptions, serve, type TestBed, transports } from "../support/server/greeter.ts";
import { dialPlain, everythingFrom, freePort, relayTo } from "../support/server/sockets.ts";
import { collect, door, failureOf, sleep, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

for (const transport of transports) {
  const test = suite(`a shutdown over ${transport.name}`);
  let bed: TestBed;
  let waits = door();
  test.before.each(async () => {
    waits = door();
    bed = await serve(
      transport.address(),
      {},
      {
        remember: async ({ name }) => {
          await waits.opened;
          return { text: name };
        },
      },
    );
  });
  test.after.each(() => bed.close());

  test("what runs is finished, and counted", async () => {
    const clients = [bed.connect(), bed.connect()];
    const calls = clients.flatMap((client) => [
      client.use(Greeter).remember({ name: "x" }),
      client.use(Greeter).remember({ name: "y" }),
    ]);
    await until("all run", () => bed.server.stats().runningCalls === 4);
    setTimeout(waits.open, 100);
    const report = await bed.server.shutdown();
    assert.equal([report.connections, report.finished, report.cancelled], [2, 4, 0]);
    assert.ok(report.durationMs >= 90 && report.durationMs < 5_000);
    assert.match(report.text, "2 connections closed, 4 calls finished, 0 cancelled");
    assert.is((await Promise.all(calls)).length, 4);
    assert.is(bed.server.connections.size, 0);
    assert.is(bed.log.at(-1)?.message, report.text);
  });

  test("what outlasts the grace time is cut off, told so, and counted", async () => {
    const client = bed.connect();
    const greeter = client.use(Greeter);
    const call = failureOf(greeter.slow({ waitMs: 10_000, name: "x" }, { timeoutMs: 60_000 }));
    const stream = failureOf(collect(greeter.countdown({ from: 1_000, intervalMs: 50 })));
    const quick = greeter.remember({ name: "quick" });
    await until("all run", () => bed.server.stats().runningCalls === 3);
    const shutdown = bed.server.shutdown({ graceMs: 500 });
    waits.open();
    const report = await shutdown;
    assert.equal([report.connections, report.finished, report.cancelled], [1, 1, 2]);
    assert.ok(report.durationMs < 4_000);
    assert.equal(await quick, { text: "quick" });
    assert.equal([(await call).code, (await call).outcome], ["UNAVAILABLE", "unknown"]);
    assert.is((await stream).code, "UNAVAILABLE");
  });

  test("without a grace time everything is cut off at once", async () => {
    const call = failureOf(bed.connect().use(Greeter).slow({ waitMs: 10_000, name: "x" }));
    await until("it runs", () => bed.server.stats().runningCalls === 1);
    const report = await bed.server.shutdown({ graceMs: 0 });
    assert.equal([report.connections, report.finished, report.cancelled], [1, 0, 1]);
    assert.equal([(await call).code, (await call).outcome], ["UNAVAILABLE", "unknown"]);
  });

  test("a second shutdown joins the first, and an idle one takes no time", async () => {
    const client = bed.connect();
    await client.ready();
    const [first, second] = await Promise.all([bed.server.shutdown(), bed.server.shutdown({ graceMs: 0 })]);
    assert.is(first, second);
    assert.ok(first.durationMs < 4_000);
  });

  test("a large answer that is still on its way arrives whole", async () => {
    const client = bed.connect();
    const blobs = client.use(Blobs);
    await client.ready();
    const data = new Uint8Array(4_000_000).fill(9);
    const call = blobs.echo({ data });
    await until("it runs", () => bed.server.stats().servedCalls === 1);
    const [report, answer] = await Promise.all([bed.server.shutdown(), call]);
    assert.is(report.finished, 1);
    assert.ok(Buffer.from(answer.data).equals(data));
  });
}

const test = suite("a shutdown with odd peers");

test("a client that has gone mute does not hang it", async () => {
  const bed = await serve("tcp://127.0.0.1:0", { session: { drainConfirmTimeoutMs: 100 } });
  const relay = await relayTo(bed.address);
  const client = connect(relay.address, clientOptions());
  await client.ready();
  relay.freeze();
  const report = await bed.server.shutdown({ graceMs: 1_000 });
  assert.is(report.connections, 1);
  assert.ok(report.durationMs < 4_000, report.text);
  await client.close({ graceMs: 0 });
  await relay.close();
});

test("one that runs while its client is mute is bounded by the grace time", async () => {
  const bed = await serve();
  const relay = await relayTo(bed.address);
  const client = connect(relay.address, clientOptions());
  const call = failureOf(client.use(Greeter).slow({ waitMs: 20_000, name: "x" }, { timeoutMs: 60_000 }));
  await until("it runs", () => bed.server.stats().runningCalls === 1);
  relay.freeze();
  const report = await bed.server.shutdown({ graceMs: 100 });
  assert.is(report.cancelled, 1);
  assert.ok(report.durationMs < 4_000, report.text);
  await relay.close();
  await call;
  await client.close({ graceMs: 0 });
});

test("a stranger that has said nothing does not hold it", async () => {
  const bed = await serve();
  const socket = await dialPlain(bed.address);
  const all = everythingFrom(socket);
  await until("it is accepted", () => bed.server.stats().accepted === 1);
  const report = await bed.server.shutdown();
  assert.ok(report.durationMs < 4_000);
  await all;
});

test("a server that has not listened shuts down at once", async () => {
  const bed = await serve();
  await bed.server[Symbol.asyncDispose]();
  const { text } = await bed.server.shutdown();
  assert.match(text, "0 connections closed, 0 calls finished, 0 cancelled");
});

test("two servers restarted in turn under load fail no call and execute none twice", async () => {
  const ports = [await freePort(), await freePort()];
  const executed = new Map<string, number>();
  const start = (port: number): Promise<TestBed> =>
    serve(
      `tcp://127.0.0.1:${port}`,
      {},
      {
        slow: async ({ name, waitMs }) => {
          executed.set(name, (executed.get(name) ?? 0) + 1);
          await sleep(waitMs);
          return { text: name };
        },
      },
    );
  const beds = await Promise.all(ports.map(start));
  const clients = Array.from({ length: 4 }, () =>
    connect(
      ports.map((port) => `tcp://127.0.0.1:${port}`),
      clientOptions({ connections: 2 }),
    ),
  );
  let running = true;
  let made = 0;
  const failures: string[] = [];
  const callers = clients.flatMap((client) =>
    Array.from({ length: 8 }, async () => {
      while (running) {
        const name = `call ${made++}`;
        const options = { timeoutMs: 10_000 };
        await client
          .use(Greeter)
          .slow({ name, waitMs: made % 5 }, options)
          .catch((error: Error & { outcome: string }) => failures.push(`${error.message} ${error.outcome}`));
      }
    }),
  );
  for (let round = 0; round < 3; round++) {
    for (const [index, port] of ports.entries()) {
      await sleep(100);
      const report = await (beds[index] as TestBed).server.shutdown();
      assert.is(report.cancelled, 0);
      beds[index] = await start(port);
    }
  }
  running = false;
  await Promise.all(callers);
  assert.equal(failures, []);
  assert.ok(made > 100, `${made} calls`);
  assert.equal(
    [...executed].filter(([, times]) => times !== 1),
    [],
  );
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all(beds.map((bed) => bed.close()));
});
