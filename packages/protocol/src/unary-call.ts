// Calls with one request, and one answer or none.

import type { CallOptions, Metadata } from "./call.ts";
import type { Loop } from "./loop.ts";
import { type CallPolicy, OutgoingCall } from "./outgoing-call.ts";
import type { Method } from "./service.ts";
import { VertexError } from "./vertex-error.ts";

/** One request, one answer. */
export class UnaryCall<I, O> extends OutgoingCall {
  readonly request: I;
  protected readonly takesAll = true;
  readonly #codec: Method<I, O>["response"];
  readonly #resolve: (response: O) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onTrailers: ((trailers: Metadata) => void) | undefined;
  #response: O | undefined;
  #hasResponse = false;

  constructor(
    loop: Loop,
    method: Method<I, O>,
    request: I,
    timeoutMs: number,
    options: CallOptions | undefined,
    policy: CallPolicy,
    resolve: (response: O) => void,
    reject: (error: unknown) => void,
  ) {
    super(loop, method, timeoutMs, options, policy);
    this.request = request;
    this.#codec = method.response;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onTrailers = options?.onTrailers;
  }

  message(buf: Uint8Array, start: number, end: number, _cost: number, own: boolean): void {
    if (this.#hasResponse) {
      throw new VertexError("INTERNAL", "a second answer on a call that takes one", { family: "protocol" });
    }
    const loop = this.link?.loop;
    if (loop === undefined) return;
    try {
      this.#response = loop.decode(this.#codec, buf, start, end, own);
      this.#hasResponse = true;
    } catch (error) {
      this.giveUp(malformedAnswer(error));
      return;
    }
    // No second one may come: the credit goes back while the trailers are on their way.
    this.inbound?.stop();
  }

  protected ended(error: VertexError | null, trailers: Metadata): void {
    if (error !== null) this.#reject(error);
    else if (this.#hasResponse) this.#succeeded(trailers);
    else {
      this.#reject(
        new VertexError("INTERNAL", "the call ended without an answer", {
          family: "protocol",
          method: this.method.path,
        }),
      );
    }
  }

  /** What the caller's own function throws is the caller's, not the connection's. */
  #succeeded(trailers: Metadata): void {
    try {
      this.#onTrailers?.(trailers);
    } catch (error) {
      this.#reject(error);
      return;
    }
    this.#resolve(this.#response as O);
  }
}

/**
 * One request that nobody waits for. `resolve` is called when its bytes have been handed to the transport; the
 * other side confirms with a bare FINISH when its handler has settled, which frees the slot here.
 */
export class OneWayCall<I, O> extends OutgoingCall {
  readonly request: I;
  protected readonly takesAll = true;
  readonly #resolve: () => void;
  readonly #reject: (error: VertexError) => void;
  readonly #failedLater: (error: VertexError) => void;
  #handedOver = false;

  constructor(
    loop: Loop,
    method: Method<I, O>,
    request: I,
    timeoutMs: number,
    options: CallOptions | undefined,
    policy: CallPolicy,
    resolve: () => void,
    reject: (error: VertexError) => void,
    failedLater: (error: VertexError) => void,
  ) {
    super(loop, method, timeoutMs, options, policy);
    this.request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#failedLater = failedLater;
  }

  /** The whole request is with the transport. */
  override handedOver(): void {
    if (this.#handedOver) return;
    this.#handedOver = true;
    this.#resolve();
  }

  message(): void {
    throw new VertexError("INTERNAL", "an answer to a one-way call", { family: "protocol" });
  }

  protected ended(error: VertexError | null): void {
    if (error === null) this.handedOver();
    else if (this.#handedOver) this.#failedLater(error);
    else this.#reject(error);
  }
}

/** The answer does not follow its schema. The handler has run. */
export function malformedAnswer(cause: unknown): VertexError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new VertexError("INTERNAL", `the answer cannot be decoded: ${text}`, { outcome: "executed", cause });
}
