// One interval for all connections of an event loop, instead of timers for each.

import type { Timer } from "./clock.ts";

/** How often every connection is looked at, in milliseconds. */
export const SWEEP_MS = 100;

/** Something that wants to be looked at. */
export interface Swept {
  tick(now: number): void;
}

/** Ticks what it is given, for as long as it holds any. */
export class Sweeper {
  readonly #now: () => number;
  readonly #every: (callback: () => void, delayMs: number) => Timer;
  readonly #all = new Set<Swept>();
  #timer: Timer | null = null;

  constructor(now: () => number, every: (callback: () => void, delayMs: number) => Timer) {
    this.#now = now;
    this.#every = every;
  }

  add(swept: Swept): void {
    this.#all.add(swept);
    this.#timer ??= this.#every(() => this.#sweep(), SWEEP_MS);
  }

  remove(swept: Swept): void {
    if (!this.#all.delete(swept) || this.#all.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #sweep(): void {
    const now = this.#now();
    for (const swept of this.#all) swept.tick(now);
  }
}
