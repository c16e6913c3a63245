// piscina, as much of it as is used, loaded when a server has worker threads. Its own declarations do not pass
// TypeScript's `exactOptionalPropertyTypes`, so what is used of it is declared here.

import { createRequire } from "node:module";
import type { TransferListItem, Worker } from "node:worker_threads";
import type { LaneStart } from "./lane-start.ts";
import type { ResolvedWorkerOptions } from "./worker-options.ts";

/** The threads of one module. */
export interface ThreadPool {
  /** Threads that live now. */
  readonly threads: readonly Worker[];
  /** Gives the task to a thread that has none. Rejects when the thread ends; aborting ends the thread. */
  run(
    task: LaneStart,
    options: { readonly transferList: readonly TransferListItem[]; readonly signal: AbortSignal },
  ): Promise<unknown>;
  /** Ends all threads. */
  destroy(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
}

interface PiscinaModule {
  readonly Piscina: new (options: {
    readonly filename: string;
    readonly name: string;
    readonly minThreads: number;
    readonly maxThreads: number;
    readonly idleTimeout: number;
    readonly atomics: "disabled";
    readonly recordTiming: boolean;
    readonly niceIncrement: number;
    readonly workerData: unknown;
    readonly resourceLimits: { readonly maxOldGenerationSizeMb: number };
  }) => ThreadPool;
}

/** Starts threads that run `serveLane`, and keeps their number. */
export function startThreads({ threads, maxHeapMib, niceness, data }: ResolvedWorkerOptions): ThreadPool {
  const { Piscina } = createRequire(import.meta.url)("piscina") as PiscinaModule;
  const file = import.meta.url.endsWith(".ts") ? "../worker-thread.ts" : "./worker-thread.js";
  return new Piscina({
    filename: new URL(file, import.meta.url).href,
    name: "serveLane",
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    // Its threads would sleep between messages without a turn of their event loop; ours have one task and live in it.
    atomics: "disabled",
    recordTiming: false,
    // On Linux each thread has a priority of its own; elsewhere it is the process's, which stays as it is.
    niceIncrement: process.platform === "linux" ? niceness : 0,
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMib },
  });
}
