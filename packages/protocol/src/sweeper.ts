// One timer for all connections of an event loop, instead of timers for each. It looks at a connection when something may
// be due there, and at all of them when this process has not been running: an idle one costs nothing in between.
//
//   slots, SWEEP_MS each:   | now | next |     |     |  ...  |     |
//                              |     ^                         ^
//                              +-----+------- tick says when --+      `soon` moves to the next one

import type { Clock, Timer } from "./clock.ts";
import { TURN_MS } from "./turns.ts";

/** How often the timer fires, in milliseconds: how late a look may be. */
export const SWEEP_MS = 100;

/** A gap between two sweeps that is longer than this, in milliseconds, means that this process was not running. */
export const GAP_MS = 1_000;

/** Who wants to be looked at later than in so many sweeps, 25 s, is looked at in between, and waits again. */
const SLOTS = 256;

/** Something that wants to be looked at. The sweeper owns `sweeper`, `slot` and `place`; everybody else leaves them alone. */
export interface Swept {
  /** Who looks at it; null when nobody does. */
  sweeper: Sweeper | null;
  /** Index of the slot it stands in; -1 when it stands in none. */
  slot: number;
  /** Its index in that slot. */
  place: number;
  /**
   * Looks at what is due, and perhaps at what is not yet.
   * @param slept whether this process was not running before this sweep.
   * @returns when to look again at the latest, on the same clock. Until then `soon` brings it forward.
   */
  tick(now: number, slept: boolean): number;
}

const none: readonly Swept[] = [];

/** Ticks what it is given, for as long as it holds any. */
export class Sweeper {
  readonly #clock: Clock;
  /** Arrays in any order. Sets would hash each connection twice for every look. */
  readonly #slots: Swept[][] = Array.from({ length: SLOTS }, () => []);
  #size = 0;
  #timer: Timer | null = null;
  /** Those due whom this sweep has not come to yet, and whether it is one behind a gap. */
  #due: readonly Swept[] = none;
  #slept = false;
  #more: Timer | null = null;
  /** When the last sweep was, or would have been. */
  #sweptAt = 0;
  /** The last slot number (not index) that was looked at. */
  #reached = 0;
  readonly #sweep: () => void = () => {
    // Set first: what a tick throws, adds or removes leaves exactly one timer behind, or none.
    this.#timer = this.#clock.setTimer(this.#sweep, SWEEP_MS);
    const now = this.#clock.now();
    const slept = now - this.#sweptAt > GAP_MS;
    const left = this.#due;
    const due = this.#reach(now, slept);
    this.#due = left.length === 0 ? due : [...left, ...due];
    this.#slept = slept || (left.length > 0 && this.#slept);
    this.#goOn();
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** It is looked at in the next sweep, and from then on when it says so. */
  add(swept: Swept): void {
    if (swept.sweeper !== null) return;
    swept.sweeper = this;
    if (this.#size++ === 0) {
      this.#sweptAt = this.#clock.now();
      this.#reached = Math.floor(this.#sweptAt / SWEEP_MS);
      this.#timer = this.#clock.setTimer(this.#sweep, SWEEP_MS);
    }
    this.soon(swept);
  }

  remove(swept: Swept): void {
    if (swept.sweeper !== this) return;
    this.#unfile(swept);
    swept.sweeper = null;
    if (--this.#size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#more?.cancel();
    this.#more = null;
    this.#due = none;
  }

  /** It is looked at in the next sweep. */
  soon(swept: Swept): void {
    this.#file(swept, this.#sweptAt);
  }

  /** It is looked at when `dueAt` has come instead. Who is in the next sweep stays there: something else is due. */
  move(swept: Swept, dueAt: number): void {
    const next = (this.#reached + 1) % SLOTS;
    if (swept.slot >= 0 && swept.slot !== next) this.#file(swept, dueAt);
  }

  /** Whom to look at now, out of their slots; what is filed from here on is for later sweeps. */
  #reach(now: number, slept: boolean): readonly Swept[] {
    const first = this.#reached + 1;
    this.#sweptAt = now;
    this.#reached = Math.floor(now / SWEEP_MS);
    const last = slept ? first + SLOTS - 1 : this.#reached;
    let due = none;
    for (let number = first; number <= last; number++) {
      const slot = this.#slots[number % SLOTS] as Swept[];
      if (slot.length === 0) continue;
      for (const swept of slot) swept.slot = -1;
      this.#slots[number % SLOTS] = [];
      due = due.length === 0 ? slot : [...due, ...slot];
    }
    return due;
  }

  /** Looks for as long as one turn of the event loop has for it. The rest waits until others have had theirs. */
  #goOn(): void {
    this.#more?.cancel();
    this.#more = null;
    const due = this.#due;
    this.#due = none;
    const start = this.#clock.now();
    let done = 0;
    try {
      for (let now = start; done < due.length && now - start < TURN_MS; done++) {
        this.#look(due[done] as Swept, now);
        now = this.#clock.now();
      }
      if (done === due.length || this.#size === 0) return;
      this.#due = due.slice(done);
      this.#more = this.#clock.setTimer(() => this.#goOn(), 0);
      done = due.length;
    } finally {
      // A tick that throws ends this sweep: whom it has not come to is looked at in the next one.
      for (; done < due.length; done++) this.#later(due[done] as Swept);
    }
  }

  #look(swept: Swept, now: number): void {
    if (swept.sweeper !== this) return;
    const dueAt = swept.tick(now, this.#slept);
    if (swept.sweeper === this) this.#file(swept, dueAt);
  }

  #later(swept: Swept): void {
    if (swept.sweeper === this) this.soon(swept);
  }

  /** Into the slot of the first sweep that is not before `dueAt`: who is looked at too early is looked at twice. */
  #file(swept: Swept, dueAt: number): void {
    const sweeps = Math.ceil((dueAt - this.#sweptAt) / SWEEP_MS);
    const slot = (this.#reached + Math.max(1, Math.min(sweeps, SLOTS - 1))) % SLOTS;
    if (slot === swept.slot) return;
    this.#unfile(swept);
    swept.slot = slot;
    swept.place = (this.#slots[slot] as Swept[]).push(swept) - 1;
  }

  /** Takes it out of its slot, whose last one moves to its place. */
  #unfile(swept: Swept): void {
    const slot = this.#slots[swept.slot];
    swept.slot = -1;
    const last = slot?.pop();
    if (slot === undefined || last === undefined || last === swept) return;
    slot[swept.place] = last;
    last.place = swept.place;
  }
}
