// Buckets and budgets, told the time.
import * as assert from "uvu/assert";
import {
  Bucket,
  checkLate,
  LATE_FRAMES,
  LimitExceeded,
  PING_BURST,
  PING_STRIKES,
  PINGS_PER_SECOND,
  PingBudget,
  RESET_BURST,
  RESETS_PER_SECOND,
  ResetBudget,
} from "../../../packages/protocol/src/accounting.ts";
import { suite } from "../../support/suite.ts";

/** How often `spend` goes well before it throws, and the name it throws. */
function spent(spend: () => void): { times: number; limit: string } {
  for (let times = 0; ; times++) {
    try {
      spend();
    } catch (error) {
      assert.instance(error, LimitExceeded);
      return { times, limit: (error as LimitExceeded).limit };
    }
  }
}

const buckets = suite("a bucket");

buckets("gives its burst at once, then what comes with time, and never more than its burst", () => {
  const bucket = new Bucket(10, 5, 1_000);
  const had = (now: number): number => {
    let count = 0;
    while (bucket.take(1, now)) count++;
    return count;
  };
  assert.equal([had(1_000), had(1_000), had(1_099), had(1_100), had(1_350), had(99_000)], [5, 0, 0, 1, 2, 5]);
});

buckets("says how long to wait, and keeps to it", () => {
  const bucket = new Bucket(100, 10, 0);
  bucket.charge(30, 0);
  assert.is(bucket.available(0), -20);
  assert.is(bucket.waitMs(1, 0), 210);
  assert.is(bucket.waitMs(1, 210), 0);
  assert.is(bucket.waitMs(1_000, 210), 90, "more than the burst is never there: the burst is asked for");
});

buckets("loses nothing to a clock that stands still or goes back", () => {
  const bucket = new Bucket(10, 10, 1_000);
  bucket.charge(10, 1_000);
  assert.is(bucket.available(500), 0);
  assert.is(bucket.available(1_100), 1);
});

const pings = suite("the budget of pings");

pings("is a burst, then a rate, then strikes", () => {
  const budget = new PingBudget(0);
  for (let i = 0; i < PING_BURST; i++) budget.spend(0);
  for (let i = 0; i < PINGS_PER_SECOND; i++) budget.spend(1_000);
  assert.equal(
    spent(() => budget.spend(1_000)),
    { times: PING_STRIKES - 1, limit: "pings" },
  );
});

pings("lasts for ever at its rate", () => {
  const budget = new PingBudget(0);
  for (let now = 0; now < 600_000; now += 1_000 / PINGS_PER_SECOND) budget.spend(now);
});

const resets = suite("the budget of resets");

resets("is as large as the calls that may be open, and a hundred at least", () => {
  let calls = 0;
  const few = new ResetBudget(1, 0);
  assert.equal(
    spent(() => few.spend(++calls, 0)),
    { times: RESET_BURST, limit: "resets" },
  );
  calls = 0;
  const many = new ResetBudget(1_024, 0);
  assert.is(spent(() => many.spend(++calls, 0)).times, 1_024);
});

resets("comes back with time", () => {
  const budget = new ResetBudget(1, 0);
  let calls = 0;
  spent(() => budget.spend(++calls, 0));
  assert.is(spent(() => budget.spend(++calls, 1_000)).times, RESETS_PER_SECOND);
});

resets("never ends for who has a call answered for each that he takes back", () => {
  const budget = new ResetBudget(1, 0);
  for (let calls = 2; calls < 100_000; calls += 2) budget.spend(calls, 0);
});

const late = suite("frames for calls that are over");

late("are as many as credit and the calls account for", () => {
  const credit = { initialCreditBytes: 65_536, callCreditBytes: 262_144, aloneCalls: 0 };
  const perCall = (65_536 + 262_144) / 256 + 8;
  checkLate(LATE_FRAMES, 0, credit);
  checkLate(LATE_FRAMES + 3 * perCall, 3, credit);
  assert.throws(() => checkLate(LATE_FRAMES + 3 * perCall + 1, 3, credit), /^lateFrames: /);
  const two = { ...credit, aloneCalls: 2 };
  const more = (2 * 3 * 262_144) / 256;
  checkLate(LATE_FRAMES + 3 * perCall + more, 3, two);
  assert.throws(() => checkLate(LATE_FRAMES + 3 * perCall + more + 1, 3, two), /^lateFrames: /);
});
