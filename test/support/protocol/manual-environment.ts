// Time, randomness and turns of the event loop in the hand of a test. Nothing happens until the test says so.
import type { Clock, Environment, Timer } from "../../../packages/protocol/src/clock.ts";

/** More rounds than this at one time mean that two parts keep each other busy for ever. */
const MAX_ROUNDS = 20_000;

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A seeded source of numbers in [0, 1): mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Lets every promise that can go on do so. */
export function microtasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** An environment whose clock stands still until it is moved. */
export class ManualEnvironment implements Environment {
  readonly clock: Clock;
  readonly random: () => number;
  #now = 1_000_000;
  #orders = 0;
  #timers: Pending[] = [];
  #deferred: (() => void)[] = [];
  #later: (() => void)[] = [];

  constructor(seed = 1) {
    this.random = seededRandom(seed);
    this.clock = {
      now: () => this.#now,
      setTimer: (callback, delayMs) => this.#setTimer(callback, delayMs),
    };
  }

  get now(): number {
    return this.#now;
  }

  /** Timers that have not fired. */
  get timers(): number {
    return this.#timers.length;
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  later(callback: () => void): void {
    this.#later.push(callback);
  }

  /** An interval, as the sweeper wants it. */
  every(callback: () => void, delayMs: number): Timer {
    let timer: Timer;
    const again = () => {
      timer = this.#setTimer(again, delayMs);
      callback();
    };
    timer = this.#setTimer(again, delayMs);
    return { cancel: () => timer.cancel() };
  }

  /** Runs what was deferred, and nothing else: the end of the code that runs now. */
  endTurn(): void {
    while (this.#deferred.length > 0) for (const callback of this.#deferred.splice(0)) callback();
  }

  /** Runs promises, deferred and later callbacks until nothing is left to do at this time. */
  async settle(): Promise<void> {
    for (let rounds = 0; ; rounds++) {
      if (rounds > MAX_ROUNDS) throw new Error(`still busy after ${MAX_ROUNDS} rounds without time passing`);
      this.endTurn();
      await microtasks();
      if (this.#deferred.length > 0) continue;
      if (this.#later.length === 0) return;
      for (const callback of this.#later.splice(0)) {
        callback();
        this.endTurn();
      }
    }
  }

  /** Lets time pass: timers fire in order, each at its own time, with everything settled in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.settle();
    for (let timer = this.#firstUntil(until); timer !== undefined; timer = this.#firstUntil(until)) {
      this.#now = Math.max(this.#now, timer.at);
      this.#timers = this.#timers.filter((other) => other !== timer);
      timer.callback();
      await this.settle();
    }
    this.#now = until;
  }

  /** The process did not run for that long: timers that were due in between are late. */
  jump(ms: number): void {
    this.#now += ms;
  }

  #firstUntil(until: number): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#timers) {
      if (timer.at > until) continue;
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    }
    return first;
  }

  #setTimer(callback: () => void, delayMs: number): Timer {
    const timer = { at: this.#now + delayMs, order: this.#orders++, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }
}
