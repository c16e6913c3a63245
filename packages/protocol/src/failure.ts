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
  return new VertexError(thrown.code, "a call that the handler made has failed", {
    retryAfterMs: thrown.retryAfterMs,
  });
}

/** Encodes an error for a FAIL frame. */
export function encodeFailure(error: VertexError): Uint8Array {
  let room = MAX_DETAIL_BYTES;
  const details = error.details.filter(({ value }) => {
    room -= value.length;
    return room >= 0;
  });
  return Failure.encode({
    code: StatusNumber[error.code],
    message: error.message.slice(0, MAX_ERROR_TEXT),
    outcome: outcomeNumber[error.outcome],
    retryAfterMs: Math.ceil(error.retryAfterMs ?? 0),
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
