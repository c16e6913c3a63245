// The calls that wait for a thread: bounded by number and by bytes, first come first served, left at once by a call
// whose caller has gone.

import { type ForwardedCall, VertexError } from "@vertex/protocol";

/** Bounds of what a refused caller is told to wait, in milliseconds. */
const MIN_RETRY_MS = 50;
const MAX_RETRY_MS = 10_000;

/** A call that waits. */
export interface WaitingCall<T> {
  readonly context: ForwardedCall;
  /** Bytes of its request. */
  readonly bytes: number;
  /** Whether it may be handed over ahead of its turn in the thread. */
  readonly movable: boolean;
  resolve(place: T): void;
  reject(error: unknown): void;
}

/** The limits of a queue. */
export interface QueueLimits {
  readonly maxQueuedCalls: number;
  readonly maxQueuedBytes: number;
}

/** Calls that wait: those that any thread may serve, and those that have a thread of their own. */
export class WaitingCalls<T> {
  refused = 0;
  readonly #limits: QueueLimits;
  readonly #now: () => number;
  readonly #queues = new Map<number, Set<WaitingCall<T>>>();
  #calls = 0;
  #bytes = 0;
  /** Mean time between two calls that left, while calls waited. */
  #paceMs = 10;
  #leftAt = Number.NaN;

  constructor(limits: QueueLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Calls that wait. */
  get size(): number {
    return this.#calls;
  }

  /** The first of those that wait for that thread; -1 is any. */
  first(home: number): WaitingCall<T> | undefined {
    for (const call of this.#queues.get(home) ?? []) return call;
    return undefined;
  }

  /**
   * Waits. The promise rejects when the caller has gone.
   * @throws VertexError (RESOURCE_EXHAUSTED, not executed) when too many wait.
   */
  add(home: number, context: ForwardedCall, bytes: number, movable: boolean): Promise<T> {
    const { maxQueuedCalls, maxQueuedBytes } = this.#limits;
    if (this.#calls >= maxQueuedCalls || this.#bytes + bytes > maxQueuedBytes) throw this.#refusal();
    return new Promise((resolve, reject) => {
      const call: WaitingCall<T> = { context, bytes, movable, resolve, reject };
      context.whenCut = () => {
        this.#remove(home, call);
        reject(new VertexError("CANCELLED", "the caller has gone", { outcome: "not-executed" }));
        return "not-executed";
      };
      this.#queueOf(home).add(call);
      this.#calls++;
      this.#bytes += bytes;
      if (Number.isNaN(this.#leftAt)) this.#leftAt = this.#now();
    });
  }

  /** Takes out the first of those that wait for that thread. */
  shift(home: number): WaitingCall<T> | undefined {
    const call = this.first(home);
    if (call === undefined) return undefined;
    this.#remove(home, call);
    const now = this.#now();
    this.#paceMs += 0.1 * (now - this.#leftAt - this.#paceMs);
    this.#leftAt = this.#calls === 0 ? Number.NaN : now;
    return call;
  }

  /** Nobody will come for them. */
  rejectAll(error: unknown): void {
    for (const [home, queue] of this.#queues) {
      for (const call of queue) {
        this.#remove(home, call);
        call.reject(error);
      }
    }
  }

  #queueOf(home: number): Set<WaitingCall<T>> {
    const queue = this.#queues.get(home) ?? new Set();
    this.#queues.set(home, queue);
    return queue;
  }

  #remove(home: number, call: WaitingCall<T>): void {
    if (this.#queues.get(home)?.delete(call) !== true) return;
    this.#calls--;
    this.#bytes -= call.bytes;
    if (this.#calls === 0) this.#leftAt = Number.NaN;
  }

  /** By the pace at which calls leave, and how many are before. */
  #refusal(): VertexError {
    this.refused++;
    const ms = Math.ceil(this.#paceMs * this.#calls);
    return new VertexError("RESOURCE_EXHAUSTED", `${this.#calls} calls wait for a worker thread already`, {
      outcome: "not-executed",
      retryAfterMs: Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, ms)),
    });
  }
}
