// Who goes on in which turn of the event loop. A connection that has more to take in or to send than one turn has
// time for waits here, and a stream that has sent much at once rests; everybody else is served in between.

import type { Clock } from "./clock.ts";

/** Time, in milliseconds, that one connection may take in one turn, and that all who wait here may take together. */
export const TURN_MS = 5;

/** Streams that go on after a rest in one turn: each sends for a moment, and only then it is seen how long that took. */
const RESTED_AT_ONCE = 8;

/** Something that goes on in a later turn. */
export interface Waiting {
  /** It is its turn. Who has not finished then waits again. */
  turn(): void;
}

/** The queue of one event loop. */
export class Turns {
  readonly #clock: Clock;
  readonly #later: (callback: () => void) => void;
  #waiting: Waiting[] = [];
  #resting: (() => void)[] = [];
  #scheduled = false;
  readonly #run: () => void = () => {
    this.#scheduled = false;
    for (const resolve of this.#resting.splice(0, RESTED_AT_ONCE)) resolve();
    const due = this.#waiting;
    this.#waiting = [];
    const until = this.#clock.now() + TURN_MS;
    let done = 0;
    do {
      due[done++]?.turn();
    } while (done < due.length && this.#clock.now() < until);
    if (done < due.length) this.#waiting = [...due.slice(done), ...this.#waiting];
    this.#schedule();
  };

  constructor(clock: Clock, later: (callback: () => void) => void) {
    this.#clock = clock;
    this.#later = later;
  }

  /** `waiting` has a turn when pending input, timers and those before it have had theirs. */
  wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#schedule();
  }

  /** Resolves in a later turn, when those who rest already have gone on. */
  rest(): Promise<void> {
    return new Promise((resolve) => {
      this.#resting.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length + this.#resting.length === 0) return;
    this.#scheduled = true;
    this.#later(this.#run);
  }
}
