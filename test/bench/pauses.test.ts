import * as assert from "uvu/assert";
import { Pauses } from "../../bench/src/load/pauses.ts";
import { suite } from "../support/suite.ts";

const test = suite("the pauses of a sending process");

/** Looks at these times, with that much CPU time used by then. */
function watched(...looks: readonly [now: number, cpuMs: number][]): Pauses {
  let cpuMs = 0;
  const pauses = new Pauses(0, () => cpuMs);
  for (const [now, cpu] of looks) {
    cpuMs = cpu;
    pauses.look(now);
  }
  return pauses;
}

test("are gaps in which it was not run", () => {
  const { endedAt, totalMs } = watched([0.5, 0.5], [5, 0.6], [5.1, 0.7], [20.1, 0.8], [20.2, 0.9]);
  assert.equal([endedAt, totalMs], [20.1, 19.5]);
});

test("are no gaps in which it computed or collected garbage", () => {
  assert.is(watched([0.5, 0.5], [5, 4.9], [30, 20]).totalMs, 0);
});

test("are no short gaps, and CPU time from before a gap does not hide one", () => {
  assert.is(watched([0.9, 0], [1.8, 0], [2.7, 0]).totalMs, 0);
  assert.is(watched([0.2, 0.2], [0.4, 0.4], [0.6, 0.6], [0.8, 0.8], [3, 0.9]).totalMs, 2.2);
});
