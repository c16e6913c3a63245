// The handlers that a module offers to the worker threads that load it.

import type { Interceptor, Service } from "@vertex/protocol";

/** Marks them, also where two copies of this file are loaded. */
const brand: unique symbol = Symbol.for("vertex.workerHandlers") as never;

/** Handlers of one service, for worker threads. Made by `workerHandlers`. */
export interface WorkerHandlers {
  readonly service: Service<unknown, object, object>;
  readonly handlers: object;
  readonly interceptors: readonly Interceptor[];
}

/** Options of the handlers in one module. */
export interface WorkerHandlersOptions {
  /** Run around every one of these handlers, in the worker, the first one outermost. They see messages. */
  readonly interceptors?: readonly Interceptor[] | undefined;
}

/**
 * The handlers of `service` that run in worker threads: all that the schema marks, and any others that
 * `server.handle(…, { inWorkers })` leaves to them. Export what it returns, under any name, from the module that
 * `server.workers` names.
 *
 * ```ts
 * export const reports = workerHandlers(Reports, {
 *   summary: ({ rows }, call) => summarize(rows, () => call.cancelled),
 * });
 * ```
 */
export function workerHandlers<Client, Handlers extends object, InWorkers extends object>(
  service: Service<Client, Handlers, InWorkers>,
  handlers: InWorkers & Partial<Handlers>,
  options: WorkerHandlersOptions = {},
): WorkerHandlers {
  const made = { service, handlers, interceptors: options.interceptors ?? [] };
  return Object.defineProperty(made, brand, { value: true }) as WorkerHandlers;
}

/** Those among the exports of a module. */
export function handlersIn(module: object): WorkerHandlers[] {
  return [...new Set(Object.values(module))].filter(
    (value: unknown) => typeof value === "object" && value !== null && brand in value,
  ) as unknown[] as WorkerHandlers[];
}
