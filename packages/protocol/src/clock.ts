// Time, randomness and turns of the event loop, as the protocol needs them. It owns none of them: the host hands
// them down, and a simulator hands down its own.

/** A timer that has not fired yet. */
export interface Timer {
  cancel(): void;
}

/** Monotonic time, in milliseconds. */
export interface Clock {
  now(): number;
  /** Calls back once, `delayMs` from now or a little later. */
  setTimer(callback: () => void, delayMs: number): Timer;
}

/** A number in [0, 1). */
export type Random = () => number;

/** What a session needs from the process it runs in. */
export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  /** Calls back when the code that runs now, and all promises it settled, have run. `process.nextTick` on Node. */
  defer(callback: () => void): void;
  /** Calls back after pending input and timers have had their turn. `setImmediate` on Node. */
  later(callback: () => void): void;
}
