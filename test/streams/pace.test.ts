// The pace of streams: the consumer sets it. One that leaves ends its producer at once, one that is slow slows it.
import { type Client, connect } from "@vertex/client";
import { type CallContext, createServer, type Server } from "@vertex/server";
import * as assert from "uvu/assert";
import { type Blob, Blobs, type BlobsClient, Greeter } from "../gen/greeter.ts";
import { blobHandlers, clientOptions, greeterHandlers, transports } from "../support/server/greeter.ts";
import { failureOf, sleep, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";
import { serverTls } from "../support/tls/test-certificate.ts";

const MESSAGE_BYTES = 16_384;
/** LIMITS.md: what one call is granted ahead of its reader. */
const CALL_CREDIT = 262_144;
/** The messages that fit that, one that waits to be sent, and the one that the producer is at. */
const MAX_AHEAD = CALL_CREDIT / MESSAGE_BYTES + 2;
/** "At once": a turn or two of the network, with room for a busy machine. */
const A_MOMENT_MS = 500;
const endlessly = { timeoutMs: Number.POSITIVE_INFINITY };

for (const transport of transports) {
  const test = suite(`the pace of streams over ${transport.name}`);
  let server: Server;
  let client: Client;
  let blobs: BlobsClient;
  let produced = 0;
  let finished = 0;
  let serving: CallContext | undefined;
  let produce: (context: CallContext) => AsyncIterable<Blob>;
  let consume: typeof blobHandlers.consume;

  async function* endless(): AsyncGenerator<Blob> {
    const data = new Uint8Array(MESSAGE_BYTES);
    try {
      for (;;) {
        produced++;
        yield { data };
      }
    } finally {
      finished++;
    }
  }

  const answersEndlessly = () => blobs.produce({ count: 0, size: 0 }, endlessly);

  test.before(async () => {
    server = createServer({ tls: serverTls, log: () => {} }).handle(Greeter, greeterHandlers);
    server.handle(Blobs, {
      ...blobHandlers,
      produce: (_request, context) => {
        serving = context;
        return produce(context);
      },
      consume: (requests, context) => {
        serving = context;
        return consume(requests, context);
      },
    });
    client = connect(await server.listen(transport.address()), clientOptions());
    blobs = client.use(Blobs);
    await client.ready();
  });
  test.after(async () => {
    await client.close({ graceMs: 0 });
    await server.shutdown({ graceMs: 0 });
  });
  test.before.each(() => {
    produced = 0;
    finished = 0;
    serving = undefined;
    produce = endless;
    consume = blobHandlers.consume;
  });
  test.after.each(async () => {
    await until("no handler runs any more", () => server.stats().runningCalls === 0);
    assert.is(client.stats().openCalls, 0, "no call is left open");
    assert.is(client.stats().disconnects, 0, "the connection has outlived the test");
  });

  test("a reader that breaks out of its loop ends the handler's generator at once", async () => {
    let read = 0;
    for await (const { data } of answersEndlessly()) if (data.length > 0 && ++read === 3) break;
    await until("the generator is left", () => finished === 1, A_MOMENT_MS);
    assert.is(serving?.cancelled, true);
    assert.ok(produced <= 3 + MAX_AHEAD, `${produced} were produced`);
  });

  test("a reader that breaks out wakes a handler that waits for something else, by its signal", async () => {
    produce = async function* ({ signal }) {
      yield { data: new Uint8Array(1) };
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      finished++;
    };
    for await (const _ of answersEndlessly()) break;
    await until("the handler goes on", () => finished === 1, A_MOMENT_MS);
  });

  test("a handler that breaks out of its loop and answers ends the caller's generator", async () => {
    consume = async (requests) => {
      let count = 0;
      for await (const _ of requests) if (++count === 3) break;
      return { total: 0n, count };
    };
    assert.equal(await blobs.consume(endlessly).send(endless()), { total: 0n, count: 3 });
    assert.is(finished, 1);
    assert.ok(produced <= 3 + MAX_AHEAD, `${produced} were produced`);
  });

  test("a duplex stream whose reader breaks out takes no more requests", async () => {
    const call = client.use(Greeter).chat(endlessly);
    await call.write({ text: "one" });
    for await (const _ of call) break;
    assert.is((await failureOf(call.write({ text: "two" }))).code, "CANCELLED");
  });

  test("a slow reader slows the handler: it is never further ahead than the call's window", async () => {
    let read = 0;
    let furthest = 0;
    for await (const { data } of answersEndlessly()) {
      assert.is(data.length, MESSAGE_BYTES);
      furthest = Math.max(furthest, produced - ++read);
      await sleep(2);
      if (read === 100) break;
    }
    assert.ok(furthest <= MAX_AHEAD, `${furthest} messages ahead`);
  });

  test("a slow handler slows the caller: it is never further ahead than the call's window", async () => {
    let furthest = 0;
    consume = async (requests) => {
      let count = 0;
      for await (const { data } of requests) {
        furthest = Math.max(furthest, produced - ++count);
        await sleep(2);
        if (count === 100) return { total: BigInt(data.length), count };
      }
      return { total: 0n, count };
    };
    assert.equal(await blobs.consume(endlessly).send(endless()), {
      total: BigInt(MESSAGE_BYTES),
      count: 100,
    });
    assert.ok(furthest <= MAX_AHEAD, `${furthest} messages ahead`);
  });

  test("a reader that pauses stops the handler, and starts it again when it goes on", async () => {
    const stream = answersEndlessly();
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    await until("the window is full", () => produced > 1);
    await sleep(100);
    const whenFull = produced;
    await sleep(100);
    assert.is(produced, whenFull);
    for (let i = 0; i < 2 * MAX_AHEAD; i++) await reader.next();
    assert.ok(produced > whenFull, "it goes on");
    stream.cancel();
  });
}
