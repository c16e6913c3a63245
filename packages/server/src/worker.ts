// `@vertex/server/worker`: what a module needs whose handlers run in worker threads. Light: no listeners, no pool.

export { type CallContext, detail, type Interceptor, VertexError } from "@vertex/protocol";
export {
  type WorkerHandlers,
  type WorkerHandlersOptions,
  workerHandlers,
} from "./workers/worker-handlers.ts";
