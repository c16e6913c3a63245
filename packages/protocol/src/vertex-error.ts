// The one error that users see, and the conversions into it. Three families are kept apart: the peer broke the
// protocol, the link failed, you called it wrong; the fourth is a call that was answered with a failure.

import type { Metadata } from "./call.ts";
import type { Status } from "./status.ts";

/** Whether the handler ran: what decides if a call may be repeated. */
export type Outcome = "not-executed" | "executed" | "unknown";

/**
 * Who is at fault. `status`: the other side answered with a failure. `link`: the connection failed, or time ran
 * out. `protocol`: the peer broke the protocol. `usage`: this side was called wrongly.
 */
export type ErrorFamily = "status" | "link" | "protocol" | "usage";

/** A typed detail of a failure: the full name of its message type, and the message encoded. */
export interface ErrorDetail {
  readonly type: string;
  readonly value: Uint8Array;
}

/** What a `VertexError` may carry beside code and message. */
export interface VertexErrorInit {
  /** Default: "executed" for errors that a handler throws. */
  readonly outcome?: Outcome | undefined;
  readonly family?: ErrorFamily | undefined;
  /** Full name of the method, `package.Service/Method`. */
  readonly method?: string | undefined;
  /** Address of the other side. */
  readonly peer?: string | undefined;
  /** Do not try again sooner than this, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  readonly details?: readonly ErrorDetail[] | undefined;
  readonly trailers?: Metadata | undefined;
  readonly cause?: unknown;
}

const noTrailers: Metadata = new Map();

/**
 * A call or a connection failed. Handlers throw it to answer with a status of their choice: its code, message,
 * details and trailers reach the caller. Anything else that a handler throws reaches the caller as `INTERNAL`
 * without its text.
 */
export class VertexError extends Error {
  override readonly name = "VertexError";
  readonly code: Status;
  readonly outcome: Outcome;
  readonly family: ErrorFamily;
  readonly method: string | undefined;
  readonly peer: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly details: readonly ErrorDetail[];
  readonly trailers: Metadata;

  constructor(code: Status, message: string, init: VertexErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.outcome = init.outcome ?? "executed";
    this.family = init.family ?? "status";
    this.method = init.method;
    this.peer = init.peer;
    this.retryAfterMs = init.retryAfterMs;
    this.details = init.details ?? [];
    this.trailers = init.trailers ?? noTrailers;
  }
}

/** The same error with its method and peer filled in where they are missing. */
export function located(error: VertexError, method: string, peer: string | undefined): VertexError {
  return error.method !== undefined ? error : changed(error, { method, peer });
}

/** The same error for a call that an earlier attempt may have executed. */
export function notSure(error: VertexError): VertexError {
  return error.outcome === "not-executed" ? changed(error, { outcome: "unknown" }) : error;
}

function changed(error: VertexError, change: VertexErrorInit): VertexError {
  const { outcome, family, method, peer, retryAfterMs, details, trailers, cause } = error;
  const same = { outcome, family, method, peer, retryAfterMs, details, trailers, cause };
  return new VertexError(error.code, error.message, { ...same, ...change });
}

/** You called it wrong: nothing was sent. */
export function usageError(message: string, method?: string, cause?: unknown): VertexError {
  return new VertexError("INVALID_ARGUMENT", message, {
    outcome: "not-executed",
    family: "usage",
    method,
    cause,
  });
}

/** The other side has broken the protocol: its connection ends. */
export function violation(message: string): never {
  throw new VertexError("INTERNAL", message, { family: "protocol" });
}
