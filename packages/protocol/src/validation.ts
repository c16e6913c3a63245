// Requests that break the rules of their schema: the error that says so, and how its violations are read again. The
// rules themselves are generated code (`Method.validate`).

import { detail, detailOf } from "./error-detail.ts";
import { Violations } from "./gen/vertex/v1/violations.ts";
import type { Violation } from "./rules/violation.ts";
import type { ErrorType } from "./service.ts";
import { type ErrorFamily, VertexError } from "./vertex-error.ts";

const violationsType: ErrorType<Violations> = { type: "vertex.v1.Violations", codec: Violations };

/** Longest text of a rule that travels, in UTF-16 units: a list of allowed values can be long. */
const MAX_TEXT = 256;
/** Most that the violations of one error take, in bytes: they share the room for details with others. */
const MAX_BYTES = 12_288;
/** Bytes that a UTF-16 unit takes at most in UTF-8. */
const UNIT_BYTES = 3;

/** The refusal of a request that breaks rules: nothing has been executed. */
export function invalidRequest(
  violations: readonly Violation[],
  family: ErrorFamily = "status",
  method?: string,
): VertexError {
  const [first] = violations;
  const rest = violations.length > 1 ? `, and ${violations.length - 1} more` : "";
  const what =
    first === undefined ? "" : `${first.field || "the message"}: ${first.message} (${first.rule})${rest}`;
  return new VertexError("INVALID_ARGUMENT", `the request breaks rules of its schema: ${what}`, {
    outcome: "not-executed",
    family,
    method,
    details: [detail(violationsType, { violations: bounded(violations) })],
  });
}

/** The bytes of a request are no message of its type. */
export function malformedRequest(cause: unknown): VertexError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new VertexError("INVALID_ARGUMENT", `the request cannot be decoded: ${text}`, {
    outcome: "not-executed",
  });
}

/** As many violations as fit, the first one always. */
function bounded(violations: readonly Violation[]): Violation[] {
  let room = MAX_BYTES;
  return violations
    .map((each) => ({ ...each, message: each.message.slice(0, MAX_TEXT) }))
    .filter(({ field, rule, message }, index) => {
      room -= UNIT_BYTES * (field.length + rule.length + message.length);
      return index === 0 || room >= 0;
    });
}

/**
 * What the request of a failed call broke of the rules of its schema: field, rule and text of each violation. Empty
 * when the call failed for another reason.
 *
 * ```ts
 * for (const { field, message } of violationsOf(error)) form.mark(field, message);
 * ```
 *
 * @throws WireError when the other side sent a malformed detail.
 */
export function violationsOf(error: unknown): readonly Violation[] {
  return detailOf(error, violationsType)?.violations ?? [];
}
