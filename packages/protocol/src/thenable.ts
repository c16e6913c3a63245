// What can be awaited. Asked before an await, because an answer that is here already must not wait a turn.

/** Anything that can be awaited: a promise of another kind must not pass for a value. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
