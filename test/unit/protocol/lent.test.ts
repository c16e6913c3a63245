// lent.ts in real calls: what a reader has stays as it is until it asks for the next, and memory is used again.
import { lent } from "@vertex/protocol";
import { testPair } from "@vertex/protocol/testing";
import * as assert from "uvu/assert";
import { Blobs, type BlobsHandlers } from "../../gen/greeter.ts";
import { suite } from "../../support/suite.ts";

const test = suite("messages that are lent");

const never = () => {
  throw new Error("not called");
};
const handlers: BlobsHandlers = { echo: never, swallow: never, produce: never, consume: never };

interface Blob {
  readonly data: Uint8Array;
}

/** A message is filled with its number, so that a wrong byte anywhere shows. */
function* blobs(sizes: readonly number[]): Generator<Blob> {
  for (const [n, size] of sizes.entries()) yield { data: new Uint8Array(size).fill(n) };
}

const checkWhole = ({ data }: Blob, n: number, sizes: readonly number[]) =>
  assert.ok(data.length === sizes[n] && data.every((byte) => byte === (n & 0xff)), `message ${n}`);

/** Reads all, each over some turns of the event loop in which others come; returns the memory they were in. */
async function readAll(
  messages: AsyncIterable<Blob>,
  sizes: readonly number[],
): Promise<Set<ArrayBufferLike>> {
  const memory = new Set<ArrayBufferLike>();
  let n = 0;
  for await (const message of messages) {
    checkWhole(message, n, sizes);
    for (let turn = 0; turn < n % 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    checkWhole(message, n++, sizes);
    memory.add(message.data.buffer);
  }
  assert.is(n, sizes.length);
  return memory;
}

const same = (count: number, size: number) => Array.from({ length: count }, () => size);
const rows: readonly [name: string, sizes: readonly number[]][] = [
  ["in one frame", same(200, 20_000)],
  ["in pieces", same(60, 65_536)],
  ["larger than the window", same(8, 1_000_000)],
];

for (const [name, sizes] of rows) {
  test(`${name}: a handler reads an upload from memory that is used again`, async () => {
    let memory = new Set<ArrayBufferLike>();
    await using pair = testPair(Blobs, {
      ...handlers,
      async consume(requests) {
        memory = await readAll(lent(requests), sizes);
        return { total: 0n, count: 0 };
      },
    });
    await pair.stub.consume().send(blobs(sizes));
    assert.ok(memory.size <= sizes.length / 2, `${memory.size} buffers for ${sizes.length} messages`);
  });

  test(`${name}: a caller reads a download from memory that is used again`, async () => {
    await using pair = testPair(Blobs, { ...handlers, produce: () => blobs(sizes) });
    const memory = await readAll(lent(pair.stub.produce({ count: 0, size: 0 })), sizes);
    assert.ok(memory.size <= sizes.length / 2, `${memory.size} buffers for ${sizes.length} messages`);
  });
}

test("all sizes are read right, those that are too small to lend too", async () => {
  const sizes = [0, 70_000, 1, 4_095, 4_096, 300_000, 10, 70_000, 5_000, 0, 1_000_000, 65_530, 65_533, 4_100];
  await using pair = testPair(Blobs, { ...handlers, produce: () => blobs(sizes) });
  await readAll(lent(pair.stub.produce({ count: 0, size: 0 })), sizes);
});

test("without lent every message has memory of its own", async () => {
  const sizes = same(40, 65_536);
  await using pair = testPair(Blobs, { ...handlers, produce: () => blobs(sizes) });
  const all: Blob[] = [];
  for await (const message of pair.stub.produce({ count: 0, size: 0 })) all.push(message);
  all.forEach((message, n) => {
    checkWhole(message, n, sizes);
  });
  assert.is(new Set(all.map(({ data }) => data.buffer)).size, sizes.length);
});

test("an interceptor's iterable in between is read as it is", async () => {
  const sizes = same(10, 65_536);
  async function* others(): AsyncGenerator<Blob> {
    yield* blobs(sizes);
  }
  assert.is((await readAll(lent(others()), sizes)).size, sizes.length);
});
