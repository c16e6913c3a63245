// One timer for all connections of an event loop, instead of timers for each.

import type { Clock, Timer } from "./clock.ts";

/** How often every connection is looked at, in milliseconds. */
export const SWEEP_MS = 100;

/** Something that wants to be looked at. */
export interface Swept {
  tick(now: number): void;
}

/** Ticks what it is given, for as long as it holds any. */
export class Sweeper {
  readonly #clock: Clock;
  readonly #all = new Set<Swept>();
  #timer: Timer | null = null;
  readonly #sweep: () => void = () => {
    // Set first: what a tick throws, adds or removes leaves exactly one timer behind, or none.
    this.#timer = this.#clock.setTimer(this.#sweep, SWEEP_MS);
    const now = this.#clock.now();
    for (const swept of this.#all) swept.tick(now);
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(swept: Swept): void {
    this.#all.add(swept);
    this.#timer ??= this.#clock.setTimer(this.#sweep, SWEEP_MS);
  }

  remove(swept: Swept): void {
    if (!this.#all.delete(swept) || this.#all.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }
}
