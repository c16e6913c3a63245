// Which thread gets a call. Knows nothing of calls and threads but how many there are of the one with the other.

import type { CallContext } from "@vertex/protocol";
import type { WorkerBalance } from "./worker-options.ts";

/** A thread as a balancer sees it. */
export interface Candidate {
  /** Whether it takes calls now. */
  readonly ready: boolean;
  /** Calls that are with it. */
  readonly size: number;
}

/** Chooses among threads. */
export class Balancer<T extends Candidate> {
  readonly #balance: WorkerBalance;
  #next = 0;

  constructor(balance: WorkerBalance) {
    this.#balance = balance;
  }

  /** The thread, by its number, that alone may serve the call; -1 when any may. */
  home(call: CallContext, threads: number): number {
    if (typeof this.#balance === "string") return -1;
    return hash(String(this.#balance.key(call))) % threads;
  }

  /**
   * One of `threads` that has fewer than `room` calls, first of all one with fewer than `places`, where the call begins
   * at once. `undefined` when there is none.
   */
  choose(threads: readonly T[], places: number, room: number): T | undefined {
    const chosen = this.#below(threads, places) ?? this.#below(threads, room);
    if (chosen !== undefined) this.#next = (threads.indexOf(chosen) + 1) % threads.length;
    return chosen;
  }

  #below(threads: readonly T[], limit: number): T | undefined {
    let best: T | undefined;
    for (let offset = 0; offset < threads.length; offset++) {
      const thread = threads[(this.#next + offset) % threads.length] as T;
      if (!thread.ready || thread.size >= limit) continue;
      if (this.#balance !== "least-busy") return thread;
      if (best === undefined || thread.size < best.size) best = thread;
    }
    return best;
  }
}

/** FNV-1a, 32 bit. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}
