// Who a call is made for, from server to server: what the next one is told, by whom, and whom it believes.
import { type ClientOptions, connect } from "@vertex/client";
import {
  type CallContext,
  createServer,
  type LogEntry,
  type ServerOptions,
  VertexError,
} from "@vertex/server";
import * as assert from "uvu/assert";
import { Greeter, type GreeterHandlers } from "../gen/greeter.ts";
import { onlyHandlers as handlers } from "../support/server/greeter-handlers.ts";
import { failureOf } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

const test = suite("the identity of a call inside a handler");

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const as = (name: string): ClientOptions => ({
  credentials: { scheme: "name", data: new TextEncoder().encode(name) },
});
/** Everybody is who they say; those who say nothing are nobody. */
const named: ServerOptions = {
  authenticate: ({ credentials }) => (credentials === undefined ? undefined : text(credentials.data)),
};
/** The front server may speak for others. */
const believing: ServerOptions = {
  ...named,
  forwardedIdentity: { trusts: ({ identity }) => identity === "front", read: String },
};
const forwarding: ClientOptions = { ...as("front"), forwardIdentity: (identity) => `${identity}` };

interface Seen {
  readonly identity: unknown;
  readonly peer: unknown;
  readonly keys: readonly string[];
}

const seenOf = ({ identity, peer, metadata }: CallContext): Seen => ({
  identity,
  peer: peer.identity,
  keys: [...metadata.keys()],
});

interface Chain {
  readonly back?: ServerOptions;
  readonly toBack?: ClientOptions;
  readonly options?: { readonly forwardIdentity?: boolean };
  readonly backHandlers?: (note: (call: CallContext) => void) => Partial<GreeterHandlers>;
}

/** An edge client, a front server that authenticates it, and a back server that the front one calls. */
async function chain({ back = believing, toBack = forwarding, options = {}, backHandlers }: Chain = {}) {
  const seen: Seen[] = [];
  const log: LogEntry[] = [];
  const note = (call: CallContext) => void seen.push(seenOf(call));
  const served = backHandlers?.(note) ?? {
    hello: (_, call) => {
      note(call);
      return { text: "" };
    },
  };
  const backServer = createServer({ log: (entry) => log.push(entry), ...back }).handle(
    Greeter,
    handlers(served),
  );
  const backClient = connect(await backServer.listen("tcp://127.0.0.1:0"), toBack);
  const inner = backClient.use(Greeter);
  /** What the front server's own calls failed with, which its callers are not shown. */
  const failures: VertexError[] = [];
  const frontServer = createServer({ ...named, log: () => {} }).handle(
    Greeter,
    handlers({
      hello: async (request, parent) => {
        try {
          return await inner.hello(request, { parent, ...options });
        } catch (error) {
          failures.push(error as VertexError);
          throw error;
        }
      },
      countdown: (request, parent) => inner.countdown(request, { parent, ...options }),
    }),
  );
  const client = connect(await frontServer.listen("tcp://127.0.0.1:0"), as("ada"));
  return {
    greeter: client.use(Greeter),
    inner,
    seen,
    log,
    failures,
    async [Symbol.asyncDispose]() {
      await client.close();
      await backClient.close();
      await Promise.all([frontServer.shutdown({ graceMs: 500 }), backServer.shutdown({ graceMs: 500 })]);
    },
  };
}

test("is what the front server authenticated, where its client is told to say so and the back server believes it", async () => {
  await using all = await chain();
  await all.greeter.hello({ name: "x" });
  assert.equal(all.seen, [{ identity: "ada", peer: "front", keys: [] }]);
});

test("is the front server's own where its client is not told to name anybody", async () => {
  await using all = await chain({ toBack: as("front") });
  await all.greeter.hello({ name: "x" });
  assert.equal(all.seen, [{ identity: "front", peer: "front", keys: [] }]);
});

test("is the front server's own in calls that it makes in its own name, and outside of handlers", async () => {
  await using all = await chain({ options: { forwardIdentity: false } });
  await all.greeter.hello({ name: "x" });
  await all.inner.hello({ name: "x" });
  assert.equal(
    all.seen.map(({ identity }) => identity),
    ["front", "front"],
  );
});

test("goes with streams too", async () => {
  await using all = await chain({
    backHandlers: (note) => ({
      async *countdown(_, call) {
        note(call);
        yield { n: 1 };
      },
    }),
  });
  for await (const { n } of all.greeter.countdown({ from: 1, intervalMs: 0 })) assert.is(n, 1);
  assert.equal(all.seen, [{ identity: "ada", peer: "front", keys: [] }]);
});

test("goes on from server to server", async () => {
  const third: unknown[] = [];
  const last = createServer({
    ...named,
    forwardedIdentity: { trusts: ({ identity }) => identity === "back", read: String },
  }).handle(
    Greeter,
    handlers({
      hello: (_, call) => {
        third.push([call.identity, call.peer.identity]);
        return { text: "" };
      },
    }),
  );
  const toLast = connect(await last.listen("tcp://127.0.0.1:0"), { ...forwarding, ...as("back") });
  const beyond = toLast.use(Greeter);
  await using all = await chain({
    backHandlers: () => ({ hello: (request, parent) => beyond.hello(request, { parent }) }),
  });
  await all.greeter.hello({ name: "x" });
  assert.equal(third, [["ada", "back"]]);
  await toLast.close();
  await last.shutdown({ graceMs: 500 });
});

const refusals: readonly (readonly [why: string, chain: Chain])[] = [
  ["the back server takes no forwarded identities", { back: named }],
  ["it does not trust this forwarder", { toBack: { ...forwarding, ...as("somebody") } }],
  [
    "it does not know the forwarder, even if it would trust anybody",
    {
      back: { ...named, forwardedIdentity: { trusts: () => true, read: String } },
      toBack: { forwardIdentity: () => "ada" },
    },
  ],
  [
    "its trust is a promise",
    {
      back: {
        ...named,
        forwardedIdentity: { trusts: (async () => false) as unknown as () => boolean, read: String },
      },
    },
  ],
  [
    "the identity that it reads is a promise",
    { back: { ...named, forwardedIdentity: { trusts: () => true, read: async (name) => name } } },
  ],
  [
    "it does not know whom the forwarder names",
    { back: { ...named, forwardedIdentity: { trusts: () => true, read: () => undefined } } },
  ],
];

for (const [why, parts] of refusals) {
  test(`is refused, and nothing is executed, where ${why}`, async () => {
    await using all = await chain(parts);
    const error = await failureOf(all.greeter.hello({ name: "x" }));
    assert.is(error.code, "PERMISSION_DENIED");
    assert.is(all.failures[0]?.outcome, "not-executed");
    assert.equal(all.seen, []);
  });
}

test("is refused with the text of a VertexError, and of no other error", async () => {
  const reading = (read: () => never): Chain => ({
    back: { ...named, forwardedIdentity: { trusts: () => true, read } },
  });
  await using told = await chain(
    reading(() => {
      throw new VertexError("UNAUTHENTICATED", "expired");
    }),
  );
  await failureOf(told.greeter.hello({ name: "x" }));
  assert.equal(
    told.failures.map(({ code, message, outcome }) => [code, message, outcome]),
    [["UNAUTHENTICATED", "expired", "not-executed"]],
  );
  await using hidden = await chain(
    reading(() => {
      throw new TypeError("the key is 1234");
    }),
  );
  await failureOf(hidden.greeter.hello({ name: "x" }));
  const [other] = hidden.failures;
  assert.equal([other?.code, other?.outcome], ["INTERNAL", "not-executed"]);
  assert.not.match(String(other), "1234");
  assert.match(String(hidden.log.find(({ event }) => event === "handler-failed")?.error), "1234");
});

test("cannot be set by hand", async () => {
  await using all = await chain({ toBack: as("front") });
  const error = await failureOf(all.inner.hello({ name: "x" }, { metadata: { "vertex-identity": "root" } }));
  assert.is(error.family, "usage");
  const map = await failureOf(
    all.inner.hello({ name: "x" }, { metadata: new Map([["vertex-identity", "root"]]) }),
  );
  assert.is(map.family, "usage");
  assert.equal(all.seen, []);
});

test("that cannot be forwarded fails the call here", async () => {
  const forwardIdentity = () => {
    throw new VertexError("UNAUTHENTICATED", "nobody to speak for");
  };
  await using all = await chain({ toBack: { ...as("front"), forwardIdentity } });
  const error = await failureOf(all.greeter.hello({ name: "x" }));
  assert.equal([error.code, error.message], ["UNAUTHENTICATED", "nobody to speak for"]);
  assert.equal(all.seen, []);
});
