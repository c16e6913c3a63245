// A process in miniature: time that moves only when told, turns of an event loop that are taken one by one. With it a
// conversation runs the same every time. What a callback throws comes out of `turn` and `advance`.

import type { Clock, Environment } from "@vertex/protocol";
import { Finding } from "./target.ts";

/** Turns after which a conversation that finds no rest is a finding. */
const MAX_TURNS = 5_000;

interface Alarm {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** One such process. */
export class World {
  readonly environment: Environment;
  #now = 1_000;
  #order = 0;
  #alarms: Alarm[] = [];
  #deferred: (() => void)[] = [];
  #later: (() => void)[] = [];

  constructor() {
    const clock: Clock = {
      now: () => this.#now,
      setTimer: (callback, delayMs) => {
        const alarm = { at: this.#now + Math.max(1, delayMs), order: this.#order++, callback };
        this.#alarms.push(alarm);
        return { cancel: () => this.#cancel(alarm) };
      },
    };
    this.environment = {
      clock,
      random: () => 0.5,
      defer: (callback) => void this.#deferred.push(callback),
      later: (callback) => void this.#later.push(callback),
    };
  }

  #cancel(alarm: Alarm): void {
    this.#alarms = this.#alarms.filter((other) => other !== alarm);
  }

  get now(): number {
    return this.#now;
  }

  /** Resolves after so much time of this world. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.environment.clock.setTimer(resolve, ms));
  }

  /** One turn: what was put off until later, each with the promises and deferred calls that follow from it. */
  async turn(): Promise<void> {
    await this.#microtasks();
    const callbacks = this.#later;
    this.#later = [];
    for (const callback of callbacks) {
      callback();
      await this.#microtasks();
    }
  }

  /** Turns until nothing is left to do but to wait. */
  async settle(): Promise<void> {
    await this.turn();
    for (let turns = 0; this.#later.length > 0 || this.#deferred.length > 0; turns++) {
      if (turns === MAX_TURNS) throw new Finding(`no rest after ${MAX_TURNS} turns`);
      await this.turn();
    }
  }

  /** Time passes in one step, as when the process was not running; then what is due. */
  async advance(ms: number): Promise<void> {
    this.#now += ms;
    const due = this.#alarms.filter(({ at }) => at <= this.#now);
    this.#alarms = this.#alarms.filter(({ at }) => at > this.#now);
    for (const { callback } of due.sort((a, b) => a.at - b.at || a.order - b.order)) {
      callback();
      await this.#microtasks();
    }
  }

  /** Runs all promise callbacks, and then what was deferred until after them, until neither is left. */
  async #microtasks(): Promise<void> {
    do {
      for (const callback of this.#deferred.splice(0)) callback();
      // A tick asked for inside a microtask comes after all other microtasks.
      await new Promise<void>((resolve) => process.nextTick(resolve));
    } while (this.#deferred.length > 0);
  }
}
