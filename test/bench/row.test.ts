import * as assert from "uvu/assert";
import { atLeast, atMost, row, rowsText, targetTable, unmeasured } from "../../bench/src/report/row.ts";
import { suite } from "../support/suite.ts";

const test = suite("bench row");

test("the median of the runs is held against the bar", () => {
  assert.is(row("a", "speed", "x", [1, 9, 2], atLeast(2)).good, true);
  assert.is(row("a", "speed", "x", [1, 9, 1.9], atLeast(2)).good, false);
  assert.is(row("a", "cost", "µs", [1, 9, 2], atMost(2)).good, true);
  assert.is(row("a", "cost", "µs", [2], { is: "below", value: 2 }).good, false);
  assert.is(row("a", "cost", "µs", [2], null).good, null);
});

test("a bar that is missed is shouted, a goal that is not reached is said", () => {
  const text = rowsText([
    row("a", "bar", "x", [1], { is: "at least", value: 2 }),
    row("b", "goal", "x", [1], atLeast(2)),
  ]);
  assert.match(text, /bar +1\.00 x +at least 2 +MISSED/);
  assert.match(text, /goal +1\.00 x +goal: at least 2 +not reached/);
});

test("the table of targets leaves out figures without one and says no where one is missed", () => {
  const { lines } = targetTable("targets", [
    row("a", "speed", "x", [1, 2, 3], atLeast(3)),
    row("b", "heap", "bytes", [9], null),
  ]);
  assert.equal(lines, [["speed", "at least 3", "2.00 x", "1.00 - 3.00", "**no**"]]);
});

test("a target that could not be measured stands in the table, neither met nor missed", () => {
  const figure = unmeasured("a", "against a peer", atLeast(3));
  assert.equal(targetTable("targets", [figure]).lines, [
    ["against a peer (not measured here)", "at least 3", "-", "", "?"],
  ]);
});
