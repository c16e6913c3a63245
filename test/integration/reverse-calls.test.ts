// Calls from the server to a client that offers a service.
import type { Connection } from "@vertex/server";
import * as assert from "uvu/assert";
import { Blobs, Greeter } from "../gen/greeter.ts";
import { blobHandlers, greeterHandlers, serve, type TestBed, transports } from "../support/server/greeter.ts";
import { collect, failureOf, sleep, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

for (const transport of transports) {
  const test = suite(`reverse calls over ${transport.name}`);
  let bed: TestBed;

  test.before.each(async () => {
    bed = await serve(transport.address());
  });
  test.after.each(() => bed.close());

  async function offered(heard: string[] = []): Promise<[Connection, ReturnType<TestBed["connect"]>]> {
    const client = bed.connect({ name: "device 7" });
    const notify = ({ text }: { text: string }) => void heard.push(text);
    client.handle(Greeter, { ...greeterHandlers, notify }).handle(Blobs, blobHandlers);
    await client.ready();
    await until("the server knows it", () => bed.server.connections.size === 1);
    return [[...bed.server.connections][0] as Connection, client];
  }

  test("every kind of call goes from the server to the client", async () => {
    const heard: string[] = [];
    const [connection] = await offered(heard);
    const greeter = connection.use(Greeter);
    assert.equal(await greeter.hello({ name: "device" }), { text: "Hello device" });
    assert.equal(await collect(greeter.countdown({ from: 2, intervalMs: 0 })), [{ n: 2 }, { n: 1 }]);
    assert.equal(await greeter.sum().send([{ n: 1 }]), { total: 1n, count: 1 });
    const chat = greeter.chat();
    const [lines] = await Promise.all([collect(chat), chat.send([{ text: "a" }])]);
    assert.equal(lines, [{ text: "echo a" }]);
    await greeter.notify({ text: "psst" });
    await until("it is heard", () => heard.length === 1);
    const error = await failureOf(greeter.fail({ code: 8, message: "no", retryAfterMs: 0 }));
    assert.is(error.code, "RESOURCE_EXHAUSTED");
  });

  test("both directions carry a megabyte at once", async () => {
    const [connection, client] = await offered();
    const data = new Uint8Array(1_000_000).fill(3);
    const both = await Promise.all([
      connection.use(Blobs).echo({ data }),
      client.use(Blobs).echo({ data }),
      connection.use(Blobs).consume().send([{ data }]),
    ]);
    assert.equal(
      [both[0].data.length, both[1].data.length, both[2].total],
      [1_000_000, 1_000_000, 1_000_000n],
    );
  });

  test("a service that the client does not offer is UNIMPLEMENTED", async () => {
    bed.connect();
    await until("it is connected", () => bed.server.connections.size === 1);
    const [connection] = [...bed.server.connections];
    const error = await failureOf((connection as Connection).use(Greeter).hello({ name: "x" }));
    assert.is(error.code, "UNIMPLEMENTED");
  });

  test("the registry tells who is there, since when, and how far away", async () => {
    const [connection] = await offered();
    assert.is(connection.name, "device 7");
    assert.is(bed.server.connections.get(connection.id), connection);
    assert.ok(Math.abs(Date.now() - connection.connectedAt) < 10_000);
    assert.is(connection.open, true);
    assert.is(connection.roundTripMs, -1);
    const roundTripMs = await connection.ping();
    assert.ok(roundTripMs >= 0 && connection.roundTripMs >= 0);
  });

  test("open calls fail when the client goes, and later ones at once", async () => {
    const [connection, client] = await offered();
    const greeter = connection.use(Greeter);
    const open = failureOf(greeter.slow({ waitMs: 5_000, name: "x" }));
    await until("the client runs it", () => client.stats().connections === 1);
    await sleep(20);
    await client.close({ graceMs: 0 });
    const error = await open;
    assert.is(error.code, "UNAVAILABLE");
    assert.is(error.outcome, "unknown");
    await until("it has gone", () => !connection.open && bed.server.connections.size === 0);
    const late = await failureOf(greeter.hello({ name: "x" }));
    assert.is(late.code, "UNAVAILABLE");
    assert.is(late.outcome, "not-executed");
    assert.is((await failureOf(connection.ping())).code, "UNAVAILABLE");
  });

  test("the server can close one connection, and the client comes back", async () => {
    const [connection, client] = await offered();
    assert.is(
      (await failureOf(Promise.resolve().then(() => connection.close({ graceMs: -1 })))).family,
      "usage",
    );
    connection.close();
    await until("it is back", () => client.stats().connects === 2);
    await until("the registry has the new one only", () => bed.server.connections.size === 1);
    assert.not.ok(connection.open);
    assert.ok(bed.server.connections.get(connection.id) === undefined);
  });
}
