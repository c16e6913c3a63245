// file-timeout: 120 s
// What is known before a server listens: which commands run in worker threads, and that each has one handler.
import { connect } from "@vertex/client";
import { createServer, type Server } from "@vertex/server";
import * as assert from "uvu/assert";
import { Greeter } from "../gen/greeter.ts";
import { Heavy } from "../gen/heavy.ts";
import { greeterHandlers } from "../support/server/greeter.ts";
import { heavyModule, lightHandlers } from "../support/server/heavy.ts";
import { failureOf, thrownBy } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

const startMs = { timeoutMs: 60_000 };
const quick = { threads: 1, startTimeoutMs: 60_000 };
const greeterModule = new URL("../support/server/greeter-worker.js", import.meta.url);
const { hello: _inWorkers, ...greeterRest } = greeterHandlers;

const test = suite("a server that starts its workers");
let server: Server;
let address = "tcp://127.0.0.1:0";
test.before.each(() => {
  server = createServer({ log: () => {} });
  address = "tcp://127.0.0.1:0";
});
test.after.each(() => server.shutdown({ graceMs: 0 }));

test(
  "runs what was left to them at registration, with the interceptors of the module",
  async () => {
    server.handle(Greeter, greeterRest, { inWorkers: ["hello"] }).workers(greeterModule, quick);
    address = await server.listen(address);
    await using client = connect(address);
    const greeter = client.use(Greeter);
    assert.is((await greeter.hello({ name: "Ada" })).text, "Hello Ada from true 0!");
    assert.is((await greeter.remember({ name: "Ada" })).text, "I know Ada");
    assert.equal(
      server.stats().workers.map(({ name, threads }) => [name, threads.map((thread) => thread.name)]),
      [["greeter-worker", ["greeter-worker-1"]]],
    );
  },
  startMs,
);

test(
  "may have its interceptors around them, which see bytes",
  async () => {
    const seen: unknown[] = [];
    await server.shutdown();
    server = createServer({
      log: () => {},
      interceptors: [
        (call, next) => {
          seen.push(call.request, call.method.path);
          return next(call);
        },
      ],
    });
    server.handle(Greeter, greeterRest, { inWorkers: ["hello"] }).workers(greeterModule, quick);
    address = await server.listen(address);
    await using client = connect(address);
    await client.use(Greeter).hello({ name: "Ada" });
    assert.equal(seen, [Uint8Array.of(10, 3, 65, 100, 97), "vertex.test.v1.Greeter/Hello"]);
  },
  startMs,
);

test("does not listen when a command has no handler anywhere", async () => {
  server.handle(Heavy, lightHandlers);
  const error = await failureOf(server.listen(address));
  assert.is(error.family, "usage");
  assert.match(error.message, "Heavy/Crunch runs in worker threads, but no module");
});

test(
  "does not listen when a module has a handler that is not left to it",
  async () => {
    server.handle(Greeter, greeterHandlers).workers(greeterModule, quick);
    assert.match(
      (await failureOf(server.listen(address))).message,
      "which server.handle does not leave to workers",
    );
  },
  startMs,
);

test(
  "does not listen when two modules have a handler for one command",
  async () => {
    server.handle(Greeter, greeterRest, { inWorkers: ["hello"] });
    server.workers(greeterModule, quick).workers(greeterModule, quick);
    assert.match((await failureOf(server.listen(address))).message, "two modules of server.workers");
  },
  startMs,
);

test(
  "does not listen when a module is missing, or exports nothing that it can use",
  async () => {
    for (const [path, why] of [
      ["./not-there.js", "Cannot find module"],
      ["../gen/greeter.js", "it exports nothing that workerHandlers has made"],
    ] as const) {
      const other = createServer({ log: () => {} }).handle(Heavy, lightHandlers);
      other.workers(new URL(path, import.meta.url), quick);
      const error = await failureOf(other.listen(address));
      assert.equal([error.family, error.message.includes(why)], ["usage", true], error.message);
      await other.shutdown();
    }
  },
  startMs,
);

test("refuses a handler on the main thread for what runs in workers, and names that do not exist", () => {
  const crunch = () => ({ thread: 0, total: 0n, begun: 0, cancelled: false });
  const twice = thrownBy(() =>
    // @ts-expect-error: the type knows it too.
    server.handle(Heavy, { ...lightHandlers, crunch }),
  );
  assert.match(twice.message, "crunch runs in workers");
  const missing = thrownBy(() =>
    // @ts-expect-error: only hello is left to workers.
    server.handle(Greeter, {}, { inWorkers: ["hello"] }),
  );
  assert.match(missing.message, "needs a handler");
  const inWorkers: readonly never[] = ["bye" as never];
  assert.match(
    thrownBy(() => server.handle(Greeter, greeterHandlers, { inWorkers })).message,
    "no method bye",
  );
});

test(
  "has no threads before it starts, and starts them once, however often it listens",
  async () => {
    server.handle(Heavy, lightHandlers).workers(heavyModule, quick);
    assert.equal(server.stats().workers[0]?.threads, []);
    await server.start();
    await Promise.all([server.listen(address), server.listen(address)]);
    assert.equal(
      server.stats().workers[0]?.threads.map(({ name, restarts }) => [name, restarts]),
      [["heavy-worker-1", 0]],
    );
  },
  startMs,
);
