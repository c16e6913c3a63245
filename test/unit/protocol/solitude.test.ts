import * as assert from "uvu/assert";
import { Solitude } from "../../../packages/protocol/src/solitude.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a call that has its connection to itself");

test("is alone from the start, and as long as it likes", () => {
  const solitude = new Solitude({ openCalls: 1, runningCalls: 0, begunCalls: 1 });
  assert.ok(solitude.of(1, 0));
  assert.ok(solitude.of(1, 100_000));
});

test("is not alone beside another, whoever has opened it, and for a second after", () => {
  const traffic = { openCalls: 1, runningCalls: 1, begunCalls: 2 };
  const solitude = new Solitude(traffic);
  assert.not(solitude.of(1, 5_000));
  traffic.runningCalls = 0;
  assert.not(solitude.of(1, 5_999));
  assert.ok(solitude.of(1, 6_000));
});

test("is not alone when another was opened and has ended since it was looked at", () => {
  const traffic = { openCalls: 0, runningCalls: 1, begunCalls: 1 };
  const solitude = new Solitude(traffic);
  assert.ok(solitude.of(1, 0));
  traffic.begunCalls++;
  assert.not(solitude.of(1, 10));
  assert.not(solitude.of(1, 1_009));
  assert.ok(solitude.of(1, 1_010));
});

test("is alone when it is the next one, whatever was before it", () => {
  const traffic = { openCalls: 0, runningCalls: 1, begunCalls: 1 };
  const solitude = new Solitude(traffic);
  assert.ok(solitude.of(1, 0));
  traffic.begunCalls = 50;
  assert.ok(solitude.of(99, 10));
  assert.ok(solitude.of(99, 20));
  assert.is(solitude.aloneCalls, 2);
});
