// The server that is attacked, in a process of its own. Told what to do over IPC; reports its counters and its memory.
import { createServer, type ServerOptions } from "@vertex/server";
import { Greeter, type GreeterHandlers } from "../gen/greeter.ts";
import { onlyHandlers } from "../support/server/greeter-handlers.ts";
import { sleep } from "../support/server/waiting.ts";

/** What the victim says of itself. */
export interface Report {
  readonly stats: ReturnType<ReturnType<typeof createServer>["stats"]>;
  /** Handlers that ran at once, at the most, and in all. */
  readonly busiest: number;
  readonly entered: number;
  /** After a collection, in bytes. */
  readonly heap: number;
  readonly rss: number;
  /** Sockets and timers that are open. */
  readonly handles: number;
  /** Uncaught errors and warnings. */
  readonly mishaps: readonly string[];
  readonly logLines: number;
}

const mishaps: string[] = [];
process.on("uncaughtException", (error) => mishaps.push(String(error)));
process.on("warning", (warning) => mishaps.push(String(warning)));

let running = 0;
let busiest = 0;
let entered = 0;
let logLines = 0;

const handlers: GreeterHandlers = onlyHandlers({
  hello: ({ name }) => ({ text: `Hello ${name}` }),
  /** Goes on whatever becomes of its call. */
  slow: async ({ waitMs }) => {
    entered++;
    busiest = Math.max(busiest, ++running);
    await sleep(waitMs);
    running--;
    return { text: "at last" };
  },
  sum: async (ticks, call) => {
    entered++;
    busiest = Math.max(busiest, ++running);
    const over = new Promise((resolve) => call.signal.addEventListener("abort", resolve, { once: true }));
    await over;
    running--;
    void ticks;
    return { total: 0n } as never;
  },
  /** Answers in long lines for ever. */
  async *countdown() {
    for (let n = 0; ; n++) yield { n };
  },
  async *chat() {
    const text = "x".repeat(60_000);
    for (;;) yield { text };
  },
});

const options = JSON.parse(process.argv[2] ?? "{}") as ServerOptions;
const server = createServer({ ...options, log: () => logLines++ });
server.handle(Greeter, handlers);
const address = await server.listen("tcp://127.0.0.1:0");

async function report(): Promise<Report> {
  for (let i = 0; i < 3; i++) {
    await sleep(10);
    gc?.();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const heap = heapUsed + external;
  const handles = process
    .getActiveResourcesInfo()
    .filter((name) => name !== "Immediate" && name !== "Timeout").length;
  return { stats: server.stats(), busiest, entered, heap, rss, handles, mishaps, logLines };
}

process.on("message", (question: "report" | "end") => {
  if (question === "report")
    void report().then((answer) => process.send?.(answer, undefined, undefined, () => {}));
  else void server.shutdown({ graceMs: 0 }).then(() => process.exit(0));
});
process.send?.(address);
