// Typed details of failures: messages of the schema that travel with an error and are found again by their type.

import type { ErrorType } from "./service.ts";
import { type ErrorDetail, VertexError } from "./vertex-error.ts";

/**
 * A message as the detail of an error that a handler throws.
 *
 * ```ts
 * throw new VertexError("FAILED_PRECONDITION", "sold out", { details: [detail(Shop.errors.soldOut, { left: 0 })] });
 * ```
 */
export function detail<T>({ type, codec }: ErrorType<T>, message: T): ErrorDetail {
  return { type, value: codec.encode(message).finish() };
}

/**
 * The detail of that type that a failed call carries; `undefined` when it has none, or is no VertexError.
 *
 * ```ts
 * const soldOut = detailOf(error, Shop.errors.soldOut);
 * if (soldOut !== undefined) console.log(soldOut.left);
 * ```
 *
 * @throws WireError when the other side sent a malformed one.
 */
export function detailOf<T>(error: unknown, { type, codec }: ErrorType<T>): T | undefined {
  if (!(error instanceof VertexError)) return undefined;
  const found = error.details.find((each) => each.type === type);
  return found === undefined ? undefined : codec.decode(found.value);
}
