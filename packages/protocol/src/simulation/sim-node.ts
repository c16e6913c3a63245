// A simulated process on a machine of its own: it can sleep, have its clock jump, be killed and be started again.

import type { Clock, Environment } from "../clock.ts";
import type { Loop } from "../loop.ts";
import type { Sweeper } from "../sweeper.ts";
import { SimLife } from "./sim-life.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How far the clocks of two nodes may be apart: no process knows the time of another. */
const CLOCK_SPREAD_MS = 1_000_000;

/**
 * A simulated process. It is a host for sessions (`new Server(options, node)`), and runs whatever code is started on
 * it with `run`, `after` and `sleep`.
 */
export class SimNode {
  readonly name: string;
  readonly time: VirtualTime;
  /** When it was last resumed or its clock last jumped, on its own clock; -Infinity before the first time. */
  disturbedAt: number = Number.NEGATIVE_INFINITY;
  #life: SimLife;
  readonly #crashed: ((life: SimLife, silent: boolean) => void)[] = [];
  readonly #started: (() => void)[] = [];

  constructor(time: VirtualTime, name: string) {
    this.time = time;
    this.name = name;
    this.#life = this.#newLife();
  }

  /** This run of the process. Another one after `start`. */
  get life(): SimLife {
    return this.#life;
  }
  get environment(): Environment {
    return this.#life;
  }
  get clock(): Clock {
    return this.#life.clock;
  }
  get loop(): Loop {
    return this.#life.loop;
  }
  get sweeper(): Sweeper {
    return this.#life.sweeper;
  }
  get alive(): boolean {
    return !this.#life.ended;
  }
  get paused(): boolean {
    return this.#life.paused;
  }
  /** Timers that are set, `after` and `sleep` included. */
  get timers(): number {
    return this.#life.timers;
  }

  /** The time on the clock of this node. */
  now(): number {
    return this.#life.clock.now();
  }

  /** Runs code on this node, as soon as it runs at all. Nothing happens if it has been killed by then. */
  run(code: () => void): void {
    this.#life.later(code);
  }

  /** Calls back after `delayMs` of this node's own time. */
  after(delayMs: number, callback: () => void): void {
    this.#life.clock.setTimer(callback, delayMs);
  }

  /** Resolves after `ms` of this node's own time; never if it is killed first. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Stops it, as SIGSTOP does: nothing of it runs, its clock goes on, and what comes for it waits. */
  pause(): void {
    if (this.#life.ended || this.#life.paused) return;
    this.time.trace.note(`pause ${this.name}`, this.time.now);
    this.#life.paused = true;
  }

  /** Lets it go on. */
  resume(): void {
    if (!this.#life.paused) return;
    this.time.trace.note(`resume ${this.name}`, this.time.now);
    this.disturbedAt = this.now();
    this.#life.resume();
  }

  /** Its clock jumps ahead, as after a sleep of the machine: timers that are due then fire at once. */
  jump(ms: number): void {
    if (this.#life.ended) return;
    this.time.trace.note(`jump ${this.name}`, this.time.now, ms);
    this.#life.jump(ms);
    this.disturbedAt = this.now();
  }

  /**
   * Kills it. Nothing of it ever runs again, its promises never settle, its connections break.
   * @param silent true when the machine goes with it: the other side of its connections hears nothing.
   */
  crash({ silent = false }: { readonly silent?: boolean } = {}): void {
    const life = this.#life;
    if (life.ended) return;
    this.time.trace.note(`crash ${this.name}`, this.time.now, silent ? 1 : 0);
    life.end();
    for (const crashed of this.#crashed) crashed(life, silent);
  }

  /** Starts it again after `crash`, with nothing of what it held before. */
  start(): void {
    if (!this.#life.ended) return;
    this.time.trace.note(`start ${this.name}`, this.time.now);
    this.#life = this.#newLife();
    this.disturbedAt = Number.NEGATIVE_INFINITY;
    for (const started of this.#started) started();
  }

  /** Calls back at every crash, and at every start. Used by the network. */
  watch(crashed: (life: SimLife, silent: boolean) => void, started: () => void): void {
    this.#crashed.push(crashed);
    this.#started.push(started);
  }

  #newLife(): SimLife {
    const { dice } = this.time;
    return new SimLife(this.time, dice.whole(0, 0xffffffff), dice.between(0, CLOCK_SPREAD_MS));
  }
}
