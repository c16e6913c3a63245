// Deadlines of calls: a hashed timer wheel of intrusive lists, so that setting and clearing one allocates nothing
// and a call that ends early leaves no trace. One timer of the clock drives all of them.

import type { Clock, Timer } from "./clock.ts";

/** Something with a deadline. The wheel owns `previous`, `next` and `slot`; everybody else leaves them alone. */
export interface Timed {
  /** When to call `expire`, on the clock of the wheel, in milliseconds. */
  deadlineAt: number;
  previous: Timed | null;
  next: Timed | null;
  /** Index of the list it stands in; -1 when it stands in none. */
  slot: number;
  /** The deadline has passed; it has left the wheel. */
  expire(): void;
}

const SLOTS = 1024;
/** Width of a slot, in milliseconds: how late `expire` may be, beside what the clock adds. */
export const SLOT_MS = 16;

/** All deadlines of one event loop. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #slots: (Timed | null)[] = new Array<Timed | null>(SLOTS).fill(null);
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
    if (this.#timer === null) this.#timer = this.#clock.setTimer(this.#tick, SLOT_MS);
  }

  /** Clears the deadline; nothing happens when there is none. */
  remove(timed: Timed): void {
    if (timed.slot < 0) return;
    if (timed.previous === null) this.#slots[timed.slot] = timed.next;
    else timed.previous.next = timed.next;
    if (timed.next !== null) timed.next.previous = timed.previous;
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
    const due: Timed[] = [];
    for (; number <= target; number++) this.#collect(number % SLOTS, now, due);
    // Called only after all lists are whole again: `expire` may set and clear deadlines. One that it clears
    // among the due ones is called all the same, so `expire` must bear a call that has already settled.
    for (const timed of due) timed.expire();
    if (this.#size > 0 && this.#timer === null) this.#timer = this.#clock.setTimer(this.#tick, SLOT_MS);
  }

  #collect(slot: number, now: number, due: Timed[]): void {
    let timed = this.#slots[slot] as Timed | null;
    while (timed !== null) {
      const next: Timed | null = timed.next;
      if (timed.deadlineAt <= now) {
        this.remove(timed);
        due.push(timed);
      }
      timed = next;
    }
  }
}
