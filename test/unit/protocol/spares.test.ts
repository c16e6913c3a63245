import * as assert from "uvu/assert";
import { HeldBytes } from "../../../packages/protocol/src/credit.ts";
import { Spares } from "../../../packages/protocol/src/spares.ts";
import { suite } from "../../support/suite.ts";

const test = suite("memory that is lent");

function lending(limit: number, held = new HeldBytes()): Spares {
  const spares = new Spares(limit, held);
  spares.opened();
  return spares;
}

test("comes back and is taken again, the last first", () => {
  const spares = lending(100_000);
  const [first, second] = [spares.take(10_000), spares.take(10_000)];
  assert.is.not(first.buffer, second.buffer);
  spares.giveBack(first);
  spares.giveBack(second);
  assert.is(spares.bytes, 20_000);
  assert.is(spares.take(10_000).buffer, second.buffer);
  assert.is(spares.take(10_000).buffer, first.buffer);
  assert.is(spares.bytes, 0);
});

test("is as long as was asked for, and is not taken for much less", () => {
  const spares = lending(100_000);
  const large = spares.take(10_000);
  spares.giveBack(large);
  assert.is.not(spares.take(2_499).buffer, large.buffer);
  const less = spares.take(2_500);
  assert.equal([less.buffer === large.buffer, less.length], [true, 2_500]);
  spares.giveBack(less);
  const again = spares.take(10_000);
  assert.equal([again.buffer === large.buffer, again.length], [true, 10_000], "all of it is there again");
  assert.is(spares.take(10_001).length, 10_001);
});

test("has room for all that is likely to come only if it is there already", () => {
  const spares = lending(100_000);
  assert.is(spares.take(1_000, 50_000).length, 1_000);
  const large = spares.take(50_000);
  spares.giveBack(large);
  const whole = spares.take(1_000, 50_000);
  assert.equal([whole.buffer === large.buffer, whole.length], [true, 50_000]);
});

test("stays within its limit: the oldest goes", () => {
  const spares = lending(25_000);
  const [oldest, second, third] = [spares.take(10_000), spares.take(10_000), spares.take(10_000)];
  for (const buffer of [oldest, second, third, spares.take(25_001)]) spares.giveBack(buffer);
  assert.is(spares.bytes, 20_000);
  assert.is(spares.take(10_000).buffer, third.buffer);
  assert.is(spares.take(10_000).buffer, second.buffer);
});

test("stands in the account of all connections, and is not kept when that is tight", () => {
  const held = new HeldBytes(40_000);
  const spares = lending(100_000, held);
  const [first, second] = [spares.take(10_000), spares.take(10_000)];
  spares.giveBack(first);
  assert.is(held.bytes, 10_000);
  held.add(15_000);
  spares.giveBack(second);
  assert.equal([spares.bytes, held.bytes], [10_000, 25_000]);
  spares.take(10_000);
  assert.is(held.bytes, 15_000);
});

test("goes when the last stream that lends has ended, and is not taken back after that", () => {
  const held = new HeldBytes();
  const spares = lending(100_000, held);
  spares.opened();
  const [here, away] = [spares.take(10_000), spares.take(10_000)];
  spares.giveBack(here);
  spares.closed();
  assert.is(spares.bytes, 10_000, "another one lends");
  spares.closed();
  spares.giveBack(away);
  assert.equal([spares.bytes, held.bytes], [0, 0]);
});

test("is not used again when it was transferred to somebody else, before it came back or after", () => {
  const held = new HeldBytes();
  const spares = lending(100_000, held);
  const transfer = ({ buffer }: Uint8Array) => structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
  const [before, after] = [spares.take(10_000), spares.take(10_000)];
  transfer(before);
  spares.giveBack(before);
  assert.is(spares.bytes, 0);
  spares.giveBack(after);
  transfer(after);
  assert.is(spares.take(10_000).length, 10_000);
  spares.closed();
  assert.equal([spares.bytes, held.bytes], [0, 0]);
});
