// `@vertex/server/worker-thread`: what runs in a worker thread of `server.workers`. Loaded by the thread, not by you.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
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
 * Loads the user's module the way this one was loaded: two copies of `VertexError` would not know each other. piscina
 * requires its modules, which a loader such as tsx turns into CommonJS; then there is a file name here. On Node 20 such
 * a loader reads TypeScript in worker threads through `require` only.
 */
async function load(url: string): Promise<object> {
  const path = existing(fileURLToPath(url));
  const requireIt = (): object => createRequire(import.meta.url)(path) as object;
  if (typeof __filename === "string") return requireIt();
  try {
    return (await import(pathToFileURL(path).href)) as object;
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_UNKNOWN_FILE_EXTENSION") return requireIt();
    throw error;
  }
}

/** `reports.js` while it is still `reports.ts`. */
function existing(path: string): string {
  const source = path.replace(/\.([cm]?)js$/, ".$1ts");
  return !existsSync(path) && existsSync(source) ? source : path;
}
