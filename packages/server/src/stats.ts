// Counters of a server. Every connection that ends is counted under the name of its reason.

import {
  type EndReason,
  LimitExceeded,
  type LimitName,
  type RefusalName,
  type SessionEnd,
  type Usage,
} from "@vertex/protocol";
import type { WorkerPoolReport } from "./workers/thread-record.ts";

/** What a server has done, and is doing. */
export interface ServerStatsReport {
  /** Connections now, their handshake done. */
  readonly connections: number;
  /** Connections in their handshake. */
  readonly handshakes: number;
  /** Calls being served now. */
  readonly runningCalls: number;
  /** Calls that wait for a place among the running ones (option `concurrency`). */
  readonly waitingCalls: number;
  /** How many handlers may run at once just now. */
  readonly concurrencyLimit: number;
  /** Calls refused before a handler was entered, by reason. */
  readonly refusedCalls: { readonly [K in RefusalName]?: number };
  /** Calls taken since the start. */
  readonly servedCalls: number;
  /** Connections accepted since the start. */
  readonly accepted: number;
  /** Connections closed without a word: they came faster than `maxAcceptsPerSecond`, or far too many were there. */
  readonly droppedAccepts: number;
  /** Connections that failed before they were one: TLS errors, mostly. */
  readonly failedAccepts: number;
  /** Handlers that threw something other than a VertexError. */
  readonly failedHandlers: number;
  /** Connections ended, by reason. */
  readonly ended: { readonly [K in EndReason]?: number };
  /** The worker threads, by the module that they have loaded. */
  readonly workers: readonly WorkerPoolReport[];
  /** Those that ended with LIMIT, by the name of the limit. */
  readonly limits: { readonly [K in LimitName]?: number };
  /** What is held of clients' messages that are in pieces or wait to be taken, in bytes. */
  readonly heldBytes: number;
  /** What clients have sent, and how long taking it in has kept the event loop busy. */
  readonly received: Usage;
}

/** What is true at the moment. */
type Now = Omit<
  ServerStatsReport,
  "accepted" | "droppedAccepts" | "failedAccepts" | "failedHandlers" | "ended" | "limits"
>;

/** The counters. */
export class ServerStats {
  accepted = 0;
  droppedAccepts = 0;
  failedAccepts = 0;
  failedHandlers = 0;
  servedCalls = 0;
  readonly #ended: { [K in EndReason]?: number } = {};
  readonly #limits: { [K in LimitName]?: number } = {};
  /** Of connections that have ended. */
  readonly received = { bytes: 0, frames: 0, busyMs: 0 };

  /** A connection has ended. */
  ended(
    { reason, cause }: SessionEnd,
    { servedCalls, usage }: { readonly servedCalls: number; readonly usage: Usage },
  ): void {
    count(this.#ended, reason);
    if (reason === "LIMIT" && cause instanceof LimitExceeded) count(this.#limits, cause.limit);
    this.servedCalls += servedCalls;
    add(this.received, usage);
  }

  report(now: Now): ServerStatsReport {
    const { accepted, droppedAccepts, failedAccepts, failedHandlers } = this;
    return {
      ...now,
      accepted,
      droppedAccepts,
      failedAccepts,
      failedHandlers,
      ended: { ...this.#ended },
      limits: { ...this.#limits },
    };
  }
}

function count<Name extends string>(counters: { [K in Name]?: number }, name: Name): void {
  counters[name] = (counters[name] ?? 0) + 1;
}

/** Adds what one connection has sent. */
export function add(sum: { -readonly [K in keyof Usage]: number }, { bytes, frames, busyMs }: Usage): void {
  sum.bytes += bytes;
  sum.frames += frames;
  sum.busyMs += busyMs;
}
