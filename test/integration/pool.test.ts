// Several connections and several addresses.
import { connect } from "@vertex/client";
import * as assert from "uvu/assert";
import { Greeter } from "../gen/greeter.ts";
import { clientOptions, serve, type TestBed } from "../support/server/greeter.ts";
import { freePort } from "../support/server/sockets.ts";
import { door, failureOf, reasonToWait, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

const test = suite("a pool of connections");

const beds: TestBed[] = [];
/** Calls of `greet` are answered when it is open. */
let served = door();
test.before.each(() => {
  served = door();
});
async function started(address?: string): Promise<TestBed> {
  const bed = await serve(
    address,
    {},
    {
      // Echoes who served it.
      hello: (_, { peer }) => ({ text: peer.address }),
      greet: async ({ name }) => {
        await served.opened;
        return { text: name };
      },
    },
  );
  beds.push(bed);
  return bed;
}
test.after.each(async () => {
  await Promise.all(beds.splice(0).map((bed) => bed.close()));
});

test("calls go to the connection with the fewest open calls", async () => {
  const bed = await started();
  const client = bed.connect({ connections: 4 });
  await until("all are ready", () => client.stats().connections === 4);
  const calls = Array.from({ length: 40 }, () => client.use(Greeter).greet({ name: "x" }));
  await until("all run", () => bed.server.stats().runningCalls === 40);
  assert.equal(
    [...bed.server.connections].map(({ runningCalls }) => runningCalls),
    [10, 10, 10, 10],
  );
  assert.is(client.stats().openCalls, 40);
  served.open();
  await Promise.all(calls);
});

test("when one connection dies, the calls on the others go on", async () => {
  const bed = await started();
  const client = bed.connect({ connections: 3 });
  await until("all are ready", () => client.stats().connections === 3);
  const calls = Array.from({ length: 9 }, () =>
    client
      .use(Greeter)
      .greet({ name: "x" })
      .then(
        () => "answered",
        (error: { code: string; outcome: string }) => `${error.code} ${error.outcome}`,
      ),
  );
  await until("all run", () => bed.server.stats().runningCalls === 9);
  const [first] = bed.server.connections;
  first?.close({ graceMs: 0 });
  await until("it is gone", () => bed.server.connections.get(first?.id ?? 0) === undefined);
  await until("it is replaced", () => client.stats().connects === 4);
  served.open();
  const ends = (await Promise.all(calls)).sort();
  assert.equal(ends.slice(3), Array(6).fill("answered"));
  assert.equal(ends.slice(0, 3), Array(3).fill("UNAVAILABLE unknown"));
});

test("the connections of a pool are spread over the addresses", async () => {
  const first = await started();
  const second = await started();
  const client = connect([first.address, second.address], clientOptions({ connections: 4 }));
  await until("all are ready", () => client.stats().connections === 4);
  assert.equal([first.server.connections.size, second.server.connections.size], [2, 2]);
  await client.close();
});

test("addresses are tried in turn until one answers", async () => {
  const bed = await started();
  const dead = [`tcp://127.0.0.1:${await freePort()}`, "unix:/no/such/socket"];
  const tried: string[] = [];
  const client = connect(
    [...dead, bed.address],
    clientOptions({ onDisconnect: ({ message }) => tried.push(message) }),
  );
  await client.ready();
  assert.is(tried.length, 2);
  assert.match(tried[0] ?? "", "ECONNREFUSED");
  assert.match(tried[1] ?? "", "ENOENT");
  await client.close();
});

test("a name with several addresses that all refuse is told with each of them", async () => {
  const client = connect(`tcp://localhost:${await freePort()}`, clientOptions());
  const error = await reasonToWait(client);
  assert.match(error.message, /waited for a connection \(.*ECONNREFUSED.*\)/);
  await client.close();
});

test("a server that shuts down is left for another at once, without the pause of a loss", async () => {
  const first = await started();
  const second = await started();
  const client = connect(
    [first.address, second.address],
    clientOptions({ reconnect: { initialDelayMs: 60_000 } }),
  );
  await client.ready();
  await first.server.shutdown();
  await client.use(Greeter).hello({ name: "x" });
  assert.is(second.server.connections.size, 1);
  await client.close();
});

test("a server that takes one call at a time is given one at a time, and the rest wait", async () => {
  const bed = await serve("tcp://127.0.0.1:0", { session: { maxConcurrentCalls: 1 } });
  beds.push(bed);
  const client = bed.connect();
  const greeter = client.use(Greeter);
  await client.ready();
  const calls = Array.from({ length: 5 }, (_, i) => greeter.slow({ waitMs: 10, name: String(i) }));
  assert.equal([client.stats().openCalls, client.stats().waitingCalls], [1, 4]);
  await Promise.all(calls);
  const controller = new AbortController();
  const held = failureOf(greeter.slow({ waitMs: 60_000, name: "x" }, { signal: controller.signal }));
  const error = await failureOf(greeter.hello({ name: "x" }, { timeoutMs: 60 }));
  assert.match(error.message, "the server takes no more calls at once");
  assert.is(error.outcome, "not-executed");
  controller.abort();
  assert.is((await held).code, "CANCELLED");
});
