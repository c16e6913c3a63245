// Node's clock, randomness and turns, for sessions that run for real.

import { performance } from "node:perf_hooks";
import type { Clock, Environment, Timer } from "./clock.ts";
import { Loop } from "./loop.ts";
import { Sweeper } from "./sweeper.ts";

const clock: Clock = {
  now: () => performance.now(),
  setTimer(callback: () => void, delayMs: number): Timer {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** The environment of this process. */
export const nodeEnvironment: Environment = {
  clock,
  random: Math.random,
  defer: (callback) => process.nextTick(callback),
  later: (callback) => setImmediate(callback),
};

let loop: Loop | null = null;
let sweeper: Sweeper | null = null;

/** What all connections of this event loop share: one output buffer, one reader, one wheel of deadlines. */
export function nodeLoop(): Loop {
  loop ??= new Loop(nodeEnvironment);
  return loop;
}

/** What ticks all connections of this event loop. */
export function nodeSweeper(): Sweeper {
  sweeper ??= new Sweeper(clock.now, (callback, delayMs) => {
    const timer = setInterval(callback, delayMs).unref();
    return { cancel: () => clearInterval(timer) };
  });
  return sweeper;
}
