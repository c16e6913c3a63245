// @vertex/protocol: the session that both ends of a connection share, with no I/O and no clock of its own.

export { Bucket, LimitExceeded, type LimitName } from "./accounting.ts";
export type {
  CallContext,
  CallOptions,
  ClientStream,
  DuplexStream,
  ForwardedCall,
  Metadata,
  MetadataInit,
  Peer,
  ServerStream,
} from "./call.ts";
export { type CallerOptions, type CallRoute, QueueingCaller } from "./caller.ts";
export type { Clock, Environment, Random, Timer } from "./clock.ts";
export { HeldBytes } from "./credit.ts";
export { detail, detailOf } from "./error-detail.ts";
export type { CallGuard, Placed, RefusalName, Starter } from "./guard.ts";
export type { PeerIntroduction } from "./handshake.ts";
export type { ForwardIdentity } from "./inheritance.ts";
export type { Usage } from "./intake.ts";
export { compose, composeServing, type InterceptedCall, type Interceptor, type Next } from "./interceptor.ts";
export { lent } from "./lent.ts";
export { formatLogEntry, type Log, type LogEntry, stderrLog } from "./log.ts";
export { Loop } from "./loop.ts";
export type { OutgoingCall } from "./outgoing-call.ts";
export { rawCodec } from "./raw.ts";
export { type Forwarding, Router } from "./router.ts";
export type { Violation } from "./rules/violation.ts";
export type {
  AnyMethod,
  Caller,
  Codec,
  ErrorType,
  Idempotency,
  Method,
  MethodKind,
  Service,
} from "./service.ts";
export { Session } from "./session.ts";
export type { EndReason, SessionEnd } from "./session-end.ts";
export {
  type ResolvedSessionOptions,
  resolveSessionOptions,
  type SessionOptions,
  sessionOptionRules,
} from "./session-options.ts";
export type { SessionEvents, SessionParts, SessionState } from "./session-parts.ts";
export { type Status, StatusNumber, statusName } from "./status.ts";
export { isThenable } from "./thenable.ts";
export type { Transport, TransportReceiver } from "./transport.ts";
export { violationsOf } from "./validation.ts";
export {
  type ErrorDetail,
  type ErrorFamily,
  type Outcome,
  usageError,
  VertexError,
  type VertexErrorInit,
} from "./vertex-error.ts";
