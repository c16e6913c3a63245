import { VertexError } from "@vertex/protocol";
import { SimNode, testPair, VirtualTime } from "@vertex/protocol/testing";
import * as assert from "uvu/assert";
import { Blobs, type BlobsHandlers } from "../../gen/greeter.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a test pair");

const handlers: BlobsHandlers = {
  echo: (blob) => blob,
  swallow: () => {
    throw new Error("a bug");
  },
  *produce({ count, size }) {
    for (let n = 0; n < count; n++) yield { data: new Uint8Array(size).fill(n) };
  },
  async consume(requests) {
    let total = 0n;
    let count = 0;
    for await (const { data } of requests) {
      total += BigInt(data.length);
      count++;
    }
    return { total, count };
  },
};

test("calls handlers through the real codec, in every shape", async () => {
  await using pair = testPair(Blobs, handlers);
  const data = Uint8Array.of(1, 2, 3);
  assert.equal([...(await pair.stub.echo({ data })).data], [1, 2, 3]);
  const sizes: number[] = [];
  for await (const blob of pair.stub.produce({ count: 3, size: 100_000 })) sizes.push(blob.data.length);
  assert.equal(sizes, [100_000, 100_000, 100_000]);
  assert.equal(await pair.stub.consume().send([{ data }, { data }]), { total: 6n, count: 2 });
});

test("keeps what a handler threw, and shows its caller no more than a caller sees", async () => {
  await using pair = testPair(Blobs, handlers);
  const error = await failureOf(pair.stub.swallow({ data: new Uint8Array(0) }));
  assert.is(error.code, "INTERNAL");
  assert.is(error.message, "the handler failed");
  assert.equal(
    pair.handlerErrors.map((thrown) => (thrown as Error).message),
    ["a bug"],
  );
});

test("runs the interceptors of both sides, and tells handlers who calls", async () => {
  const seen: string[] = [];
  const note = (who: string) => (call: { side: string }, next: (call: never) => unknown) => {
    seen.push(`${who} ${call.side}`);
    return next(call as never);
  };
  await using pair = testPair(
    Blobs,
    {
      ...handlers,
      echo: (blob, { peer }) => {
        seen.push(String(peer.identity));
        return blob;
      },
    },
    { clientInterceptors: [note("a")], serverInterceptors: [note("b")], identity: "Ada" },
  );
  await pair.stub.echo({ data: new Uint8Array(0) });
  assert.equal(seen, ["a client", "b server", "Ada"]);
});

test("bounds messages as its options say", async () => {
  await using pair = testPair(Blobs, handlers, { session: { maxMessageBytes: 1_024 } });
  const error = await failureOf(pair.stub.echo({ data: new Uint8Array(2_000) }));
  assert.is(error.code, "RESOURCE_EXHAUSTED");
});

test("cut, it fails what is open as a lost connection does, and takes no more", async () => {
  const pair = testPair(Blobs, { ...handlers, echo: () => new Promise(() => {}) });
  const open = failureOf(pair.stub.echo({ data: new Uint8Array(0) }));
  await new Promise((resolve) => setTimeout(resolve, 20));
  pair.cut();
  const error = await open;
  assert.equal([error.code, error.outcome], ["UNAVAILABLE", "unknown"]);
  assert.is((await failureOf(pair.stub.echo({ data: new Uint8Array(0) }))).outcome, "not-executed");
  await pair.close();
});

test("on a simulated node, a deadline passes at once", async () => {
  const time = new VirtualTime();
  const node = new SimNode(time, "one");
  const pair = testPair(Blobs, { ...handlers, echo: () => new Promise(() => {}) }, { node });
  const failing = failureOf(pair.stub.echo({ data: new Uint8Array(0) }, { timeoutMs: 3_000_000 }));
  assert.is((await time.finish(failing, 3_001_000)).code, "DEADLINE_EXCEEDED");
  pair.cut();
  await time.finish(pair.close());
});

async function failureOf(promise: Promise<unknown>): Promise<VertexError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof VertexError) return error;
  }
  throw new Error("it did not fail with a VertexError");
}
