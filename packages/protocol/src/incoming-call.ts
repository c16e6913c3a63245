// A call that the other side opened and this side serves. It is also the context that the handler is given.
//
//  receiving --whole request--> running --answer, error--> answered
//      |                           |
//      +--- cancel, deadline, connection gone ---> cancelled   (the handler may still run; its slot stays taken)

import { Flag, Kind } from "@vertex/framing";
import type { ForwardedCall, Metadata, Peer } from "./call.ts";
import type { CallLink } from "./call-link.ts";
import { creditCost } from "./credit.ts";
import type { Timed } from "./deadlines.ts";
import { encodeFailure, publicError } from "./failure.ts";
import { checkOnlyMessage, Inbound } from "./inbound.ts";
import { MessageQueue } from "./message-queue.ts";
import { encodeMetadata } from "./metadata.ts";
import { Outbound, sendNow } from "./outbound.ts";
import type { Registration } from "./router.ts";
import type { Spares } from "./spares.ts";
import { isThenable } from "./thenable.ts";
import { invalidRequest, malformedRequest } from "./validation.ts";
import { type Outcome, VertexError } from "./vertex-error.ts";

/** What an incoming call needs from its session. */
export interface ServingLink extends CallLink {
  readonly peer: Peer;
  /** Nothing more of this call will be sent or is wanted. */
  concluded(call: IncomingCall): void;
  /** Whether the handler may be entered now; if not, the link calls `enter` when it may be. */
  admit(call: IncomingCall): boolean;
  /** The handler has settled and all it answered has been sent: the slot is free. */
  released(call: IncomingCall): void;
  /** The handler threw something that the caller is not shown. */
  handlerFailed(error: unknown, method: string): void;
}

type State = "receiving" | "running" | "answered" | "cancelled";

const nothing = new Uint8Array(0);

/** A call that is served here. */
export class IncomingCall implements ForwardedCall, Timed {
  readonly id: number;
  readonly metadata: Metadata;
  readonly identity: unknown;
  deadlineAt: number;
  previous: Timed | null = null;
  next: Timed | null = null;
  slot = -1;
  #state: State = "receiving";
  readonly #link: ServingLink;
  readonly #registration: Registration;
  #inbound: Inbound | null = null;
  #outbound: Outbound | null = null;
  #queue: MessageQueue<unknown> | null = null;
  #request: unknown;
  #hasRequest = false;
  /** Cost of a small request that waits for a place. Larger ones are held by the receiving half. */
  #parked = 0;
  #requestComplete = false;
  #handlerDone = true;
  /** True once the handler has been entered. */
  entered = false;
  whenCut: (() => Outcome) | null = null;
  /** Nothing more of it travels. */
  concluded = false;
  #abort: AbortController | null = null;
  #trailers: Map<string, string | Uint8Array> | null = null;

  constructor(
    link: ServingLink,
    id: number,
    registration: Registration,
    metadata: Metadata,
    identity: unknown,
    deadlineAt: number,
  ) {
    this.#link = link;
    this.id = id;
    this.#registration = registration;
    this.metadata = metadata;
    this.identity = identity;
    this.deadlineAt = deadlineAt;
  }

  get method(): string {
    return this.#registration.method.path;
  }

  get peer(): Peer {
    return this.#link.peer;
  }

  /** What is held of the requests until they are taken, in bytes of credit. */
  get heldBytes(): number {
    return this.#parked + (this.#inbound?.heldBytes ?? 0);
  }

  get remainingMs(): number {
    return Math.max(0, this.deadlineAt - this.#link.loop.clock.now());
  }

  get cancelled(): boolean {
    return this.#state === "cancelled";
  }

  /** Something of the answer has been sent, or waits to be. */
  get answering(): boolean {
    return this.#outbound !== null;
  }

  /** What waits to be sent of its answer, in bytes. */
  get unsentBytes(): number {
    return this.#outbound?.unsentBytes ?? 0;
  }

  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (this.cancelled) this.#abort.abort(gone());
    }
    return this.#abort.signal;
  }

  setTrailer(key: string, value: string | Uint8Array): void {
    encodeMetadata({ [key]: value });
    this.#trailers ??= new Map();
    this.#trailers.set(key, value);
  }

  /** The CALL frame has been read: `buf[start..end)` is what it carries of the request. */
  open(flags: number, buf: Uint8Array, start: number, end: number): void {
    const { kind } = this.#registration.method;
    if (kind === "client_stream" || kind === "duplex") {
      this.#queue = new MessageQueue(this);
      this.#inbound = new Inbound(this.#link, this.id, this, false);
      if ((flags & (Flag.END | Flag.MORE)) !== 0) this.data(flags, buf, start, end);
      if (this.#state === "receiving") this.#run(this.#queue);
    } else if (flags === Flag.END) {
      checkOnlyMessage(end - start, this.#link);
      this.message(buf, start, end, 0, false);
      this.requestEnded();
      if (this.#state === "receiving") this.#park(creditCost(end - start));
    } else if (flags === Flag.MORE) {
      this.data(flags, buf, start, end);
    }
  }

  /** A DATA frame. */
  data(flags: number, buf: Uint8Array, start: number, end: number): void {
    if (this.concluded) return;
    if (this.#requestComplete) {
      throw new VertexError("INTERNAL", "a DATA frame behind the end of the request", { family: "protocol" });
    }
    this.#inbound ??= new Inbound(this.#link, this.id, this, true);
    this.#inbound.data(flags, buf, start, end);
    if ((flags & Flag.END) !== 0) this.requestEnded();
  }

  /** FINISH, or the END flag: no more messages come. */
  requestEnded(): void {
    if (this.#inbound?.partial) {
      throw new VertexError("INTERNAL", "a request ended inside a message", { family: "protocol" });
    }
    this.#requestComplete = true;
    if (this.#queue !== null) this.#queue.end();
    else if (this.#hasRequest) this.#run(this.#request);
    else if (this.#state === "receiving") {
      this.refuse(
        new VertexError("INVALID_ARGUMENT", "the call has no request", { outcome: "not-executed" }),
      );
    }
  }

  /** CREDIT: the caller takes more. */
  granted(bytes: number): void {
    this.#outbound?.grant(bytes);
  }

  message(buf: Uint8Array, start: number, end: number, cost: number, own: boolean): void {
    const { method } = this.#registration;
    let message: unknown;
    try {
      message = this.#link.loop.decode(method.request, buf, start, end, own);
    } catch (error) {
      this.refuse(malformedRequest(error));
      return;
    }
    const violations = method.validate?.(message);
    if (violations !== undefined) {
      this.refuse(invalidRequest(violations));
      return;
    }
    if (this.#queue !== null) {
      this.#queue.push(message, cost, own ? buf : null);
      return;
    }
    if (this.#hasRequest) {
      throw new VertexError("INTERNAL", "a second request message on a call that takes one", {
        family: "protocol",
      });
    }
    this.#request = message;
    this.#hasRequest = true;
    // No second one may come: the credit goes back while the handler runs.
    this.#inbound?.stop();
  }

  expect(waiting: boolean): void {
    this.#inbound?.expect(waiting);
  }

  consumed(cost: number): void {
    this.#inbound?.consumed(cost);
  }

  lend(): Spares | null {
    return this.#inbound?.lend() ?? null;
  }

  /** The handler has left its loop over the requests: what still comes is dropped. */
  abandoned(): void {}

  /** Answers with an error without the handler having been entered, or beside it. */
  refuse(error: VertexError): void {
    if (this.concluded) return;
    const entered = this.#state !== "receiving";
    this.#state = entered ? "cancelled" : "answered";
    this.#sendFailure(error, entered ? this.#outcomeNow() : "not-executed");
    this.#abort?.abort(gone());
    this.#conclude();
  }

  /** The deadline has passed. The caller knows by its own clock; the answer says so all the same. */
  expire(): void {
    this.refuse(
      new VertexError("DEADLINE_EXCEEDED", "the deadline passed before the handler answered", {
        outcome: "unknown",
      }),
    );
  }

  /** The caller wants the call no more, or has gone with its connection. Nothing is answered. */
  cancel(): void {
    if (this.concluded) return;
    this.#state = "cancelled";
    if (!this.#handlerDone) this.whenCut?.();
    this.#abort?.abort(gone());
    this.#conclude();
  }

  #run(request: unknown): void {
    if (this.#state !== "receiving") return;
    this.#request = request;
    if (this.#link.admit(this)) this.enter();
  }

  #park(cost: number): void {
    this.#link.held.add(cost - this.#parked);
    this.#parked = cost;
  }

  /** Enters the handler. Called when there is a place for it. */
  enter(): void {
    if (this.#parked > 0) this.#park(0);
    if (this.#queue === null) this.#inbound?.close();
    this.entered = true;
    this.#state = "running";
    this.#handlerDone = false;
    const request = this.#request;
    this.#request = undefined;
    const { method, invoke } = this.#registration;
    let result: unknown;
    try {
      result = invoke(request, this);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (method.kind === "server_stream" || method.kind === "duplex") {
      void this.#stream(result as AsyncIterable<unknown>);
    } else if (isThenable(result)) {
      result.then(
        (value) => this.#answer(value),
        (error) => this.#fail(error),
      );
    } else {
      this.#answer(result);
    }
  }

  #answer(response: unknown): void {
    this.#handlerDone = true;
    if (this.concluded) {
      this.#link.released(this);
      return;
    }
    const { kind, response: codec } = this.#registration.method;
    try {
      if (kind === "one_way") {
        this.#link.outbox.frame(Kind.FINISH, this.id, nothing);
        this.#answered();
      } else if (this.#trailers === null && this.#outbound === null) {
        const credit = this.#link.peerInitialCreditBytes;
        const held = sendNow(this.#link, this.id, codec, response, true, credit);
        if (typeof held === "number") this.#answered();
        else this.#sending().sendTaken(held, 0, true);
      } else {
        this.#sending().send(codec, response, this.#trailers === null);
        if (this.#trailers !== null) this.#finish();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #stream(
    answers: AsyncIterable<unknown> | Iterable<unknown> | Promise<Iterable<unknown>>,
  ): Promise<void> {
    const outbound = this.#sending();
    const { response } = this.#registration.method;
    try {
      // A promise of a stream comes from interceptors that are async functions.
      const messages = isThenable(answers) ? await (answers as Promise<Iterable<unknown>>) : answers;
      for await (const message of messages) {
        if (this.concluded) break;
        outbound.send(response, message, false);
        if (!outbound.idle) await outbound.room();
        if (outbound.tired) await outbound.rest(this.#link.loop.turns);
        if (this.concluded) break;
      }
      this.#handlerDone = true;
      if (this.concluded) this.#link.released(this);
      else this.#finish();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#handlerDone = true;
    if (this.concluded) {
      this.#link.released(this);
      return;
    }
    const shown = publicError(error);
    if (shown !== error) this.#link.handlerFailed(error, this.method);
    this.#state = "answered";
    this.#sendFailure(shown, shown.outcome);
    this.#conclude();
  }

  #outcomeNow(): Outcome {
    if (this.#handlerDone) return "executed";
    return this.whenCut === null ? "unknown" : this.whenCut();
  }

  #sending(): Outbound {
    if (this.#outbound === null) {
      this.#outbound = new Outbound(this.#link, this.id, this.#link.peerInitialCreditBytes);
      this.#outbound.onEnded = () => this.#answered();
    }
    return this.#outbound;
  }

  #finish(): void {
    this.#sending().finish(this.#trailers === null ? nothing : encodeMetadata(this.#trailers));
  }

  #sendFailure({ code, message, retryAfterMs, details, trailers: own }: VertexError, outcome: Outcome): void {
    const trailers = this.#trailers ?? own;
    const failure = new VertexError(code, message, { outcome, retryAfterMs, details, trailers });
    this.#link.outbox.frame(Kind.FAIL, this.id, encodeFailure(failure));
  }

  #answered(): void {
    if (this.concluded) return;
    this.#state = "answered";
    this.#conclude();
  }

  /** The one way out: nothing more of this call travels. The slot is free once the handler has settled too. */
  #conclude(): void {
    if (this.concluded) return;
    this.concluded = true;
    this.#queue?.discard(this.cancelled ? gone() : undefined);
    this.#link.loop.deadlines.remove(this);
    if (this.#parked > 0) this.#park(0);
    this.#inbound?.close();
    this.#outbound?.close();
    this.#link.concluded(this);
    if (this.#handlerDone) this.#link.released(this);
  }
}

function gone(): VertexError {
  return new VertexError("CANCELLED", "the caller does not wait for this call any more", { family: "link" });
}
