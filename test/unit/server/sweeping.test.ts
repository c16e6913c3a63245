// The one timer of all connections, and the watch over peers that do not read, when this process itself was asleep.
import type { Clock, Timer } from "@vertex/protocol";
import * as assert from "uvu/assert";
import { SWEEP_MS, Sweeper } from "../../../packages/protocol/src/sweeper.ts";
import { StallWatch } from "../../../packages/protocol/src/vitals.ts";
import { suite } from "../../support/suite.ts";

/** A clock whose timers fire when they are told to. */
class HandClock implements Clock {
  at = 0;
  timers = new Set<() => void>();
  now(): number {
    return this.at;
  }
  setTimer(callback: () => void, delayMs: number): Timer {
    assert.is(delayMs, SWEEP_MS);
    this.timers.add(callback);
    const mine = callback;
    return { cancel: () => void this.timers.delete(mine) };
  }
  fire(): void {
    const due = [...this.timers];
    this.timers.clear();
    for (const callback of due) callback();
  }
}

const sweeps = suite("a sweep");

sweeps("that removes the last and adds another in one tick leaves one timer", () => {
  const clock = new HandClock();
  const sweeper = new Sweeper(clock);
  const second = { tick: () => {} };
  const first = {
    tick: () => {
      sweeper.remove(first);
      sweeper.add(second);
    },
  };
  sweeper.add(first);
  clock.fire();
  assert.is(clock.timers.size, 1);
  sweeper.remove(second);
  assert.is(clock.timers.size, 0);
});

sweeps("in which a tick throws is not the last one", () => {
  const clock = new HandClock();
  const sweeper = new Sweeper(clock);
  sweeper.add({
    tick: () => {
      throw new Error("broken");
    },
  });
  assert.throws(() => clock.fire(), "broken");
  assert.is(clock.timers.size, 1);
});

const stalls = suite("a stall");

stalls("does not count the time in which this process did not run", () => {
  const watch = new StallWatch();
  watch.check(0, 100);
  assert.is(watch.check(500, 100), 500);
  assert.is(watch.check(30_500, 100), 500);
  assert.is(watch.check(31_000, 100), 1_000);
});
