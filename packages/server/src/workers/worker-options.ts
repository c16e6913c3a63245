// Options of worker threads: the one place where they stand. LIMITS.md documents each, and a test holds the two together.

import { availableParallelism } from "node:os";
import { type CallContext, usageError } from "@vertex/protocol";

/**
 * Which thread gets a call. `"round-robin"`: each in turn. `"least-busy"`: the one with the fewest calls. A `key`: calls
 * with one key always the same one, for handlers that keep something between calls; what the key is made of has to be in
 * the call's metadata or peer, for the message is not read here.
 */
export type WorkerBalance =
  | "round-robin"
  | "least-busy"
  | { readonly key: (call: CallContext) => string | number };

/** Options of the threads that load one module. All have defaults. */
export interface WorkerOptions {
  /** What log and stats call them. Default: the name of the module's file. */
  readonly name?: string | undefined;
  /** Threads. Default: one less than the machine has cores, at least 1; 1 to 256. */
  readonly threads?: number | undefined;
  /**
   * Handlers that run at once in one thread. Default 1: then a crash or a kill takes one call and no other with it. Raise
   * it for handlers that mostly wait. 1 to 1,024.
   */
  readonly concurrency?: number | undefined;
  /**
   * Calls that are with one thread at a time, those that run and those that are handed over ahead, in one message.
   * Default 8, at least `concurrency`; 1 to 1,024.
   */
  readonly callsPerThread?: number | undefined;
  /** Calls that may wait for a thread. Default 1,024; 1 to 1,000,000. */
  readonly maxQueuedCalls?: number | undefined;
  /** Bytes that the requests of waiting calls may hold. Default 67,108,864; 1,024 to 17,179,869,184. */
  readonly maxQueuedBytes?: number | undefined;
  /** JavaScript heap of one thread, in MiB; a thread that needs more ends. Default 512; 16 to 65,536. */
  readonly maxHeapMib?: number | undefined;
  /** How much lower than the main thread's their priority is, as `nice` counts, on Linux. Default 10; 0 to 19. */
  readonly niceness?: number | undefined;
  /** A handler that goes on for so long after its deadline is ended with its thread, in ms. Default 100; 0 to 60,000. */
  readonly killAfterMs?: number | undefined;
  /** Time for a thread to load its module, in milliseconds. Default 10,000; 100 to 3,600,000. */
  readonly startTimeoutMs?: number | undefined;
  /** Which thread gets a call. Default "round-robin". */
  readonly balance?: WorkerBalance | undefined;
  /** Plain data for the module, which finds it as `workerData` of `node:worker_threads`. */
  readonly data?: unknown;
}

/** The same, complete and frozen. */
export interface ResolvedWorkerOptions {
  readonly name: string;
  readonly threads: number;
  readonly concurrency: number;
  readonly callsPerThread: number;
  readonly maxQueuedCalls: number;
  readonly maxQueuedBytes: number;
  readonly maxHeapMib: number;
  readonly niceness: number;
  readonly killAfterMs: number;
  readonly startTimeoutMs: number;
  readonly balance: WorkerBalance;
  readonly data: unknown;
}

type Rule = readonly [standard: number, min: number, max: number];
type Numbers = Exclude<keyof WorkerOptions, "name" | "balance" | "data">;

const rules: { readonly [K in Numbers]: Rule } = {
  threads: [Math.max(1, availableParallelism() - 1), 1, 256],
  concurrency: [1, 1, 1_024],
  callsPerThread: [8, 1, 1_024],
  maxQueuedCalls: [1_024, 1, 1_000_000],
  maxQueuedBytes: [67_108_864, 1_024, 17_179_869_184],
  maxHeapMib: [512, 16, 65_536],
  niceness: [10, 0, 19],
  killAfterMs: [100, 0, 60_000],
  startTimeoutMs: [10_000, 100, 3_600_000],
};

const others: readonly string[] = ["name", "balance", "data"];

/** The names, defaults and bounds of the numbers among the options, for documents and tests. */
export const workerOptionRules: { readonly [name: string]: Rule } = rules;

/**
 * Fills in the defaults.
 * @throws VertexError (usage) for a name that does not exist or a value out of its bounds.
 */
export function resolveWorkerOptions(options: WorkerOptions, fileName: string): ResolvedWorkerOptions {
  for (const name of Object.keys(options)) {
    if (!others.includes(name) && !Object.hasOwn(rules, name)) {
      throw usageError(`there is no option ${JSON.stringify(name)} of workers`);
    }
  }
  const number = (name: Numbers, atLeast = 0): number => {
    const [standard, min, max] = rules[name];
    const value = options[name] ?? Math.max(standard, atLeast);
    const least = Math.max(min, atLeast);
    if (Number.isInteger(value) && value >= least && value <= max) return value;
    throw usageError(`${name} must be a whole number from ${least} to ${max}, not ${String(value)}`);
  };
  const concurrency = number("concurrency");
  return Object.freeze({
    name: options.name ?? fileName.replace(/\.\w+$/, ""),
    threads: number("threads"),
    concurrency,
    callsPerThread: number("callsPerThread", concurrency),
    maxQueuedCalls: number("maxQueuedCalls"),
    maxQueuedBytes: number("maxQueuedBytes"),
    maxHeapMib: number("maxHeapMib"),
    niceness: number("niceness"),
    killAfterMs: number("killAfterMs"),
    startTimeoutMs: number("startTimeoutMs"),
    balance: checkedBalance(options.balance ?? "round-robin"),
    data: options.data,
  });
}

function checkedBalance(balance: WorkerBalance): WorkerBalance {
  const known = balance === "round-robin" || balance === "least-busy";
  if (known || (typeof balance === "object" && typeof balance.key === "function")) return balance;
  throw usageError(`balance must be "round-robin", "least-busy" or { key }, not ${JSON.stringify(balance)}`);
}
