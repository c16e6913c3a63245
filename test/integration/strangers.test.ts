// Whoever does not speak Vertex is named, closed, and disturbs nobody.
import { request } from "node:http";
import { connect as connectTls } from "node:tls";
import { connect } from "@vertex/client";
import * as assert from "uvu/assert";
import { Greeter } from "../gen/greeter.ts";
import { clientOptions, serve, type TestBed, transports } from "../support/server/greeter.ts";
import { dialPlain, everythingFrom, listenPlain } from "../support/server/sockets.ts";
import { reasonToWait, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

/** The same sequence each time: a stranger's bytes. */
function pseudoRandom(bytes: number): Uint8Array {
  let state = 12_345;
  return Uint8Array.from({ length: bytes }, () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state >> 16;
  });
}

const strangers: readonly (readonly [name: string, bytes: Uint8Array | string, message: RegExp])[] = [
  ["an HTTP request", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", /an HTTP request/],
  ["an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /an HTTP\/2 preface/],
  ["an SSH banner", "SSH-2.0-OpenSSH_9.6\r\n", /an SSH banner/],
  ["a TLS hello", Uint8Array.of(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3), /a TLS hello/],
  ["random bytes", pseudoRandom(100_000), /an unknown protocol/],
  ["zeros", new Uint8Array(100_000), /an unknown protocol/],
];

for (const transport of transports.filter(({ name }) => name !== "TLS")) {
  const test = suite(`strangers on ${transport.name}`);
  let bed: TestBed;
  test.before(async () => {
    bed = await serve(transport.address());
  });
  test.after(() => bed.close());

  for (const [name, bytes, message] of strangers) {
    test(`${name} is named in the log and the stats, and a good client does not notice`, async () => {
      const good = bed.connect();
      await good.ready();
      const before = bed.server.stats().ended.NOT_VERTEX ?? 0;
      bed.log.length = 0;
      const socket = await dialPlain(bed.address);
      const all = everythingFrom(socket);
      socket.write(bytes);
      assert.equal(await good.use(Greeter).hello({ name }), { text: `Hello ${name}` });
      await all;
      assert.is(bed.server.stats().ended.NOT_VERTEX, before + 1);
      const entry = bed.log.find(({ event }) => event === "connection-dismissed");
      assert.match(entry?.message ?? "", message);
      assert.match(entry?.message ?? "", /^NOT_VERTEX: /);
      assert.ok(entry?.peer);
      assert.is(good.stats().disconnects, 0);
      assert.is(bed.server.connections.size, 1);
      await good.close();
      await until("it has gone", () => bed.server.connections.size === 0);
    });
  }
}

const test = suite("mismatched schemes and ports");
let bed: TestBed;
test.after.each(() => bed.close());

test("a real HTTP client ends instead of hanging", async () => {
  bed = await serve();
  const error = await new Promise<Error>((resolve) => {
    request(bed.address.replace("tcp:", "http:")).once("error", resolve).end();
  });
  assert.match(String(error), /Parse Error|hang up|reset/i);
});

test("a real TLS client on a plain port ends instead of hanging", async () => {
  bed = await serve();
  const port = Number(bed.address.split(":").at(-1));
  const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false });
  const error = await new Promise<Error>((resolve) => socket.once("error", resolve));
  socket.destroy();
  assert.match(String(error), /SSL|TLS|disconnected/i);
  assert.match(bed.log.map(({ message }) => message).join(), "one side uses tls://, the other does not");
});

test("a Vertex client with tls:// on a plain port is told why its calls wait", async () => {
  bed = await serve();
  const client = connect(bed.address.replace("tcp:", "tls:"), clientOptions());
  const error = await reasonToWait(client);
  assert.is(error.code, "DEADLINE_EXCEEDED");
  assert.is(error.outcome, "not-executed");
  assert.match(error.message, /waited for a connection \(.*(SSL|TLS|wrong version|disconnected)/i);
  await client.close();
});

test("a plain Vertex client on a TLS port is counted, logged, and told why its calls wait", async () => {
  bed = await serve("tls://127.0.0.1:0");
  const good = bed.connect();
  await good.ready();
  const client = connect(bed.address.replace("tls:", "tcp:"), clientOptions());
  const error = await reasonToWait(client);
  assert.match(error.message, /lost during the handshake \(is it a Vertex port, and is it tls:/);
  assert.ok(bed.server.stats().failedAccepts > 0);
  assert.ok(bed.log.some(({ event, peer }) => event === "accept-failed" && peer?.startsWith("127.0.0.1:")));
  assert.equal(await good.use(Greeter).hello({ name: "x" }), { text: "Hello x" });
  await client.close();
});

test("a TLS client that does not trust the certificate says so", async () => {
  bed = await serve("tls://127.0.0.1:0");
  const client = connect(bed.address, { reconnect: { initialDelayMs: 10 } });
  const error = await reasonToWait(client);
  assert.match(error.message, /self-signed certificate/);
  await client.close();
});

test("a TLS client that expects another name says so", async () => {
  bed = await serve("tls://127.0.0.1:0");
  const { tls } = clientOptions();
  const client = connect(bed.address, clientOptions({ tls: { ...tls, servername: "other.example" } }));
  const error = await reasonToWait(client);
  assert.match(error.message, /other\.example/);
  await client.close();
});

test("a TLS peer that never finishes its handshake is dismissed in time", async () => {
  bed = await serve("tls://127.0.0.1:0", { session: { handshakeTimeoutMs: 60 } });
  const socket = await dialPlain(bed.address);
  await everythingFrom(socket);
  assert.is(bed.server.stats().failedAccepts, 1);
});

test("a client that reaches an HTTP server is told so", async () => {
  bed = await serve();
  const http = await listenPlain((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const client = connect(http.address, clientOptions());
  const error = await reasonToWait(client);
  assert.match(error.message, "an HTTP response");
  await client.close();
  await http.close();
});
