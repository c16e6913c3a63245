// What many connections and many calls leave behind: nothing.
// node-flags: --expose-gc
import { connect as dial } from "node:net";
import { connect } from "@vertex/client";
import * as assert from "uvu/assert";
import { LOGGED_A_SECOND } from "../../packages/server/src/log-limit.ts";
import { Greeter } from "../gen/greeter.ts";
import { clientOptions, serve, type TestBed, transports } from "../support/server/greeter.ts";
import { dialPlain, everythingFrom } from "../support/server/sockets.ts";
import { collect, failureOf, sleep, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

const test = suite("resources");

/** Thousands of connections and calls take their time where others are busy too. */
const slowMachine = { timeoutMs: 40_000 };
let bed: TestBed;
test.after.each(() => bed.close());

/** The open resources that keep a process alive, counted by kind; immediates and closing requests come and go. */
function resources(): string {
  const kinds = process.getActiveResourcesInfo().filter((kind) => !/Immediate|Req/.test(kind));
  return kinds.sort().join(" ");
}

/** The same, when what the test before has closed is gone. */
async function settledResources(): Promise<string> {
  await sleep(50);
  return resources();
}

/** A reset right after the connection was made, with or without a byte before it. */
function connectAndReset(port: number, byte: boolean): Promise<void> {
  return new Promise((resolve) => {
    const socket = dial(port, "127.0.0.1", () => {
      if (byte) socket.write("V");
      socket.resetAndDestroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  });
}

test(
  "2,000 connections that are reset leave no handle, no error, no session",
  async () => {
    bed = await serve();
    const port = Number(bed.address.split(":").at(-1));
    const good = bed.connect();
    await good.ready();
    const before = await settledResources();
    for (let round = 0; round < 40; round++) {
      await Promise.all(Array.from({ length: 50 }, (_, i) => connectAndReset(port, i % 2 === 0)));
    }
    assert.equal(await good.use(Greeter).hello({ name: "x" }), { text: "Hello x" });
    await until("all are gone", () => {
      const { accepted, ended } = bed.server.stats();
      return accepted - 1 === (ended.LINK_LOST ?? 0);
    });
    await until("no handle is left", () => resources() === before);
    assert.is(bed.server.connections.size, 1);
    assert.is(good.stats().disconnects, 0);
  },
  slowMachine,
);

test(
  "clients that vanish in the middle of calls leave no handle and no running call",
  async () => {
    bed = await serve();
    const before = await settledResources();
    for (let i = 0; i < 10; i++) {
      const client = connect(bed.address, clientOptions());
      const calls = [
        failureOf(client.use(Greeter).slow({ waitMs: 5_000, name: "x" }, { timeoutMs: 60_000 })),
        failureOf(collect(client.use(Greeter).countdown({ from: 1_000, intervalMs: 5 }))),
      ];
      await until("both run", () => bed.server.stats().runningCalls === 2);
      await client.close({ graceMs: 0 });
      await Promise.all(calls);
      await until("both are cancelled", () => bed.server.stats().connections === 0);
    }
    await until("no handle is left", () => resources() === before);
  },
  slowMachine,
);

for (const transport of transports) {
  test(
    `20,000 calls over ${transport.name} leave the same resources and little memory`,
    async () => {
      bed = await serve(transport.address());
      const client = bed.connect();
      const greeter = client.use(Greeter);
      const { signal } = new AbortController();
      const burst = async (calls: number): Promise<void> => {
        for (let done = 0; done < calls; done += 200) {
          await Promise.all(
            Array.from({ length: 200 }, (_, i) =>
              i % 4 === 0 ? greeter.hello({ name: "x" }, { signal }) : greeter.hello({ name: "x" }),
            ),
          );
        }
      };
      await burst(4_000);
      const before = await settledResources();
      const collectGarbage = globalThis.gc as () => void;
      collectGarbage();
      const heap = process.memoryUsage().heapUsed;
      await burst(20_000);
      await until("the resources are the same", () => resources() === before);
      collectGarbage();
      const grown = process.memoryUsage().heapUsed - heap;
      assert.ok(grown < 4_000_000, `the heap grew by ${grown} bytes`);
      assert.equal([client.stats().openCalls, bed.server.stats().runningCalls], [0, 0]);
    },
    slowMachine,
  );
}

test("300 silent connections are gone after the handshake time, and good ones get in meanwhile", async () => {
  bed = await serve("tcp://127.0.0.1:0", { session: { handshakeTimeoutMs: 300 } });
  const silent = await Promise.all(Array.from({ length: 300 }, () => dialPlain(bed.address)));
  const ends = silent.map(everythingFrom);
  const good = bed.connect();
  assert.equal(await good.use(Greeter).hello({ name: "x" }), { text: "Hello x" });
  await Promise.all(ends);
  assert.is(bed.server.stats().ended.HANDSHAKE_TIMEOUT, 300);
  const lines = bed.log.filter(({ event }) => event === "connection-dismissed").length;
  assert.ok(lines >= LOGGED_A_SECOND && lines < 300, `${lines} lines in the log`);
});

test("a storm of connections over the limit is refused by name, and the listener lives on", async () => {
  bed = await serve("tcp://127.0.0.1:0", { maxConnections: 50 });
  const clients = Array.from({ length: 200 }, () =>
    connect(bed.address, clientOptions({ reconnect: { initialDelayMs: 60_000 } })),
  );
  await until("all have been decided", () => {
    const { connections, ended } = bed.server.stats();
    return connections + (ended.TOO_MANY_CONNECTIONS ?? 0) === 200;
  });
  assert.is(bed.server.stats().connections, 50);
  await Promise.all(clients.map((client) => client.close({ graceMs: 0 })));
  await until("all are gone", () => bed.server.stats().connections === 0);
  assert.equal(await bed.connect().use(Greeter).hello({ name: "x" }), { text: "Hello x" });
});
