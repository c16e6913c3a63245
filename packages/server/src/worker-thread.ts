// `@vertex/server/worker-thread`: what runs in a worker thread of `server.workers`. Loaded by the thread, not by you.

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { threadId } from "node:worker_threads";
import type { LaneStart } from "./workers/lane-start.ts";
import { handlersIn } from "./workers/worker-handlers.ts";
import { cloneable, WorkerSession } from "./workers/worker-session.ts";

/** Loads the module and serves the calls that come through the port, until the port is closed. */
export async function serveLane(start: LaneStart): Promise<void> {
  const session = new WorkerSession(start);
  const closed = new Promise<void>((resolve) => start.port.once("close", resolve));
  try {
    const found = handlersIn(await load(start.module));
    if (found.length === 0) throw new Error("it exports nothing that workerHandlers has made");
    for (const each of found) session.add(each);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    session.transport.tell({ kind: "unusable", message, error: cloneable(error) });
    return closed;
  }
  session.transport.tell({ kind: "loaded", threadId, methods: session.methods });
  session.start();
  return closed;
}

/**
 * Loads the user's module the way this one was loaded: two copies of `VertexError` would not know each other. On
 * Node 20, a loader such as tsx reads TypeScript in worker threads only through `require`.
 */
async function load(url: string): Promise<object> {
  const requireIt = (): object => createRequire(import.meta.url)(fileURLToPath(url)) as object;
  if (import.meta.url.endsWith(".ts")) return requireIt();
  try {
    return (await import(url)) as object;
  } catch (error) {
    const { code, url: missing } = error as { code?: unknown; url?: unknown };
    if (code === "ERR_UNKNOWN_FILE_EXTENSION") return requireIt();
    if (code === "ERR_MODULE_NOT_FOUND" && missing === url) return requireIt();
    throw error;
  }
}
