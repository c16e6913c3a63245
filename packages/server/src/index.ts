// @vertex/server: serve typed commands.

export {
  type CallContext,
  detail,
  detailOf,
  formatLogEntry,
  type InterceptedCall,
  type Interceptor,
  type Log,
  type LogEntry,
  lent,
  type Metadata,
  type Next,
  type Outcome,
  type Peer,
  type SessionOptions,
  type Status,
  stderrLog,
  VertexError,
} from "@vertex/protocol";
export { Connection } from "./connection.ts";
export { Connections } from "./connections.ts";
export type { Concurrency } from "./places.ts";
export type { Rate, RateLimits } from "./rate-limits.ts";
export { createServer, type HandleOptions, Server } from "./server.ts";
export type { ForwardedIdentity, ServerOptions } from "./server-options.ts";
export type { ShutdownOptions, ShutdownReport } from "./shutdown.ts";
export type { ServerStatsReport } from "./stats.ts";
export { type Cursor, type SlowPolicy, type SubscribeOptions, Topic, type TopicOptions } from "./topic.ts";
export type { WorkerPoolReport, WorkerThreadReport } from "./workers/thread-record.ts";
export type { WorkerBalance, WorkerOptions } from "./workers/worker-options.ts";
