// Time that passes only from event to event. After each event the promises that it settled run for real, then what
// was deferred, until nothing is left to do at that moment: so real asynchronous code runs unchanged, and an hour
// of it takes as long as its work.

import { EventHeap, type SimEvent } from "./event-heap.ts";
import { Dice } from "./random.ts";
import { Trace } from "./trace.ts";

/** Whose event it is. Who cannot run now holds its events back, or drops them. */
export interface EventOwner {
  /** True when the event must not run now; the owner keeps it if it is to run later. */
  refuses(event: TimeEvent): boolean;
  /** Runs what was put off to the end of the turn. False when there was nothing. */
  endTurn(): boolean;
}

/** An event on virtual time. */
export interface TimeEvent extends SimEvent {
  readonly owner: EventOwner | null;
  /** True for bytes and connections, false for timers and turns. */
  readonly input: boolean;
}

/** Events between two turns of the real event loop, which lets signals and real timers through. */
const EVENTS_PER_REAL_TURN = 64;

/** What virtual time may be told. */
export interface VirtualTimeOptions {
  /** Everything random follows from it. Default 1. */
  readonly seed?: number | undefined;
  /**
   * Events between two turns of the real event loop. Default 64. With 1 Node looks for unhandled rejections behind
   * every event. Does not change the course of a simulation.
   */
  readonly eventsPerRealTurn?: number | undefined;
}

/**
 * Virtual time.
 *
 * ```ts
 * const time = new VirtualTime({ seed: 7 });
 * const server = new SimNode(time, "server");
 * server.after(1_000, () => console.log("a second later"));
 * await time.run(60_000); // at once
 * ```
 */
export class VirtualTime {
  readonly trace: Trace = new Trace();
  readonly dice: Dice;
  /** Called with what an event threw: the uncaught exception of a process. Default: `run` rejects with it. */
  onError: ((error: unknown) => void) | null = null;
  readonly #heap = new EventHeap<TimeEvent>();
  readonly #eventsPerRealTurn: number;
  readonly #inTurn = new Set<EventOwner>();
  #now = 0;
  #orders = 0;
  #events = 0;
  #running = false;

  constructor({ seed = 1, eventsPerRealTurn = EVENTS_PER_REAL_TURN }: VirtualTimeOptions = {}) {
    this.dice = new Dice(seed);
    this.#eventsPerRealTurn = eventsPerRealTurn;
  }

  /** Virtual milliseconds since the start. */
  get now(): number {
    return this.#now;
  }

  /** Events that have happened. */
  get events(): number {
    return this.#events;
  }

  /** Events to come, those that were taken back included. */
  get pending(): number {
    return this.#heap.size;
  }

  /** Lets `run` happen at time `at`, or now if that has passed, as an event of `owner`. */
  post(at: number, run: () => void, owner: EventOwner | null = null, input = false): TimeEvent {
    const event = { at: Math.max(at, this.#now), order: this.#orders++, run, owner, input };
    this.#heap.push(event);
    return event;
  }

  /** An event that its owner held back happens now, behind those of now that were posted before. */
  again(event: TimeEvent): void {
    event.at = this.#now;
    event.order = this.#orders++;
    this.#heap.push(event);
  }

  /** Calls back after `delayMs`, whatever the nodes do: for the hand that breaks things. */
  after(delayMs: number, run: () => void): void {
    this.post(this.#now + delayMs, run);
  }

  /** `owner` has something to do at the end of the turn that runs now. */
  atEndOfTurn(owner: EventOwner): void {
    this.#inTurn.add(owner);
  }

  /** Lets `forMs` milliseconds pass. Rejects with what an event threw, unless `onError` takes it. */
  run(forMs: number): Promise<void> {
    return this.#runWhile(this.#now + forMs, () => true);
  }

  /**
   * Lets time pass until `promise` has settled, and returns what it settled with.
   * @throws Error when that takes longer than `withinMs`.
   */
  async finish<T>(promise: PromiseLike<T>, withinMs = 3_600_000): Promise<T> {
    let open = true;
    const closed = Promise.resolve(promise).finally(() => {
      open = false;
    });
    closed.catch(() => {});
    await this.#runWhile(this.#now + withinMs, () => open);
    if (open) throw new Error(`not settled after ${withinMs} ms of virtual time`);
    return closed;
  }

  #runWhile(until: number, wanted: () => boolean): Promise<void> {
    if (this.#running) return Promise.reject(new Error("this virtual time runs already"));
    this.#running = true;
    return new Promise<void>((resolve, reject) => {
      // Behind the microtasks of now: `nextTick` from a microtask comes when all of them have run.
      const again = (): void => queueMicrotask(() => process.nextTick(step));
      const step = (): void => {
        try {
          if (this.#endTurns()) return again();
          const next = wanted() ? this.#heap.first : undefined;
          if (next === undefined || next.at > until) {
            if (wanted()) this.#now = until;
            return resolve();
          }
          this.#heap.pop();
          this.#happen(next);
        } catch (error) {
          if (this.onError === null) return reject(error);
          this.onError(error);
        }
        if (this.#events % this.#eventsPerRealTurn === 0) setImmediate(again);
        else again();
      };
      again();
    }).finally(() => {
      this.#running = false;
    });
  }

  #happen(event: TimeEvent): void {
    this.#now = event.at;
    const { run, owner } = event;
    if (run === null || owner?.refuses(event)) return;
    this.#events++;
    run();
    // Node runs `nextTick` before the promises of a callback, but behind them when a promise asked for it: both are tried.
    if (this.#inTurn.size > 0 && this.dice.chance(0.5)) this.#endTurns();
  }

  #endTurns(): boolean {
    if (this.#inTurn.size === 0) return false;
    let some = false;
    for (const owner of this.#inTurn) {
      this.#inTurn.delete(owner);
      some = owner.endTurn() || some;
    }
    return some;
  }
}
