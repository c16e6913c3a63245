// What bounds repeated calls.
import * as assert from "uvu/assert";
import { RetryBudget } from "../../../packages/client/src/retry-budget.ts";
import { suite } from "../../support/suite.ts";

const test = suite("retry budget");

function spendAll(budget: RetryBudget): number {
  let spent = 0;
  while (budget.spend()) spent++;
  return spent;
}

test("a new client may repeat ten calls", () => {
  assert.is(spendAll(new RetryBudget()), 10);
});

test("a hundred calls earn no more than ten repeats, however they fall", () => {
  const budget = new RetryBudget();
  spendAll(budget);
  let repeats = 0;
  for (let i = 0; i < 1_000; i++) {
    budget.earn();
    if (budget.spend()) repeats++;
  }
  assert.ok(repeats >= 98 && repeats <= 100, `${repeats} repeats of 1,000 calls`);
});

test("calls long ago are not saved up beyond ten repeats", () => {
  const budget = new RetryBudget();
  for (let i = 0; i < 100_000; i++) budget.earn();
  assert.is(spendAll(budget), 10);
});
