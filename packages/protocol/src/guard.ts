// What a side that serves many connections may say to each call before its handler runs: whether the call is taken
// at all, and when there is a place for it. Declared here, satisfied above.

import type { CallContext } from "./call.ts";
import type { VertexError } from "./vertex-error.ts";

/** Why a call was refused before it was taken, for counters. */
export type RefusalName =
  | "closing"
  | "maxConcurrentCalls"
  | "unknownMethod"
  | "expired"
  | "metadata"
  | "identity"
  | "rateLimits"
  | "maxRunningCalls";

/** A call that may have to wait for a place. */
export interface Placed extends CallContext {
  /** Ends the call, with the error as its answer. */
  refuse(error: VertexError): void;
}

/** Who starts a call when its place is there. */
export interface Starter {
  /** The place is there. It comes back through `leave`. */
  start(call: Placed): void;
}

/** What stands before the handlers of all connections. */
export interface CallGuard {
  /** Says why a call, whose first frame has so many bytes, is not taken; null takes it. */
  refusal(call: CallContext, bytes: number): VertexError | null;
  /** So many more bytes of a call have come. */
  charge(call: CallContext, bytes: number): void;
  /** Whether there is a place for the handler now. If not, the call waits and `starter` is told, or it has been refused. */
  enter(call: Placed, starter: Starter): boolean;
  /** A handler that had a place has settled, and its answer has been sent. */
  leave(call: Placed): void;
  /** A call that had none is over. */
  forget(call: Placed): void;
  /** A call has been refused. */
  refused(why: RefusalName): void;
}
