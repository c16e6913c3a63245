// All the threads of a server, and which of them serves which method.

import { type AnyMethod, type Forwarding, type Peer, usageError } from "@vertex/protocol";
import type { Host } from "@vertex/protocol/host";
import { forward } from "./forward.ts";
import type { WorkerPoolReport } from "./thread-record.ts";
import type { WorkerOptions } from "./worker-options.ts";
import { WorkerPool, type WorkerPoolEvents } from "./worker-pool.ts";

/** The worker threads of a server. */
export class Workers {
  readonly #host: Host;
  readonly #events: WorkerPoolEvents;
  readonly #pools: WorkerPool[] = [];
  /** Full names of the methods that run in threads. */
  readonly #wanted = new Set<string>();
  #routes = new Map<string, WorkerPool>();

  constructor(host: Host, events: WorkerPoolEvents) {
    this.#host = host;
    this.#events = events;
  }

  /** @throws VertexError (usage) for an option out of its bounds. */
  add(module: URL, options: WorkerOptions): void {
    this.#pools.push(new WorkerPool(module, options, this.#host, this.#events));
  }

  /** Takes on the methods of these local names. */
  forwarding(methods: { readonly [localName: string]: AnyMethod }, names: ReadonlySet<string>): Forwarding {
    for (const name of names) this.#wanted.add((methods[name] as AnyMethod).path);
    return {
      names,
      invoke: (method, request, context) => forward(this.#poolOf(method), method, request, context),
    };
  }

  /**
   * Starts all threads that have not been started.
   * @throws VertexError (usage) when a module cannot be used, or a method has no handler, or two, or one too many.
   */
  async start(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.start()));
    const routes = new Map<string, WorkerPool>();
    for (const pool of this.#pools) {
      for (const path of pool.methods) {
        const { name } = pool.options;
        if (!this.#wanted.has(path)) {
          throw usageError(
            `${name} has a handler for ${path}, which server.handle does not leave to workers`,
            path,
          );
        }
        if (routes.has(path)) throw usageError(`two modules of server.workers have a handler for it`, path);
        routes.set(path, pool);
      }
    }
    for (const path of this.#wanted) {
      if (!routes.has(path)) {
        throw usageError(
          `${path} runs in worker threads, but no module of server.workers has a handler for it`,
          path,
        );
      }
    }
    this.#routes = routes;
  }

  /** The connection of that peer is closed. */
  forget(peer: Peer): void {
    for (const pool of this.#pools) pool.forget(peer);
  }

  report(): WorkerPoolReport[] {
    return this.#pools.map((pool) => pool.report());
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }

  #poolOf({ path }: AnyMethod): WorkerPool {
    const pool = this.#routes.get(path);
    if (pool === undefined)
      throw usageError("the worker threads have not been started: call server.start()", path);
    return pool;
  }
}
