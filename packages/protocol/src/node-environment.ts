// Node's clock, randomness and turns, for sessions that run for real.

import type { Clock, Environment, Timer } from "./clock.ts";
import { Loop } from "./loop.ts";
import { Sweeper } from "./sweeper.ts";

/** The global is a getter, which costs a fifth of what it is asked for. */
const watch = performance;

/** Monotonic time of this process. `quiet` timers do not keep it alive by themselves. */
function nodeClock(quiet: boolean): Clock {
  return {
    now: () => watch.now(),
    setTimer(callback: () => void, delayMs: number): Timer {
      const timer = setTimeout(callback, delayMs);
      if (quiet) timer.unref();
      return { cancel: () => clearTimeout(timer) };
    },
  };
}

/** The environment of this process. */
export const nodeEnvironment: Environment = {
  clock: nodeClock(false),
  random: Math.random,
  defer: (callback) => process.nextTick(callback),
  later: (callback) => setImmediate(callback),
};

/** What the connections of one event loop share: an output buffer, a reader, a wheel of deadlines, a sweep. */
export interface Host {
  readonly loop: Loop;
  readonly sweeper: Sweeper;
}

let host: Host | null = null;

/** The host of this event loop. Made when first asked for. */
export function nodeHost(): Host {
  host ??= { loop: new Loop(nodeEnvironment), sweeper: new Sweeper(nodeClock(true)) };
  return host;
}
