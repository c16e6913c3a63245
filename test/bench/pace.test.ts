import * as assert from "uvu/assert";
import { pace } from "../../bench/src/load/pace.ts";
import { keptUp } from "../../bench/src/measure/ladder.ts";
import { type Link, sample } from "../../bench/src/peers/peer.ts";
import { suite } from "../support/suite.ts";

const test = suite("a sender with a plan");

const plain = { slowEvery: 0, holdMs: 0 };

test("makes all calls of its plan, and counts those that failed", async () => {
  const holds: number[] = [];
  const link: Link = {
    async echo({ id, holdMs }) {
      holds.push(holdMs);
      if (holds.length > 15) throw new Error("refused");
      return { id: holds.length > 10 ? 0 : id };
    },
  };
  const { calls, failures } = await pace({ callsPerSecond: 40, ms: 500, slowEvery: 5, holdMs: 7 }, link);
  assert.equal([calls, failures], [10, 10]);
  assert.equal(holds.slice(0, 6), [7, 0, 0, 0, 0, 7]);
});

test("sends what is overdue after a pause in small batches, between which answers are taken", async () => {
  let [sent, most] = [0, 0];
  const link: Link = {
    async echo() {
      if (most === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      // All that is sent in one turn of the event loop is sent before this.
      if (sent++ === 0) setImmediate(() => (sent = 0));
      most = Math.max(most, sent);
      return sample;
    },
  };
  await pace({ callsPerSecond: 10_000, ms: 400, ...plain }, link);
  assert.is(most, 128);
});

test("stops when it is hopelessly late, which is not keeping up", async () => {
  const callsPerSecond = 1_000_000_000;
  const result = await pace({ callsPerSecond, ms: 10, ...plain }, { echo: async () => sample });
  assert.ok(result.calls < 10_000_000);
  assert.not(keptUp(result, callsPerSecond));
});
