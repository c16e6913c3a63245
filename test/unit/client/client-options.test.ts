// Options of a client: defaults, and what is refused.
import { connect } from "@vertex/client";
import * as assert from "uvu/assert";
import { type ClientOptions, resolveClientOptions } from "../../../packages/client/src/client-options.ts";
import { thrownBy } from "../../support/server/waiting.ts";
import { suite } from "../../support/suite.ts";

const test = suite("client options");

test("the defaults are one connection, five seconds to connect, 10,000 waiting calls, three attempts", () => {
  const { name, connections, connectTimeoutMs, maxQueuedCalls, maxAttempts } = resolveClientOptions();
  assert.equal([name, connections, connectTimeoutMs, maxQueuedCalls, maxAttempts], ["", 1, 5_000, 10_000, 3]);
});

test("resolved options are frozen and leave the caller's alone", () => {
  const given: ClientOptions = { connections: 2 };
  const resolved = resolveClientOptions(given);
  assert.ok(Object.isFrozen(resolved));
  assert.equal(given, { connections: 2 });
  assert.is(resolved.connections, 2);
});

test("an option that is undefined takes its default", () => {
  assert.is(resolveClientOptions({ connections: undefined, session: undefined }).connections, 1);
});

const wrong: readonly (readonly [ClientOptions, message: string])[] = [
  [{ timeout: 5 } as ClientOptions, 'there is no client option "timeout"'],
  [{ connections: 0 }, "connections must be a whole number from 1 to 1024, not 0"],
  [{ connections: 1_025 }, "connections must be a whole number from 1 to 1024, not 1025"],
  [{ connections: 1.5 }, "connections must be a whole number from 1 to 1024, not 1.5"],
  [
    { connectTimeoutMs: Number.POSITIVE_INFINITY },
    "connectTimeoutMs must be a whole number from 1 to 3600000, not Infinity",
  ],
  [{ maxQueuedCalls: 0 }, "maxQueuedCalls must be a whole number from 1 to 10000000, not 0"],
  [{ maxAttempts: -1 }, "maxAttempts must be a whole number from 1 to 100, not -1"],
  [{ session: { maxFrameBytes: 1 } }, "maxFrameBytes must be a whole number from 1024 to 16777215, not 1"],
  [
    { session: { heartbeat: 1 } as unknown as ClientOptions["session"] },
    'there is no session option "heartbeat"',
  ],
  [{ reconnect: { jitter: 2 } }, "reconnect.jitter must be from 0 to 1, not 2"],
];

for (const [options, message] of wrong) {
  test(`${message}`, () => {
    const error = thrownBy(() => connect("tcp://127.0.0.1:1", options));
    assert.is(error.message, message);
    assert.is(error.family, "usage");
    assert.is(error.outcome, "not-executed");
  });
}

test("connect refuses an empty list of addresses, and a wrong one among several", () => {
  assert.match(thrownBy(() => connect([])).message, "at least one address");
  assert.match(thrownBy(() => connect(["tcp://127.0.0.1:1", "nonsense"])).message, "is no address");
});

test("close refuses a time that is none", async () => {
  const client = connect("tcp://127.0.0.1:1");
  assert.match(thrownBy(() => client.close({ graceMs: Number.NaN })).message, "graceMs must be from 0");
  assert.match(thrownBy(() => client.close({ graceMs: -1 })).message, "graceMs must be from 0");
  await client.close();
});
