// One run of a simulated process, from its start to its end: its timers, its turns, and what sessions share in it.

import type { Clock, Environment, Random, Timer } from "../clock.ts";
import { Loop } from "../loop.ts";
import { Sweeper } from "../sweeper.ts";
import { Dice } from "./random.ts";
import type { EventOwner, TimeEvent, VirtualTime } from "./virtual-time.ts";

/** Real timers fire up to this much late, in milliseconds. */
const TIMER_LATENESS_MS = 1;

/** One run of a process. Ends for good; a node that starts again gets another. */
export class SimLife implements Environment, EventOwner {
  readonly clock: Clock;
  readonly random: Random;
  readonly loop: Loop;
  readonly sweeper: Sweeper;
  paused = false;
  ended = false;
  readonly #time: VirtualTime;
  readonly #dice: Dice;
  /** What the clock of this process shows more than virtual time. */
  #ahead: number;
  #held: TimeEvent[] = [];
  #deferred: (() => void)[] = [];
  readonly #timers = new Set<SimTimer>();

  constructor(time: VirtualTime, seed: number, clockAheadMs: number) {
    this.#time = time;
    this.#dice = new Dice(seed);
    this.#ahead = clockAheadMs;
    this.random = this.#dice.random;
    this.clock = {
      now: () => time.now + this.#ahead,
      setTimer: (callback, delayMs) => this.#setTimer(callback, delayMs),
    };
    this.loop = new Loop(this);
    this.sweeper = new Sweeper(this.clock);
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size;
  }

  /** What the clock shows more than virtual time, in milliseconds. */
  get aheadMs(): number {
    return this.#ahead;
  }

  defer(callback: () => void): void {
    if (this.#deferred.push(callback) === 1) this.#time.atEndOfTurn(this);
  }

  later(callback: () => void): void {
    this.#time.post(this.#time.now, callback, this);
  }

  /** Bytes or a connection come at time `at`. */
  input(at: number, callback: () => void): TimeEvent {
    return this.#time.post(at, callback, this, true);
  }

  refuses(event: TimeEvent): boolean {
    if (this.ended) return true;
    if (this.paused) this.#held.push(event);
    return this.paused;
  }

  endTurn(): boolean {
    const deferred = this.#deferred;
    this.#deferred = [];
    if (this.ended || deferred.length === 0) return false;
    if (this.paused) {
      for (const callback of deferred) this.later(callback);
      return false;
    }
    for (const callback of deferred) callback();
    return true;
  }

  /** Goes on: what came meanwhile happens now, timers first or input first, as on a real loop. */
  resume(): void {
    this.paused = false;
    const held = this.#held;
    this.#held = [];
    const first = this.#dice.chance(0.5);
    for (const event of held) if (event.input === first) this.#time.again(event);
    for (const event of held) if (event.input !== first) this.#time.again(event);
  }

  /** The clock jumps ahead: timers that are due then fire at once. */
  jump(ms: number): void {
    this.#ahead += ms;
    for (const timer of this.#timers) {
      const { event } = timer;
      if (event.run === null) continue;
      const { at, run } = event;
      event.run = null;
      timer.event = this.#time.post(at - ms, run, this);
    }
  }

  end(): void {
    this.ended = true;
    this.#held = [];
    this.#deferred = [];
    this.#timers.clear();
  }

  #setTimer(callback: () => void, delayMs: number): Timer {
    const at = this.#time.now + Math.max(1, delayMs) + this.#dice.between(0, TIMER_LATENESS_MS);
    return new SimTimer(this.#timers, (run) => this.#time.post(at, run, this), callback);
  }
}

/** A timer of a process. It stands in the set of those that are set until it fires or is cancelled. */
class SimTimer implements Timer {
  event: TimeEvent;
  readonly #set: Set<SimTimer>;

  constructor(set: Set<SimTimer>, post: (run: () => void) => TimeEvent, callback: () => void) {
    this.#set = set;
    this.event = post(() => {
      if (set.delete(this)) callback();
    });
    set.add(this);
  }

  cancel(): void {
    if (this.#set.delete(this)) this.event.run = null;
  }
}
