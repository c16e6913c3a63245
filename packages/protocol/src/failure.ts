// A call's failure on the wire, and the conversions between it, the errors of handlers, and VertexError. The one
// place that decides which text of an error may leave this process.

import type { BinaryReader } from "@vertex/wire";
import { Failure, Outcome as WireOutcome } from "./gen/vertex/v1/control.ts";
import { fromMessage, toMessage } from "./metadata.ts";
import { StatusNumber, statusName } from "./status.ts";
import { type ErrorFamily, type Outcome, VertexError } from "./vertex-error.ts";

/** Longest text of an error that travels, in UTF-16 units. */
export const MAX_ERROR_TEXT = 1_024;
/** Most bytes of typed details that travel with one error. */
export const MAX_DETAIL_BYTES = 16_384;
/** What each of them counts beside its type and its bytes. */
const DETAIL_OVERHEAD = 16;

const outcomeNumber: { readonly [K in Outcome]: WireOutcome } = {
  "not-executed": WireOutcome.OUTCOME_NOT_EXECUTED,
  executed: WireOutcome.OUTCOME_EXECUTED,
  unknown: WireOutcome.OUTCOME_UNKNOWN,
};

function outcomeName(number: WireOutcome): Outcome {
  if (number === WireOutcome.OUTCOME_NOT_EXECUTED) return "not-executed";
  return number === WireOutcome.OUTCOME_EXECUTED ? "executed" : "unknown";
}

/**
 * What a handler threw, as the caller may see it. A VertexError made by the handler is public. One that a call of
 * the handler's own ended with keeps its code only: its text may name hosts. Anything else is INTERNAL.
 */
export function publicError(thrown: unknown): VertexError {
  if (!(thrown instanceof VertexError)) return new VertexError("INTERNAL", "the handler failed");
  if (thrown.family === "status" && thrown.method === undefined) return thrown;
  if (thrown.family === "usage") return unsendable(thrown);
  return new VertexError(thrown.code, "a call that the handler made has failed", {
    retryAfterMs: thrown.retryAfterMs,
  });
}

/** The answer itself could not be sent, or the handler called something wrongly. Neither is its caller's doing. */
function unsendable({ code, method }: VertexError): VertexError {
  return code === "RESOURCE_EXHAUSTED" && method === undefined
    ? new VertexError(code, "the answer is larger than the caller takes")
    : new VertexError("INTERNAL", "the handler failed");
}

/** Whether a dialer that `authenticate` refused is refused for good: a VertexError can say that it is not. */
export function refusalReason(thrown: unknown): "UNAUTHENTICATED" | "INTERNAL" {
  if (!(thrown instanceof VertexError)) return "UNAUTHENTICATED";
  return thrown.code === "UNAUTHENTICATED" || thrown.code === "PERMISSION_DENIED"
    ? "UNAUTHENTICATED"
    : "INTERNAL";
}

/** The same for what `authenticate` threw: the text of an error that it made itself, and of nothing else. */
export function refusalMessage(thrown: unknown): string {
  return thrown instanceof VertexError && publicError(thrown) === thrown
    ? thrown.message
    : "the credentials were refused";
}

/** Encodes an error for a FAIL frame. Never throws: what a handler put into its error must not end anything else. */
export function encodeFailure(error: VertexError): Uint8Array {
  try {
    return encode(error);
  } catch {
    const code = Object.hasOwn(StatusNumber, error.code) ? error.code : "INTERNAL";
    const message = `${error.message.slice(0, MAX_ERROR_TEXT)} (its details and trailers cannot be encoded)`;
    return encode(new VertexError(code, message, { outcome: error.outcome }));
  }
}

function encode(error: VertexError): Uint8Array {
  let room = MAX_DETAIL_BYTES;
  const details = error.details.filter(({ type, value }) => {
    room -= value.length + 3 * type.length + DETAIL_OVERHEAD;
    return room >= 0;
  });
  return Failure.encode({
    code: StatusNumber[error.code],
    message: error.message.slice(0, MAX_ERROR_TEXT),
    outcome: outcomeNumber[error.outcome] ?? WireOutcome.OUTCOME_UNKNOWN,
    retryAfterMs: Math.min(0xffffffff, Math.max(0, Math.ceil(error.retryAfterMs ?? 0) || 0)),
    details: details.map(({ type, value }) => ({ type, value })),
    trailers: toMessage(error.trailers),
  }).finish();
}

/** Reads a FAIL frame's payload. */
export function decodeFailure(reader: BinaryReader, method: string, peer: string): VertexError {
  const failure = Failure.decode(reader);
  const family: ErrorFamily = "status";
  return new VertexError(statusName(failure.code), failure.message, {
    outcome: outcomeName(failure.outcome),
    family,
    method,
    peer,
    retryAfterMs: failure.retryAfterMs === 0 ? undefined : failure.retryAfterMs,
    details: failure.details,
    trailers: failure.trailers === undefined ? undefined : fromMessage(failure.trailers),
  });
}
