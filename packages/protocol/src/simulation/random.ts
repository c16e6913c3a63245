// Seeded chance: the same seed gives the same choices, on every machine.

import type { Random } from "../clock.ts";

/** A seeded source of numbers in [0, 1): mulberry32. Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Choices from one seed. */
export class Dice {
  readonly random: Random;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** True in `share` of all cases, from 0 to 1. */
  chance(share: number): boolean {
    return this.random() < share;
  }

  /** A number from `min` up to, but not, `max`. */
  between(min: number, max: number): number {
    return min + this.random() * (max - min);
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.random() * (max - min + 1));
  }

  /** A number from `min` to `max` whose size, not whose value, is evenly spread: many small ones, a few large ones. */
  spread(min: number, max: number): number {
    return min * (max / min) ** this.random();
  }

  /** One of `choices`, which must not be empty. */
  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random() * choices.length)] as T;
  }

  /** Another source that follows from this one, so that more use of the one does not change the other. */
  fork(): Dice {
    return new Dice(Math.floor(this.random() * 0x1_0000_0000));
  }
}
