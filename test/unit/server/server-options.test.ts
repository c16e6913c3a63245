// Options of a server: defaults, and what is refused.
import { createServer, stderrLog } from "@vertex/server";
import * as assert from "uvu/assert";
import { resolveServerOptions, type ServerOptions } from "../../../packages/server/src/server-options.ts";
import { Greeter } from "../../gen/greeter.ts";
import { greeterHandlers } from "../../support/server/greeter.ts";
import { failureOf, thrownBy } from "../../support/server/waiting.ts";
import { suite } from "../../support/suite.ts";

const test = suite("server options");

test("the defaults are 10,000 connections, sockets for this user only, and a log to stderr", () => {
  const { name, maxConnections, unixMode, log } = resolveServerOptions();
  assert.equal([name, maxConnections, unixMode], ["vertex", 10_000, 0o600]);
  assert.is(log, stderrLog);
});

const wrong: readonly (readonly [ServerOptions, message: string])[] = [
  [{ port: 5 } as ServerOptions, 'there is no server option "port"'],
  [{ maxConnections: 0 }, "maxConnections must be a whole number from 1, not 0"],
  [
    { maxConnections: Number.POSITIVE_INFINITY },
    "maxConnections must be a whole number from 1, not Infinity",
  ],
  [{ unixMode: 0o1000 }, "unixMode must be a file mode from 0 to 0o777, not 512"],
  [{ unixMode: Number.NaN }, "unixMode must be a file mode from 0 to 0o777, not NaN"],
  [{ session: { callTimeoutMs: 0 } }, "callTimeoutMs must be a whole number from 1 to 4294967294, not 0"],
];

for (const [options, message] of wrong) {
  test(`${message}`, () => {
    const error = thrownBy(() => createServer(options));
    assert.is(error.message, message);
    assert.is(error.family, "usage");
  });
}

test("a service that lacks a handler is refused by the handler's name, and one that is served twice", () => {
  const server = createServer();
  const { hello: _, ...rest } = greeterHandlers;
  assert.match(
    thrownBy(() => server.handle(Greeter, rest as typeof greeterHandlers)).message,
    "vertex.test.v1.Greeter needs a handler for hello",
  );
  server.handle(Greeter, greeterHandlers);
  assert.match(thrownBy(() => server.handle(Greeter, greeterHandlers)).message, "served already");
});

test("a shutdown with a wrong time rejects, and the server goes on", async () => {
  const server = createServer({ log: () => {} });
  const address = await server.listen("tcp://127.0.0.1:0");
  assert.match((await failureOf(server.shutdown({ graceMs: -1 }))).message, "graceMs must be from 0");
  assert.match(address, /^tcp:\/\/127\.0\.0\.1:\d+$/);
  await server.shutdown();
  assert.match((await failureOf(server.listen("tcp://127.0.0.1:0"))).message, "has been shut down");
});
