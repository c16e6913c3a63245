// A handler that makes calls of its own hands on what its caller gave it.

import { connect } from "@vertex/client";
import { createServer, type VertexError } from "@vertex/server";
import * as assert from "uvu/assert";
import { Greeter, type GreeterHandlers } from "../gen/greeter.ts";
import { onlyHandlers as handlers } from "../support/server/greeter-handlers.ts";
import { suite } from "../support/suite.ts";

const test = suite("a call made inside a handler");

/** A front server whose `hello` calls a back server with its own context as parent. */
async function chain(back: Partial<GreeterHandlers>, forward: readonly string[] = []) {
  const backServer = createServer().handle(Greeter, handlers(back));
  const toBack = connect(await backServer.listen("tcp://127.0.0.1:0"));
  const inner = toBack.use(Greeter);
  const frontServer = createServer().handle(
    Greeter,
    handlers({ hello: (request, parent) => inner.hello(request, { parent, forward, timeoutMs: 60_000 }) }),
  );
  const client = connect(await frontServer.listen("tcp://127.0.0.1:0"));
  return {
    greeter: client.use(Greeter),
    async [Symbol.asyncDispose]() {
      await client.close();
      await toBack.close();
      await Promise.all([frontServer.shutdown({ graceMs: 500 }), backServer.shutdown({ graceMs: 500 })]);
    },
  };
}

test("has no more time than its parent has left", async () => {
  let seen = Number.POSITIVE_INFINITY;
  await using all = await chain({
    hello: (_, call) => {
      seen = call.remainingMs;
      return { text: "" };
    },
  });
  await all.greeter.hello({ name: "x" }, { timeoutMs: 2_000 });
  assert.ok(seen <= 2_000, `${seen} ms were left`);
});

test("is cancelled when its parent is", async () => {
  const stop = new AbortController();
  let heard: (() => void) | undefined;
  const cancelled = new Promise<void>((resolve) => {
    heard = resolve;
  });
  await using all = await chain({
    hello: (_, call) =>
      new Promise((resolve) => {
        stop.abort();
        call.signal.addEventListener("abort", () => {
          heard?.();
          resolve({ text: "" });
        });
      }),
  });
  const failed = await all.greeter
    .hello({ name: "x" }, { signal: stop.signal })
    .catch((error: unknown) => error);
  assert.is((failed as VertexError).code, "CANCELLED");
  await cancelled;
});

test("carries the trace and what is forwarded by name, and nothing else", async () => {
  let seen: [string, unknown][] = [];
  await using all = await chain(
    {
      hello: (_, call) => {
        seen = [...call.metadata];
        return { text: "" };
      },
    },
    ["tenant"],
  );
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  await all.greeter.hello({ name: "x" }, { metadata: { traceparent, tenant: "a", token: "secret" } });
  assert.equal(
    new Map(seen as [string, string][]),
    new Map([
      ["traceparent", traceparent],
      ["tenant", "a"],
    ]),
  );
});
