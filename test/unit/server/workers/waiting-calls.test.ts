import type { ForwardedCall } from "@vertex/protocol";
import * as assert from "uvu/assert";
import { WaitingCalls } from "../../../../packages/server/src/workers/waiting-calls.ts";
import { failureOf, thrownBy } from "../../../support/server/waiting.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("calls that wait for a worker thread");
const ANY = -1;

function waiting(maxQueuedCalls = 10, maxQueuedBytes = 1_000) {
  const clock = { now: 0 };
  const calls = new WaitingCalls<string>({ maxQueuedCalls, maxQueuedBytes }, () => clock.now);
  return { clock, calls };
}
const call = (): ForwardedCall => ({ whenCut: null }) as ForwardedCall;

test("go in order, those with a thread of their own apart from the others", async () => {
  const { calls } = waiting();
  const first = calls.add(ANY, call(), 1, true);
  void calls.add(2, call(), 1, true);
  void calls.add(ANY, call(), 1, false);
  assert.equal([calls.size, calls.first(0), calls.first(2)?.movable], [3, undefined, true]);
  calls.shift(ANY)?.resolve("a place");
  assert.is(await first, "a place");
  assert.is(calls.shift(ANY)?.movable, false);
  assert.equal([calls.shift(ANY), calls.size], [undefined, 1]);
});

test("leave when their caller has gone, and were not executed", async () => {
  const { calls } = waiting();
  const context = call();
  const gone = failureOf(calls.add(ANY, context, 900, true));
  assert.is(context.whenCut?.(), "not-executed");
  const error = await gone;
  assert.equal([error.code, error.outcome], ["CANCELLED", "not-executed"]);
  assert.equal([calls.size, calls.first(ANY)], [0, undefined]);
  void calls.add(ANY, call(), 900, true);
});

test("are bounded by number and by bytes, and refused with a time to come back", () => {
  const { calls } = waiting(2, 1_000);
  void calls.add(ANY, call(), 600, true);
  assert.is(thrownBy(() => calls.add(ANY, call(), 401, true)).code, "RESOURCE_EXHAUSTED");
  void calls.add(ANY, call(), 400, true);
  const error = thrownBy(() => calls.add(ANY, call(), 0, true));
  assert.equal([error.outcome, error.retryAfterMs, calls.refused], ["not-executed", 50, 2]);
});

test("tell how long it takes, by the pace at which calls have left", () => {
  const { calls, clock } = waiting(20);
  for (let n = 0; n < 20; n++) void calls.add(ANY, call(), 1, true);
  for (let n = 0; n < 60; n++) {
    clock.now += 40;
    calls.shift(ANY);
    void calls.add(ANY, call(), 1, true);
  }
  const { retryAfterMs } = thrownBy(() => calls.add(ANY, call(), 1, true));
  assert.ok(retryAfterMs !== undefined && retryAfterMs > 700 && retryAfterMs <= 801, String(retryAfterMs));
});

test("all fail when nobody will come for them", async () => {
  const { calls } = waiting();
  const both = [calls.add(ANY, call(), 1, true), calls.add(1, call(), 1, true)].map(failureOf);
  calls.rejectAll(thrownBy(() => waiting(1, 1).calls.add(ANY, call(), 2, true)));
  assert.equal(
    (await Promise.all(both)).map(({ code }) => code),
    ["RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED"],
  );
  assert.is(calls.size, 0);
});
