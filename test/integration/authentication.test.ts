// Who may connect: credentials, identities, refusals.
import { type ClientCredentials, connect } from "@vertex/client";
import { type ServerOptions, VertexError } from "@vertex/server";
import * as assert from "uvu/assert";
import { Greeter } from "../gen/greeter.ts";
import { clientOptions, serve, type TestBed, transports } from "../support/server/greeter.ts";
import { dialPlain, everythingFrom } from "../support/server/sockets.ts";
import { failureOf, sleep, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

const text = (credentials: { data: Uint8Array } | undefined): string =>
  new TextDecoder().decode(credentials?.data);
const bearer = (token: string): ClientCredentials => ({
  scheme: "bearer",
  data: new TextEncoder().encode(token),
});

const check = (token: string): { user: string } => {
  if (token !== "good") throw new VertexError("UNAUTHENTICATED", "unknown token");
  return { user: "ada" };
};
const ways: readonly (readonly [name: string, NonNullable<ServerOptions["authenticate"]>])[] = [
  ["at once", (peer) => check(text(peer.credentials))],
  [
    "later",
    async (peer) => {
      await sleep(20);
      return check(text(peer.credentials));
    },
  ],
];

for (const transport of transports) {
  for (const [way, authenticate] of ways) {
    const test = suite(`authentication ${way} over ${transport.name}`);
    let bed: TestBed;
    test.before(async () => {
      bed = await serve(
        transport.address(),
        { authenticate },
        { hello: (_, { peer }) => ({ text: JSON.stringify(peer.identity) }) },
      );
    });
    test.after(() => bed.close());

    test("whoever is let in carries the identity that authenticate returned", async () => {
      const client = bed.connect({ credentials: bearer("good"), name: "ada's laptop" });
      assert.equal(await client.use(Greeter).hello({ name: "" }), { text: '{"user":"ada"}' });
      const [connection] = [...bed.server.connections];
      assert.equal(connection?.identity, { user: "ada" });
      assert.is(connection?.name, "ada's laptop");
    });

    test("whoever is refused is closed for good: ready, waiting calls and later calls fail at once", async () => {
      let disconnects = 0;
      const client = bed.connect({
        credentials: bearer("bad"),
        onDisconnect: (end, retryInMs) => {
          disconnects++;
          assert.equal([end.reason, end.by, retryInMs], ["UNAUTHENTICATED", "peer", null]);
        },
      });
      const [ready, call] = await Promise.all([
        failureOf(client.ready()),
        failureOf(client.use(Greeter).hello({ name: "" })),
      ]);
      for (const error of [ready, call, await failureOf(client.use(Greeter).hello({ name: "" }))]) {
        assert.is(error.code, "UNAUTHENTICATED");
        assert.is(error.message, "unknown token");
        assert.is(error.outcome, "not-executed");
      }
      await sleep(150);
      assert.is(disconnects, 1);
      assert.ok((bed.server.stats().ended.UNAUTHENTICATED ?? 0) >= 1);
      await client.close();
    });
  }
}

const test = suite("authentication");
let bed: TestBed;
test.after.each(() => bed.close());

test("a function for credentials is asked anew for each connection", async () => {
  let asked = 0;
  const seen: string[] = [];
  bed = await serve("tcp://127.0.0.1:0", {
    authenticate: (peer) => void seen.push(text(peer.credentials)),
  });
  const client = bed.connect({ credentials: async () => bearer(`token ${++asked}`) });
  await client.ready();
  for (const connection of bed.server.connections) connection.close({ graceMs: 0 });
  await until("it is connected again", () => client.stats().connects === 2);
  assert.equal(seen, ["token 1", "token 2"]);
});

test("a function for credentials that fails is asked again, and named in the calls that wait", async () => {
  let asked = 0;
  bed = await serve();
  const client = bed.connect({
    credentials: () => {
      if (++asked < 3) throw new Error("the vault is locked");
      return bearer("x");
    },
  });
  const error = await failureOf(client.use(Greeter).hello({ name: "" }, { timeoutMs: 1 }));
  assert.match(error.message, "waited for a connection");
  await client.ready();
  assert.is(asked, 3);
});

test("credentials that come too late for their try open no second connection", async () => {
  bed = await serve();
  let asked = 0;
  const client = bed.connect({
    connectTimeoutMs: 60,
    credentials: async () => {
      // The first answer comes while the second try waits for its own.
      await sleep(++asked === 1 ? 150 : 70);
      if (asked === 2) await sleep(50);
      return bearer(String(asked));
    },
  });
  await sleep(500);
  assert.ok(bed.server.connections.size <= 1);
  await client.close({ graceMs: 0 });
  await until("nobody is connected", () => bed.server.connections.size === 0);
});

test("a promise of another kind that refuses lets nobody in", async () => {
  bed = await serve("tcp://127.0.0.1:0", {
    authenticate: () => ({
      // biome-ignore lint/suspicious/noThenProperty: this is the point of the test.
      then: (_: unknown, reject: (error: Error) => void) => reject(new Error("no")),
    }),
  });
  assert.is((await failureOf(bed.connect().ready())).code, "UNAUTHENTICATED");
  assert.is(bed.server.connections.size, 0);
});

test("whoever waits for authenticate longer than the handshake may take is dismissed", async () => {
  bed = await serve("tcp://127.0.0.1:0", {
    session: { handshakeTimeoutMs: 50 },
    authenticate: () => new Promise(() => {}),
  });
  bed.connect();
  await until("it is dismissed", () => (bed.server.stats().ended.HANDSHAKE_TIMEOUT ?? 0) > 0);
  assert.is(bed.server.connections.size, 0);
});

test("whoever connects and is silent is dismissed by name", async () => {
  bed = await serve("tcp://127.0.0.1:0", { session: { handshakeTimeoutMs: 50 } });
  const socket = await dialPlain(bed.address);
  await everythingFrom(socket);
  assert.equal(bed.server.stats().ended, { HANDSHAKE_TIMEOUT: 1 });
});

test("whoever is over maxConnections is told so, and gets in when there is room", async () => {
  bed = await serve("tcp://127.0.0.1:0", { maxConnections: 2 });
  const first = bed.connect();
  const second = bed.connect();
  await Promise.all([first.ready(), second.ready()]);
  const reasons: string[] = [];
  const third = connect(
    bed.address,
    clientOptions({ onDisconnect: ({ reason, message }) => reasons.push(`${reason}: ${message}`) }),
  );
  const waiting = third.use(Greeter).hello({ name: "patience" });
  await until("it is refused", () => reasons.length > 0);
  assert.is(reasons[0], "TOO_MANY_CONNECTIONS: this server holds 2 connections already");
  assert.ok((bed.server.stats().ended.TOO_MANY_CONNECTIONS ?? 0) > 0);
  assert.is(bed.server.connections.size, 2);
  assert.equal(await first.use(Greeter).hello({ name: "x" }), { text: "Hello x" });
  await second.close();
  assert.equal(await waiting, { text: "Hello patience" });
  await third.close();
});
