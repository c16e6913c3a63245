// Every kind of call, over TCP, TLS and Unix sockets alike.
import * as assert from "uvu/assert";
import { Blobs, type BlobsClient, Greeter, type GreeterClient } from "../gen/greeter.ts";
import { serve, type TestBed, transports } from "../support/server/greeter.ts";
import { collect, failureOf, sleep, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

for (const transport of transports) {
  const test = suite(`calls over ${transport.name}`);
  let bed: TestBed;
  let greeter: GreeterClient;
  let blobs: BlobsClient;
  const heard: string[] = [];
  let cancelledHandlers = 0;

  test.before(async () => {
    bed = await serve(
      transport.address(),
      {},
      {
        notify: ({ text }) => void heard.push(text),
        async slow({ waitMs, name }, { signal }) {
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, waitMs);
            signal.addEventListener("abort", () => {
              cancelledHandlers++;
              clearTimeout(timer);
              resolve();
            });
          });
          return { text: `Finally, ${name}` };
        },
      },
    );
    const client = bed.connect();
    greeter = client.use(Greeter);
    blobs = client.use(Blobs);
  });
  test.after(() => bed.close());

  test("a unary call is answered", async () => {
    assert.equal(await greeter.hello({ name: "Ada" }), { text: "Hello Ada" });
  });

  test("a thousand unary calls at once are each answered with their own answer", async () => {
    const names = Array.from({ length: 1_000 }, (_, i) => `caller ${i}`);
    const replies = await Promise.all(names.map((name) => greeter.hello({ name })));
    assert.equal(
      replies.map(({ text }) => text),
      names.map((name) => `Hello ${name}`),
    );
  });

  test("a server stream comes in order, with its trailers at the end", async () => {
    const stream = greeter.countdown({ from: 500, intervalMs: 0 });
    const ticks = await collect(stream);
    assert.is(ticks.length, 500);
    assert.equal(ticks[0], { n: 500 });
    assert.equal(ticks[499], { n: 1 });
    assert.is((await stream.trailers).get("end"), "lift-off");
  });

  test("leaving a server stream early cancels it", async () => {
    for await (const { n } of greeter.countdown({ from: 1_000_000, intervalMs: 0 })) if (n < 999_990) break;
    await until("the server has let go", () => bed.server.stats().runningCalls === 0);
  });

  test("a client stream is summed up", async () => {
    const call = greeter.sum();
    for (let n = 1; n <= 500; n++) await call.write({ n });
    assert.equal(await call.end(), { total: 125_250n, count: 500 });
    assert.equal(await greeter.sum().send([{ n: 1 }, { n: 2 }]), { total: 3n, count: 2 });
  });

  test("a client stream without a message is answered", async () => {
    assert.equal(await greeter.sum().end(), { total: 0n, count: 0 });
  });

  test("a duplex stream answers while it is being written", async () => {
    const call = greeter.chat();
    const lines = call[Symbol.asyncIterator]();
    for (const text of ["a", "b", "c"]) {
      await call.write({ text });
      assert.equal((await lines.next()).value, { text: `echo ${text}` });
    }
    await call.end();
    assert.is((await lines.next()).done, true);
    await call.trailers;
  });

  test("a one-way call arrives", async () => {
    await greeter.notify({ text: `over ${transport.name}` });
    await until("it is heard", () => heard.includes(`over ${transport.name}`));
  });

  test("271,828 bytes go out and 314,159 come in", async () => {
    assert.equal(await blobs.swallow({ data: new Uint8Array(271_828).fill(7) }), {});
    const [blob] = await collect(blobs.produce({ count: 1, size: 314_159 }));
    assert.is(blob?.data.length, 314_159);
  });

  test("a message just below 4 MiB goes there and back whole", async () => {
    const data = new Uint8Array(4_194_304 - 16);
    for (let i = 0; i < data.length; i += 4_093) data[i] = i;
    const back = await blobs.echo({ data });
    assert.ok(Buffer.from(back.data).equals(data));
  });

  test("a request over the limit is refused before it is sent, and the connection stays", async () => {
    const error = await failureOf(blobs.echo({ data: new Uint8Array(4_194_305) }));
    assert.is(error.code, "RESOURCE_EXHAUSTED");
    assert.is(error.outcome, "not-executed");
    assert.is(error.family, "usage");
    assert.match(error.message, "4194304");
    assert.equal(await greeter.hello({ name: "still here" }), { text: "Hello still here" });
  });

  test("an answer over the limit of the caller fails its call only", async () => {
    const small = bed.connect({ session: { maxMessageBytes: 2_000 } });
    const error = await failureOf(small.use(Blobs).echo({ data: new Uint8Array(3_000) }));
    assert.is(error.code, "RESOURCE_EXHAUSTED");
    assert.is(error.outcome, "executed");
    assert.match(error.message, "larger than the caller takes");
    assert.equal(await small.use(Greeter).hello({ name: "x" }), { text: "Hello x" });
    assert.is(small.stats().disconnects, 0);
  });

  test("streams of large messages keep their order and their bytes", async () => {
    const made = await collect(blobs.produce({ count: 12, size: 200_000 }));
    assert.equal(
      made.map(({ data }) => [data.length, data[0], data[199_999]]),
      Array.from({ length: 12 }, (_, i) => [200_000, i, i]),
    );
    const parts = Array.from({ length: 12 }, () => ({ data: new Uint8Array(200_000) }));
    assert.equal(await blobs.consume().send(parts), { total: 2_400_000n, count: 12 });
  });

  test("a deadline ends the call here and its handler there", async () => {
    const before = cancelledHandlers;
    const error = await failureOf(greeter.slow({ waitMs: 5_000, name: "x" }, { timeoutMs: 60 }));
    assert.is(error.code, "DEADLINE_EXCEEDED");
    assert.is(error.outcome, "unknown");
    assert.is(error.method, "vertex.test.v1.Greeter/Slow");
    await until("the handler is cancelled", () => cancelledHandlers > before);
  });

  test("a deadline ends a stream too", async () => {
    const stream = greeter.countdown({ from: 1_000, intervalMs: 20 }, { timeoutMs: 100 });
    assert.is((await failureOf(collect(stream))).code, "DEADLINE_EXCEEDED");
    assert.is((await failureOf(stream.trailers)).code, "DEADLINE_EXCEEDED");
  });

  test("a signal cancels the call here and its handler there", async () => {
    const before = cancelledHandlers;
    const controller = new AbortController();
    const call = greeter.slow({ waitMs: 5_000, name: "x" }, { signal: controller.signal });
    await until("the handler runs", () => bed.server.stats().runningCalls === 1);
    controller.abort(new Error("changed my mind"));
    const error = await failureOf(call);
    assert.is(error.code, "CANCELLED");
    assert.is(error.outcome, "unknown");
    assert.match(String(error.cause), "changed my mind");
    await until("the handler is cancelled", () => cancelledHandlers > before);
  });

  test("a signal that has aborted already keeps the call from being sent", async () => {
    const error = await failureOf(greeter.hello({ name: "x" }, { signal: AbortSignal.abort() }));
    assert.is(error.code, "CANCELLED");
    assert.is(error.outcome, "not-executed");
  });

  test("a hundred calls share one signal without a warning", async () => {
    const { signal } = new AbortController();
    const calls = Array.from({ length: 100 }, () => greeter.hello({ name: "x" }, { signal }));
    assert.is((await Promise.all(calls)).length, 100);
    await sleep(1);
  });

  test("metadata goes there and trailers come back, as text and as bytes", async () => {
    let trailers: ReadonlyMap<string, string | Uint8Array> = new Map();
    await greeter.hello(
      { name: "x" },
      {
        metadata: { "request-id": "r-1 \u{1F600}", token: Uint8Array.of(0, 255) },
        onTrailers: (got) => {
          trailers = got;
        },
      },
    );
    assert.is(trailers.get("request-id"), "r-1 \u{1F600}");
    assert.equal([...(trailers.get("token") as Uint8Array)], [0, 255]);
  });

  test("the client measures round trips", async () => {
    const client = bed.connect();
    await client.ready();
    assert.ok((await client.ping()) >= 0);
    assert.ok(client.stats().roundTripMs >= 0);
  });
}
