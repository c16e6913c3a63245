// The server of the worker measurements, in a process of its own: `pnpm --filter @vertex/test workers` starts it.
import { performance } from "node:perf_hooks";
import { createServer } from "@vertex/server";
import { Heavy } from "../gen/heavy.ts";

/** What the server can be asked, and says. */
export interface ServerReport {
  /** Time that the main thread was busy since it was asked last, in milliseconds. */
  readonly busyMs: number;
  readonly killed: number;
  readonly restarts: number;
  /** Threads that take calls. */
  readonly running: number;
}

const [niceness = 10, killAfterMs = 100] = process.argv.slice(2).map(Number);
const server = createServer({ log: () => {} });
server.handle(Heavy, { light: () => ({ thread: 0, total: 0n, begun: 0, cancelled: false }) });
server.workers(new URL("../support/server/heavy-worker.js", import.meta.url), {
  threads: 2,
  maxHeapMib: 32,
  niceness,
  killAfterMs,
});

let since = performance.eventLoopUtilization();
process.on("message", () => {
  const now = performance.eventLoopUtilization();
  const threads = server.stats().workers[0]?.threads ?? [];
  const sum = (count: (thread: (typeof threads)[number]) => number) =>
    threads.reduce((total, thread) => total + count(thread), 0);
  process.send?.({
    busyMs: performance.eventLoopUtilization(now, since).active,
    killed: sum(({ killed }) => killed),
    restarts: sum(({ restarts }) => restarts),
    running: sum(({ running }) => running),
  } satisfies ServerReport);
  since = now;
});
process.on("disconnect", () => process.exit(0));

process.send?.(await server.listen("tcp://127.0.0.1:0"));
