// A server whose heavy commands run in worker threads, and a client of it.
import { type Client, connect } from "@vertex/client";
import {
  createServer,
  type LogEntry,
  type Server,
  type ServerOptions,
  type WorkerOptions,
  type WorkerThreadReport,
} from "@vertex/server";
import { type Done, Heavy, type HeavyClient, type Work } from "../../gen/heavy.ts";
import { until } from "./waiting.ts";

/** Under tsx the module is a .ts file all the same. */
export const heavyModule: URL = new URL("./heavy-worker.js", import.meta.url);

/** What the main thread does. */
export const lightHandlers: { light: (work: Work) => Done } = {
  light: () => ({ thread: 0, total: 0n, begun: 0, cancelled: false }),
};

/** A request to compute for so long, in milliseconds. */
export function work(ms = 0, more: Partial<Work> = {}): Work {
  return { ms, name: "", watch: false, wait: false, ...more };
}

/** A server, its threads and a client. */
export interface HeavyBed {
  readonly server: Server;
  readonly client: Client;
  readonly heavy: HeavyClient;
  readonly log: LogEntry[];
  /** The threads now. */
  threads(): readonly WorkerThreadReport[];
  /** Resolves when all threads take calls and have none. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export async function serveHeavy(
  workers: WorkerOptions = {},
  options: ServerOptions = {},
): Promise<HeavyBed> {
  const log: LogEntry[] = [];
  const server = createServer({ log: (entry) => log.push(entry), ...options });
  server.handle(Heavy, lightHandlers);
  server.workers(heavyModule, { threads: 2, maxHeapMib: 32, startTimeoutMs: 60_000, ...workers });
  const client = connect(await server.listen("tcp://127.0.0.1:0"), { name: "caller" });
  const threads = () => server.stats().workers[0]?.threads ?? [];
  return {
    server,
    client,
    heavy: client.use(Heavy),
    log,
    threads,
    idle: () =>
      until(
        "all threads are idle",
        () => threads().every((thread) => thread.running + thread.queued === 0 && thread.utilization > 0),
        20_000,
      ),
    close: async () => {
      await client.close({ graceMs: 0 });
      await server.shutdown({ graceMs: 0 });
    },
  };
}
