// What generated stubs call: makes the call of the right shape, runs the interceptors, and lets the call wait while
// no connection takes it. Which connection that is, and what may be repeated, is decided above.

import type { CallOptions, ClientStream, DuplexStream, ServerStream } from "./call.ts";
import { CallQueue } from "./call-queue.ts";
import type { ForwardIdentity } from "./inheritance.ts";
import { compose, type InterceptedCall, type Interceptor, type Next } from "./interceptor.ts";
import type { Loop } from "./loop.ts";
import { type CallPolicy, type OutgoingCall, timeoutOf } from "./outgoing-call.ts";
import type { AnyMethod, Caller, Method, Service } from "./service.ts";
import { StreamCall, UploadCall } from "./stream-call.ts";
import { OneWayCall, UnaryCall } from "./unary-call.ts";
import { invalidRequest } from "./validation.ts";
import { VertexError } from "./vertex-error.ts";

/** Where calls go. */
export interface CallRoute {
  /** Sends the call on some connection. False when none takes it now. */
  offer(call: OutgoingCall): boolean;
  /** Whether a call that failed so, with nothing of an answer seen, may wait for another try. */
  mayRepeat(call: OutgoingCall, error: VertexError): boolean;
  /** Why calls wait just now. */
  whyWaiting(): string;
  /** A one-way call failed after its promise had resolved. */
  oneWayFailed(error: VertexError): void;
}

/** Options of a caller. */
export interface CallerOptions {
  /** Deadline of calls that name none, in milliseconds. */
  readonly callTimeoutMs: number;
  /** Calls that may wait for a connection. */
  readonly maxQueuedCalls: number;
  /** What calls with a parent say of whom they are made for. Absent: nothing. */
  readonly forwardIdentity?: ForwardIdentity | undefined;
  readonly interceptors: readonly Interceptor[];
  /** Holds requests to the rules of their schema before they are sent. */
  readonly validate?: boolean | undefined;
}

/** A caller with a queue. */
export class QueueingCaller implements Caller, CallPolicy {
  readonly #loop: Loop;
  readonly #route: CallRoute;
  readonly #options: CallerOptions;
  readonly #queue = new CallQueue();
  readonly #chain: Next | null;
  #closed: VertexError | null = null;

  constructor(loop: Loop, route: CallRoute, options: CallerOptions) {
    this.#loop = loop;
    this.#route = route;
    this.#options = options;
    this.#chain =
      options.interceptors.length === 0 ? null : compose(options.interceptors, (call) => this.#direct(call));
  }

  get forwardIdentity(): ForwardIdentity | undefined {
    return this.#options.forwardIdentity;
  }

  /** Calls that wait for a connection. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** A typed stub of a service. */
  use<Client, Handlers>(service: Service<Client, Handlers>): Client {
    return service.createClient(this);
  }

  unary<I, O>(method: Method<I, O>, request: I, options?: CallOptions): Promise<O> {
    if (this.#chain === null) return this.#unary(method, request, options);
    return this.#intercepted(method, request, options) as Promise<O>;
  }

  oneWay<I, O>(method: Method<I, O>, request: I, options?: CallOptions): Promise<void> {
    if (this.#chain === null) return this.oneWayDirect(method, request, options);
    return this.#intercepted(method, request, options) as Promise<void>;
  }

  /** The same past the interceptors: for one command to many, around which they have run already. */
  oneWayDirect<I, O>(method: Method<I, O>, request: I, options: CallOptions | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const timeoutMs = timeoutOf(method as AnyMethod, options, this.#options.callTimeoutMs);
      const invalid = this.#broken(method, request);
      if (invalid !== null) throw invalid;
      const later = (error: VertexError) => this.#route.oneWayFailed(error);
      this.#begin(
        new OneWayCall(this.#loop, method, request, timeoutMs, options, this, resolve, reject, later),
      );
    });
  }

  serverStream<I, O>(method: Method<I, O>, request: I, options?: CallOptions): ServerStream<O> {
    if (this.#chain === null) return this.#stream(method, request, options);
    return this.#through(method, request, options) as ServerStream<O>;
  }

  clientStream<I, O>(method: Method<I, O>, options?: CallOptions): ClientStream<I, O> {
    if (this.#chain === null) return new UploadCall(this.#stream(method, undefined, options));
    return this.#through(method, undefined, options) as ClientStream<I, O>;
  }

  duplex<I, O>(method: Method<I, O>, options?: CallOptions): DuplexStream<I, O> {
    if (this.#chain === null) return this.#stream(method, undefined, options);
    return this.#through(method, undefined, options) as DuplexStream<I, O>;
  }

  /** A connection takes calls again: those that wait go, first come first served. */
  pump(): void {
    const now = this.#loop.clock.now();
    for (let call = this.#queue.first; call !== null; call = this.#queue.first) {
      // One that is out of time must not be sent just before the wheel gets to it.
      if (call.deadlineAt <= now) call.expire();
      else if (!this.#route.offer(call)) return;
      this.#queue.remove(call);
    }
  }

  /** Takes no more calls; those that wait fail with `error`. */
  close(error: VertexError): void {
    this.#closed ??= error;
    this.failWaiting(error);
  }

  /** Fails every call that waits. */
  failWaiting(error: VertexError): void {
    for (let call = this.#queue.first; call !== null; call = this.#queue.first) {
      this.#queue.remove(call);
      call.giveUp(error);
    }
  }

  again(call: OutgoingCall, error: VertexError): boolean {
    if (this.#closed !== null || !this.#route.mayRepeat(call, error)) return false;
    if (this.#queue.size >= this.#options.maxQueuedCalls) return false;
    this.#queue.push(call);
    this.#loop.later(() => this.pump());
    return true;
  }

  forget(call: OutgoingCall): void {
    this.#queue.remove(call);
  }

  whyWaiting(): string {
    return this.#route.whyWaiting();
  }

  #unary<I, O>(method: Method<I, O>, request: I, options: CallOptions | undefined): Promise<O> {
    return new Promise((resolve, reject) => {
      const timeoutMs = timeoutOf(method as AnyMethod, options, this.#options.callTimeoutMs);
      const invalid = this.#broken(method, request);
      if (invalid !== null) throw invalid;
      this.#begin(new UnaryCall(this.#loop, method, request, timeoutMs, options, this, resolve, reject));
    });
  }

  #stream<I, O>(
    method: Method<I, O>,
    request: I | undefined,
    options: CallOptions | undefined,
  ): StreamCall<I, O> {
    const timeoutMs = timeoutOf(method as AnyMethod, options, this.#options.callTimeoutMs);
    const check = this.#options.validate === true ? (message: I) => this.#broken(method, message) : null;
    const call = new StreamCall(this.#loop, method, request, timeoutMs, options, this, check);
    const invalid = request === undefined ? null : this.#broken(method, request);
    if (invalid === null) this.#begin(call);
    else call.giveUp(invalid);
    return call;
  }

  /** Why a request must not be sent, if it must not. */
  #broken<I, O>(method: Method<I, O>, request: I): VertexError | null {
    if (this.#options.validate !== true) return null;
    const violations = method.validate?.(request);
    return violations === undefined ? null : invalidRequest(violations, "usage", method.path);
  }

  #begin(call: OutgoingCall): void {
    if (this.#closed !== null) {
      call.giveUp(this.#closed);
      return;
    }
    if (!call.begin()) return;
    if (this.#queue.size === 0 && this.#route.offer(call)) return;
    if (this.#queue.size >= this.#options.maxQueuedCalls) {
      call.giveUp(this.#full(call.method.path));
      return;
    }
    this.#queue.push(call);
  }

  /** Refusals come in floods: with its method in it already, no second error is made to say which it was. */
  #full(method: string): VertexError {
    const message = `${this.#options.maxQueuedCalls} calls wait already for a connection`;
    return new VertexError("RESOURCE_EXHAUSTED", message, {
      outcome: "not-executed",
      family: "link",
      method,
    });
  }

  async #intercepted<I, O>(
    method: Method<I, O>,
    request: I,
    options: CallOptions | undefined,
  ): Promise<unknown> {
    return this.#through(method, request, options);
  }

  #through<I, O>(method: Method<I, O>, request: I | undefined, options: CallOptions | undefined): unknown {
    const call: InterceptedCall = {
      method: method as AnyMethod,
      side: "client",
      request,
      options: options ?? {},
    };
    return this.#chain?.(call);
  }

  #direct({ method, request, options }: InterceptedCall): unknown {
    switch (method.kind) {
      case "unary":
        return this.#unary(method, request, options);
      case "one_way":
        return this.oneWayDirect(method, request, options);
      case "server_stream":
        return this.#stream(method, request, options);
      case "client_stream":
        return new UploadCall(this.#stream(method, undefined, options));
      case "duplex":
        return this.#stream(method, undefined, options);
    }
  }
}
