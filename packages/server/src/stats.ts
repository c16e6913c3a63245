// Counters of a server. Every connection that ends is counted under the name of its reason.

import type { EndReason, SessionEnd } from "@vertex/protocol";
import type { WorkerPoolReport } from "./workers/thread-record.ts";

/** What a server has done, and is doing. */
export interface ServerStatsReport {
  /** Connections now, their handshake done. */
  readonly connections: number;
  /** Calls being served now. */
  readonly runningCalls: number;
  /** Calls taken since the start. */
  readonly servedCalls: number;
  /** Connections accepted since the start. */
  readonly accepted: number;
  /** Connections that failed before they were one: TLS errors, mostly. */
  readonly failedAccepts: number;
  /** Handlers that threw something other than a VertexError. */
  readonly failedHandlers: number;
  /** Connections ended, by reason. */
  readonly ended: { readonly [K in EndReason]?: number };
  /** The worker threads, by the module that they have loaded. */
  readonly workers: readonly WorkerPoolReport[];
}

/** The counters. */
export class ServerStats {
  accepted = 0;
  failedAccepts = 0;
  failedHandlers = 0;
  servedCalls = 0;
  readonly #ended: { [K in EndReason]?: number } = {};

  /** A connection has ended that had taken so many calls. */
  ended(end: SessionEnd, servedCalls: number): void {
    this.#ended[end.reason] = (this.#ended[end.reason] ?? 0) + 1;
    this.servedCalls += servedCalls;
  }

  report(
    now: Pick<ServerStatsReport, "connections" | "runningCalls" | "servedCalls" | "workers">,
  ): ServerStatsReport {
    const { accepted, failedAccepts, failedHandlers } = this;
    return { ...now, accepted, failedAccepts, failedHandlers, ended: { ...this.#ended } };
  }
}
