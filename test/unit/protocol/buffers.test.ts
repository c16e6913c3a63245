// node-flags: --expose-gc
import * as assert from "uvu/assert";
import { allocate, BUFFER_BYTES, Buffers } from "../../../packages/protocol/src/buffers.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the memory for bytes on their way");

test("gives plain arrays that begin at the beginning of their memory", () => {
  const bytes = allocate(100);
  assert.is(bytes.constructor, Uint8Array);
  assert.is(bytes.byteOffset, 0);
  assert.is(bytes.buffer.byteLength, 100);
});

test("hands a buffer that came back out again, and never to two at once", () => {
  const buffers = new Buffers();
  const first = buffers.take();
  assert.is(first.length, BUFFER_BYTES);
  assert.is.not(buffers.take(), first);
  buffers.giveBack(first);
  assert.is(buffers.take(), first);
  assert.is.not(buffers.take(), first);
});

test("keeps only a few", () => {
  const buffers = new Buffers();
  const all = Array.from({ length: 20 }, () => buffers.take());
  for (const buffer of all) buffers.giveBack(buffer);
  const kept = new Set(all);
  const again = all.map(() => buffers.take()).filter((buffer) => kept.has(buffer));
  assert.is(again.length, 4);
});

test("uses a large buffer again if it is large enough, and with room to grow if it is new", () => {
  const buffers = new Buffers();
  const large = buffers.takeLarge(1_000_000);
  assert.is(large.length, 1_250_000);
  buffers.giveBack(large);
  assert.is.not(buffers.takeLarge(2_000_000), large);
  buffers.giveBack(large);
  assert.is(buffers.takeLarge(900_000), large);
  assert.is.not(buffers.takeLarge(900_000), large, "it is out");
});

test("exchanges a few buffers and no more until they come back", () => {
  const buffers = new Buffers();
  const away = [1, 2, 3, 4].map(() => buffers.take());
  for (const leaving of away) assert.is(buffers.exchange(leaving)?.length, BUFFER_BYTES);
  const next = buffers.take();
  assert.is(buffers.exchange(next), null);
  buffers.giveBack(buffers.take());
  assert.is(buffers.exchange(next), null, "what came back was not one of them");
  buffers.giveBack(away[0] as Uint8Array);
  assert.is(buffers.exchange(next), away[0]);
  assert.is(buffers.exchange(away[0] as Uint8Array), null);
});

test("exchanges again when those that are away do not come back: it was told, or they were collected", async () => {
  const buffers = new Buffers();
  const away = [1, 2, 3, 4].map(() => buffers.take());
  for (const leaving of away) buffers.exchange(leaving);
  buffers.forget(away[3] as Uint8Array);
  buffers.forget(away[3] as Uint8Array);
  const others = [5, 6, 7, 8].map(() => buffers.take());
  assert.ok(buffers.exchange(others[0] as Uint8Array), "one was forgotten");
  assert.is(buffers.exchange(others[1] as Uint8Array), null, "and only one");
  away.length = 0;
  let exchanged = 1;
  for (let rounds = 0; rounds < 100 && exchanged < 4; rounds++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setImmediate(resolve));
    if (buffers.exchange(others[exchanged] as Uint8Array) !== null) exchanged++;
  }
  assert.is(exchanged, 4, "three were collected");
  assert.is(buffers.exchange(buffers.take()), null, "and only three");
  for (const other of others) buffers.giveBack(other);
});

test("keeps nothing of another size", () => {
  const buffers = new Buffers();
  const small = new Uint8Array(100);
  buffers.giveBack(small);
  assert.is.not(buffers.take(), small);
});
