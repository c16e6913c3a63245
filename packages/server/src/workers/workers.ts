// All the threads of a server, and which of them serves which method.

import { basename } from "node:path/posix";
import { type AnyMethod, type Forwarding, type Peer, usageError } from "@vertex/protocol";
import type { Host } from "@vertex/protocol/host";
import { forward } from "./forward.ts";
import type { WorkerPoolReport } from "./thread-record.ts";
import { type ResolvedWorkerOptions, resolveWorkerOptions, type WorkerOptions } from "./worker-options.ts";
import type { WorkerPool, WorkerPoolEvents } from "./worker-pool.ts";

/** The worker threads of a server. */
export class Workers {
  readonly #host: Host;
  readonly #events: WorkerPoolEvents;
  /** Modules whose pools are not made yet. */
  readonly #asked: { readonly module: URL; readonly options: ResolvedWorkerOptions }[] = [];
  readonly #pools: WorkerPool[] = [];
  #closed = false;
  /** Full names of the methods that run in threads. */
  readonly #wanted = new Set<string>();
  #routes = new Map<string, WorkerPool>();

  constructor(host: Host, events: WorkerPoolEvents) {
    this.#host = host;
    this.#events = events;
  }

  /** @throws VertexError (usage) for an option out of its bounds. */
  add(module: URL, options: WorkerOptions): void {
    this.#asked.push({ module, options: resolveWorkerOptions(options, basename(module.pathname)) });
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
    if (this.#asked.length > 0) await this.#makePools();
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
    const asked = this.#asked.map(({ options }) => ({
      name: options.name,
      waiting: 0,
      refused: 0,
      threads: [],
    }));
    return [...this.#pools.map((pool) => pool.report()), ...asked];
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }

  /** What threads need is loaded by servers that have some: it is a megabyte of memory. */
  async #makePools(): Promise<void> {
    const { WorkerPool: Pool } = await import("./worker-pool.ts");
    if (this.#closed) throw usageError("the server has been shut down");
    for (const { module, options } of this.#asked.splice(0)) {
      this.#pools.push(new Pool(module, options, this.#host, this.#events));
    }
  }

  #poolOf({ path }: AnyMethod): WorkerPool {
    const pool = this.#routes.get(path);
    if (pool === undefined)
      throw usageError("the worker threads have not been started: call server.start()", path);
    return pool;
  }
}
