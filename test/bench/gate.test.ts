import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { type Baseline, type Check, checks, gateText, holds } from "../../bench/src/measure/gate.ts";
import { suite } from "../support/suite.ts";

const test = suite("bench gate");

const faster: Check = { id: "a", name: "speed", unit: "x", better: "more", tolerance: 0.1 };
const smaller: Check = { id: "b", name: "heap", unit: "bytes", better: "less", tolerance: 0.1 };

test("a ratio may fall by a tenth and no further", () => {
  assert.ok(holds(faster, 1.81, 2));
  assert.not.ok(holds(faster, 1.79, 2));
});

test("a count may rise by a tenth and no further", () => {
  assert.ok(holds(smaller, 109, 100));
  assert.not.ok(holds(smaller, 111, 100));
});

test("better is always good enough", () => {
  assert.ok(holds(faster, 20, 2));
  assert.ok(holds(smaller, 1, 100));
});

test("a count of nothing may become its slack and no more", () => {
  const buffers: Check = { ...smaller, slack: 1 };
  assert.ok(holds(buffers, 0.9, 0));
  assert.not.ok(holds(buffers, 1.1, 0));
});

test("the text says what got worse, and what was not compared", () => {
  const text = gateText(
    [
      { check: faster, measured: 1, recorded: 2, good: false },
      { check: smaller, measured: 100, recorded: 100, good: true },
    ],
    ["instructions skipped: install valgrind"],
  );
  assert.match(text, /speed +1\.00 x +2\.00 +-10 % +WORSE/);
  assert.match(text, /heap +100 bytes +100 +\+10 % +holds/);
  assert.match(text, /instructions skipped/);
});

test("every check has a recorded value; instructions, where they could be counted", () => {
  const file = new URL("../../bench/baseline.json", import.meta.url);
  const { values } = JSON.parse(readFileSync(file, "utf8")) as Baseline;
  assert.equal(
    checks.map(({ id }) => id).filter((id) => id !== "instructions" && values[id] === undefined),
    [],
  );
});
