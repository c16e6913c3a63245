// @vertex/client: call typed commands.

export {
  type CallOptions,
  type ClientStream,
  type DuplexStream,
  detail,
  detailOf,
  type ErrorDetail,
  type ErrorFamily,
  formatLogEntry,
  type InterceptedCall,
  type Interceptor,
  type Log,
  type LogEntry,
  lent,
  type Metadata,
  type MetadataInit,
  type Next,
  type Outcome,
  type ServerStream,
  type SessionEnd,
  type SessionOptions,
  type Status,
  stderrLog,
  VertexError,
  type Violation,
  violationsOf,
} from "@vertex/protocol";
export type { ReconnectOptions } from "./backoff.ts";
export { Client, type ClientStats, connect } from "./client.ts";
export type { ClientCredentials, ClientOptions } from "./client-options.ts";
export type { ClientHost, Dialing, DialResult } from "./dialer.ts";
