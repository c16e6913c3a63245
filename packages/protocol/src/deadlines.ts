// Deadlines of calls: a hashed timer wheel of intrusive lists, so that setting and clearing one allocates nothing
// and a call that ends early leaves no trace. One timer of the clock drives all of them. Those that pass together wait in a
// list of their own for `expire`, which is called for so many in a row as one turn of the event loop has time for.

import type { Clock, Timer } from "./clock.ts";
import { TURN_MS } from "./turns.ts";

/** Something with a deadline. The wheel owns `previous`, `next` and `slot`; everybody else leaves them alone. */
export interface Timed {
  /** When to call `expire`, on the clock of the wheel, in milliseconds. */
  deadlineAt: number;
  previous: Timed | null;
  next: Timed | null;
  /** Index of the list it stands in; -1 when it stands in none. */
  slot: number;
  /** The deadline has passed, and has not been cleared; it has left the wheel. */
  expire(): void;
}

const SLOTS = 1024;
/** Index of the list of those whose time has come. */
const DUE = SLOTS;
/** Width of a slot, in milliseconds: how late `expire` may be, beside what the clock adds. */
export const SLOT_MS = 16;

/** All deadlines of one event loop. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #slots: (Timed | null)[] = new Array<Timed | null>(SLOTS + 1).fill(null);
  /** The end of the list of those due. */
  #lastDue: Timed | null = null;
  #size = 0;
  /** The last slot number (not index) that was looked at. */
  #reached: number;
  #timer: Timer | null = null;
  readonly #tick: () => void = () => this.#advance();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#reached = Math.floor(clock.now() / SLOT_MS);
  }

  /** How many deadlines are set. */
  get size(): number {
    return this.#size;
  }

  /** Sets the deadline of `timed`. `Infinity` sets none. */
  add(timed: Timed): void {
    if (timed.deadlineAt === Number.POSITIVE_INFINITY) return;
    if (this.#size === 0) this.#reached = Math.floor(this.#clock.now() / SLOT_MS);
    const number = Math.max(Math.ceil(timed.deadlineAt / SLOT_MS), this.#reached + 1);
    const slot = number % SLOTS;
    const first = this.#slots[slot] as Timed | null;
    timed.slot = slot;
    timed.previous = null;
    timed.next = first;
    if (first !== null) first.previous = timed;
    this.#slots[slot] = timed;
    this.#size++;
    if (this.#timer === null) this.#wait();
  }

  /** Clears the deadline; nothing happens when there is none. */
  remove(timed: Timed): void {
    if (timed.slot < 0) return;
    if (timed.previous === null) this.#slots[timed.slot] = timed.next;
    else timed.previous.next = timed.next;
    if (timed.next !== null) timed.next.previous = timed.previous;
    else if (timed.slot === DUE) this.#lastDue = timed.previous;
    timed.slot = -1;
    timed.previous = null;
    timed.next = null;
    this.#size--;
  }

  #advance(): void {
    this.#timer = null;
    const now = this.#clock.now();
    const target = Math.floor(now / SLOT_MS);
    // After a gap in time every slot is looked at once, not once for each missed turn.
    let number = Math.max(this.#reached + 1, target - SLOTS + 1);
    this.#reached = target;
    for (; number <= target; number++) this.#collect(number % SLOTS, now);
    try {
      this.#expire(now);
    } finally {
      this.#goOn();
    }
  }

  /** Whatever an `expire` has thrown or set: one timer is left behind, or none. */
  #goOn(): void {
    if (this.#slots[DUE] !== null) {
      this.#timer?.cancel();
      this.#timer = this.#clock.setTimer(this.#tick, 0);
    } else if (this.#size > 0 && this.#timer === null) this.#wait();
  }

  /** Until the next slot begins, in whole milliseconds as timers take them: one that fires early would be one for nothing. */
  #wait(): void {
    this.#timer = this.#clock.setTimer(this.#tick, Math.ceil(SLOT_MS - (this.#clock.now() % SLOT_MS)));
  }

  /** All lists are whole: `expire` may set and clear deadlines. The first ones are the first to go. */
  #expire(start: number): void {
    let now = start;
    for (let timed = this.#slots[DUE]; timed && now - start < TURN_MS; timed = this.#slots[DUE]) {
      this.remove(timed);
      timed.expire();
      now = this.#clock.now();
    }
  }

  #collect(slot: number, now: number): void {
    let timed = this.#slots[slot] as Timed | null;
    while (timed !== null) {
      const next: Timed | null = timed.next;
      if (timed.deadlineAt <= now) {
        this.remove(timed);
        this.#append(timed);
      }
      timed = next;
    }
  }

  #append(timed: Timed): void {
    timed.slot = DUE;
    timed.previous = this.#lastDue;
    if (this.#lastDue === null) this.#slots[DUE] = timed;
    else this.#lastDue.next = timed;
    this.#lastDue = timed;
    this.#size++;
  }
}
