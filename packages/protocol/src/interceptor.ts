// Interceptors: one shape, `(call, next)`, for every kind of call, on both sides. They see messages, never bytes.

import type { CallContext, CallOptions } from "./call.ts";
import type { AnyMethod } from "./service.ts";

/** A call on its way through the interceptors. */
export interface InterceptedCall {
  readonly method: AnyMethod;
  /** "client" where this side makes the call, "server" where it serves it: also for calls from server to client. */
  readonly side: "client" | "server";
  /**
   * The request message, or what streams it: an AsyncIterable where the call is served, nothing where it is made
   * (the stream that `next` returns is written to).
   */
  readonly request: unknown;
  /** What the caller asked for. Where the call is served: empty. */
  readonly options: CallOptions;
  /** What the handler is given. Where the call is made: absent. */
  readonly context?: CallContext;
}

/**
 * Goes on with the call, changed or not, and returns its result: the response or a promise of it (unary, client
 * stream on the server, one-way), or the stream.
 */
export type Next = (call: InterceptedCall) => unknown;

/** Sees a call before `next` and its result after. May change either, answer by itself, throw, or call again. */
export type Interceptor = (call: InterceptedCall, next: Next) => unknown;

const noOptions: CallOptions = Object.freeze({});

/** Chains interceptors, the first one outermost, around `last`. */
export function compose(interceptors: readonly Interceptor[], last: Next): Next {
  return interceptors.reduceRight<Next>((next, interceptor) => (call) => interceptor(call, next), last);
}

/** A handler with interceptors around it; the handler itself when there are none. */
export function composeServing(
  interceptors: readonly Interceptor[],
  method: AnyMethod,
  handler: (request: unknown, context: CallContext) => unknown,
): (request: unknown, context: CallContext) => unknown {
  if (interceptors.length === 0) return handler;
  const chain = compose(interceptors, (call) => handler(call.request, call.context as CallContext));
  return (request, context) => chain({ method, side: "server", request, options: noOptions, context });
}
