import * as assert from "uvu/assert";
import { interleave, ratiosOf, runsOf } from "../../bench/src/runner.ts";
import { suite } from "../support/suite.ts";

const test = suite("bench runner");

const tasks = (order: string[]) =>
  ["a", "b", "c"].map((key) => ({
    key,
    run: async () => {
      order.push(key);
      return order.length;
    },
  }));

test("each round measures each task once, and starts with another one", async () => {
  const order: string[] = [];
  await interleave(3, tasks(order), () => {});
  assert.is(order.join(""), "abcbcacab");
});

test("results stand in the order of the rounds, whoever came first in them", async () => {
  const results = await interleave(3, tasks([]), () => {});
  assert.equal(runsOf(results, "a"), [1, 6, 8]);
});

test("a ratio is taken within a round", async () => {
  const results = new Map([
    ["ours", [10, 40]],
    ["theirs", [5, 10]],
  ]);
  assert.equal(
    ratiosOf(results, "ours", "theirs", (value) => value),
    [2, 4],
  );
});

test("what was not measured is not taken for nothing", () => {
  assert.throws(() => runsOf(new Map(), "a"), /nothing was measured as a/);
});
