// Places among the running handlers of all connections: a fixed number or one that follows latency, and a bounded
// queue before them. What waits leaves the queue at its deadline, like every call, and enters no handler after it.

import { type Placed, type Starter, usageError, VertexError } from "@vertex/protocol";
import { AdaptiveLimit } from "./adaptive-limit.ts";

/** How many calls may run at once, all connections together. */
export interface Concurrency {
  /** Default 262,144; at least 1. */
  readonly maxRunningCalls?: number | undefined;
  /** Calls that may wait for a place; those beyond are refused. Default 1,024; 0 refuses at once. */
  readonly maxWaitingCalls?: number | undefined;
  /** Finds the limit by latency, from `min` (default 16) up to `maxRunningCalls`. Default: off. */
  readonly adaptive?: boolean | { readonly min?: number | undefined } | undefined;
}

/** What a refused call is told to wait at the least, in milliseconds. */
const RETRY_AFTER_MS = 100;

/** The places. */
export class Places {
  readonly #maxWaiting: number;
  readonly #max: number;
  readonly #adaptive: AdaptiveLimit | null;
  readonly #now: () => number;
  readonly #refused: () => void;
  readonly #waiting = new Map<Placed, Starter>();
  /** When calls began; kept only where latency matters. */
  readonly #began = new Map<Placed, number>();
  #running = 0;
  #starting = false;

  constructor(concurrency: Concurrency, now: () => number, refused: () => void) {
    const { maxRunningCalls = 262_144, maxWaitingCalls = 1_024, adaptive = false } = concurrency;
    this.#max = maxRunningCalls;
    this.#maxWaiting = maxWaitingCalls;
    const min = (typeof adaptive === "object" ? adaptive.min : undefined) ?? Math.min(16, maxRunningCalls);
    this.#adaptive = adaptive === false ? null : new AdaptiveLimit(min, maxRunningCalls);
    this.#now = now;
    this.#refused = refused;
  }

  /** Handlers that run. */
  get running(): number {
    return this.#running;
  }

  /** Calls that wait for a place. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** How many may run just now. */
  get limit(): number {
    return this.#adaptive?.value ?? this.#max;
  }

  enter(call: Placed, starter: Starter): boolean {
    if (this.#running < this.limit && this.#waiting.size === 0) {
      this.#begin(call);
      return true;
    }
    if (this.#waiting.size < this.#maxWaiting) {
      this.#waiting.set(call, starter);
      return false;
    }
    this.#refused();
    const text = `this server runs ${this.#running} calls already`;
    const init = { outcome: "not-executed", retryAfterMs: RETRY_AFTER_MS } as const;
    call.refuse(new VertexError("RESOURCE_EXHAUSTED", text, init));
    return false;
  }

  leave(call: Placed): void {
    this.#running--;
    if (this.#adaptive !== null) {
      const began = this.#began.get(call);
      this.#began.delete(call);
      if (began !== undefined) this.#adaptive.sample(this.#now() - began, this.#running + 1);
    }
    if (this.#waiting.size > 0) this.#startWaiting();
  }

  forget(call: Placed): void {
    this.#waiting.delete(call);
  }

  #begin(call: Placed): void {
    this.#running++;
    if (this.#adaptive !== null) this.#began.set(call, this.#now());
  }

  /** A loop and no recursion: handlers that answer at once give their places back in here. */
  #startWaiting(): void {
    if (this.#starting) return;
    this.#starting = true;
    for (const [call, starter] of this.#waiting) {
      if (this.#running >= this.limit) break;
      // One whose time is up is left to its deadline, which comes in the same moment.
      if (call.remainingMs <= 0) continue;
      this.#waiting.delete(call);
      this.#begin(call);
      starter.start(call);
    }
    this.#starting = false;
  }
}

/** @throws VertexError (usage) for a number out of its bounds. */
export function checkConcurrency(concurrency: Concurrency): void {
  const { maxRunningCalls = 1, maxWaitingCalls = 0, adaptive = false, ...rest } = concurrency;
  for (const name of Object.keys(rest)) throw usageError(`concurrency has no ${name}`);
  whole("maxRunningCalls", maxRunningCalls, 1);
  whole("maxWaitingCalls", maxWaitingCalls, 0);
  const min = typeof adaptive === "object" ? (adaptive.min ?? 1) : 1;
  whole("adaptive.min", min, 1);
  if (concurrency.maxRunningCalls !== undefined && min > maxRunningCalls) {
    throw usageError("concurrency.adaptive.min is over concurrency.maxRunningCalls");
  }
}

function whole(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw usageError(`concurrency.${name} must be a whole number from ${least}, not ${String(value)}`);
}
