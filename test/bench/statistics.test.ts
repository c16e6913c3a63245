import * as assert from "uvu/assert";
import { fitLine, geometricMean, spreadOf } from "../../bench/src/report/statistics.ts";
import { suite } from "../support/suite.ts";

const test = suite("bench statistics");

test("the median of an odd number of runs is the middle one, of an even number between the two", () => {
  assert.equal(spreadOf([9, 1, 5]), { median: 5, least: 1, most: 9 });
  assert.equal(spreadOf([4, 1, 2, 9]), { median: 3, least: 1, most: 9 });
});

test("a line through points that lie on one has their slope and an R2 of 1", () => {
  const line = fitLine([
    [1, 5],
    [2, 7],
    [4, 11],
  ]);
  assert.equal([line.slope, line.intercept, line.r2], [2, 3, 1]);
});

test("a line through points that do not lie on one has a smaller R2", () => {
  const { r2 } = fitLine([
    [0, 0],
    [1, 3],
    [2, 0],
    [3, 3],
  ]);
  assert.ok(r2 > 0 && r2 < 0.5, String(r2));
});

test("the mean of a half and of double is 1", () => {
  assert.ok(Math.abs(geometricMean([0.5, 2]) - 1) < 1e-9);
});
