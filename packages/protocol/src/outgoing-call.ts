// A call that this side makes, from the moment the user asks until it settles, on whatever connection.
//
//  waiting --a session takes it--> open --answer, failure--> settled
//     ^  |                          |
//     |  +-- deadline, abort, close -+--> settled
//     +------ moved: not executed ---+

import { Flag, NO_DEADLINE } from "@vertex/framing";
import type { CallOptions, Metadata } from "./call.ts";
import type { CallLink } from "./call-link.ts";
import type { Timed } from "./deadlines.ts";
import { checkOnlyMessage, Inbound } from "./inbound.ts";
import { type ForwardIdentity, inheritedMetadata, inheritedTimeout } from "./inheritance.ts";
import type { Loop } from "./loop.ts";
import { emptyMetadata, encodeMetadata } from "./metadata.ts";
import type { Outbound } from "./outbound.ts";
import type { AnyMethod } from "./service.ts";
import type { Status } from "./status.ts";
import { located, notSure, type Outcome, usageError, VertexError } from "./vertex-error.ts";

/** What an outgoing call needs from its session. */
export interface CallingLink extends CallLink {
  /** The call has settled. `cancel` says that the other side should be told to stop. */
  settled(call: OutgoingCall, cancel: boolean): void;
}

/** Where a call goes that did not get through: back into a queue, perhaps. */
export interface CallPolicy {
  /** Takes a call that failed with `error` and is `waiting` again. False when it shall fail instead. */
  again(call: OutgoingCall, error: VertexError): boolean;
  /** The call has settled: it leaves every queue. */
  forget(call: OutgoingCall): void;
  /** What the metadata of a call with a parent says of whom it is made for. Absent: nothing. */
  readonly forwardIdentity?: ForwardIdentity | undefined;
  /** Why calls wait just now, for the error of one that waited too long: "connect ECONNREFUSED 127.0.0.1:7400". */
  whyWaiting(): string;
}

/** Deadline of a call: its own option, the schema's, or the default of the side. */
export function timeoutOf(method: AnyMethod, options: CallOptions | undefined, standardMs: number): number {
  const timeoutMs = options?.timeoutMs;
  if (timeoutMs === undefined) return method.timeoutMs ?? standardMs;
  if (!(timeoutMs > 0)) throw usageError(`timeoutMs must be above 0, not ${timeoutMs}`, method.path);
  return timeoutMs;
}

/** A longer time is worked out anew: the common ones are small integers. */
const MAX_FRESH_MS = 1_000_000_000;

/** One call, of any shape. Subclasses say what it carries and who waits for it. */
export abstract class OutgoingCall implements Timed {
  /** Id on the connection; 0 while it waits. */
  id = 0;
  state: "waiting" | "open" | "settled" = "waiting";
  readonly method: AnyMethod;
  readonly metadata: Uint8Array | null;
  deadlineAt: number;
  previous: Timed | null = null;
  next: Timed | null = null;
  slot = -1;
  /** Place in a queue of waiting calls; owned by that queue. */
  queueBefore: OutgoingCall | null = null;
  queueBehind: OutgoingCall | null = null;
  queued = false;
  /** The time it has, in whole milliseconds, while none has passed: -1 once it has waited, or when it has no deadline. */
  freshMs: number;
  /** How often it has been sent. */
  attempts = 0;
  /** True once an attempt ended of which nobody knows whether it ran: no later end can say "not-executed" then. */
  #mayHaveRun = false;
  /** True once any part of an answer has come. */
  answered = false;
  protected link: CallingLink | null = null;
  protected inbound: Inbound | null = null;
  outbound: Outbound | null = null;
  protected readonly loop: Loop;
  readonly #policy: CallPolicy;
  readonly #signal: AbortSignal | undefined;
  readonly #parentSignal: AbortSignal | undefined;

  constructor(
    loop: Loop,
    method: AnyMethod,
    timeoutMs: number,
    options: CallOptions | undefined,
    policy: CallPolicy,
  ) {
    this.loop = loop;
    this.method = method;
    const metadata = options === undefined ? undefined : inheritedMetadata(options, policy.forwardIdentity);
    this.metadata = metadata === undefined ? null : encodeMetadata(metadata);
    const ms = options === undefined ? timeoutMs : inheritedTimeout(timeoutMs, options);
    this.deadlineAt = loop.clock.now() + ms;
    this.freshMs = ms < MAX_FRESH_MS ? Math.max(0, Math.ceil(ms)) : -1;
    this.#policy = policy;
    this.#signal = options?.signal;
    this.#parentSignal = options?.parent?.signal;
  }

  /** True when messages of this call may be lost with its connection: it can only start anew by its caller. */
  get carriesStream(): boolean {
    return this.request === undefined && this.attempts > 0;
  }

  /** What is held of the answers until they are taken, in bytes of credit. */
  get heldBytes(): number {
    return this.inbound?.heldBytes ?? 0;
  }

  /** The message that travels in the CALL frame; `undefined` for calls that stream their requests. */
  abstract readonly request: unknown;
  /** True when one message is awaited and taken at once; false when they are queued for the application. */
  protected abstract readonly takesAll: boolean;
  /** The application's side of the end: `error` is null when the call ended well. */
  protected abstract ended(error: VertexError | null, trailers: Metadata): void;
  /** The whole request is with the transport. Only one-way calls care. */
  handedOver(): void {}
  /** A whole message has come. */
  abstract message(buf: Uint8Array, start: number, end: number, cost: number, own: boolean): void;

  /** Starts the clock. Returns false when the call is over already. */
  begin(): boolean {
    if (this.#signal !== undefined && !this.#watch(this.#signal)) return false;
    if (this.#parentSignal !== undefined && !this.#watch(this.#parentSignal)) return false;
    this.loop.deadlines.add(this);
    return true;
  }

  #watch(signal: AbortSignal): boolean {
    if (signal.aborted) this.abort(signal.reason);
    else this.loop.signals.watch(signal, this);
    return !signal.aborted;
  }

  /** What the CALL frame says of the time left, in milliseconds. */
  get remainingForWire(): number {
    if (this.freshMs >= 0) return this.freshMs;
    if (this.deadlineAt === Number.POSITIVE_INFINITY) return NO_DEADLINE;
    return Math.min(NO_DEADLINE - 1, Math.max(0, Math.ceil(this.deadlineAt - this.loop.clock.now())));
  }

  /** A session has sent the CALL frame. */
  opened(link: CallingLink, id: number): void {
    this.link = link;
    this.id = id;
    this.state = "open";
    this.attempts++;
    if (!this.takesAll) this.inbound = new Inbound(link, id, this, false);
  }

  /** A DATA frame. */
  data(flags: number, buf: Uint8Array, start: number, end: number): void {
    this.answered = true;
    if (this.takesAll && this.inbound === null && flags === Flag.END) {
      checkOnlyMessage(end - start, this.link as CallingLink);
      this.message(buf, start, end, 0, false);
      this.succeed(emptyMetadata);
      return;
    }
    if (this.inbound === null) this.inbound = new Inbound(this.link as CallingLink, this.id, this, true);
    this.inbound.data(flags, buf, start, end);
    if ((flags & Flag.END) !== 0) this.succeed(emptyMetadata);
  }

  /** FINISH or the END flag: the other side has ended well. */
  succeed(trailers: Metadata): void {
    if (this.inbound?.partial) {
      throw new VertexError("INTERNAL", "an answer ended inside a message", { family: "protocol" });
    }
    this.settle(null, trailers, this.outbound !== null && !this.outbound.ended);
  }

  /** CREDIT: the other side takes more. */
  granted(bytes: number): void {
    this.outbound?.grant(bytes);
  }

  /** FAIL: the other side has answered with an error. */
  fail(error: VertexError): void {
    this.#endOrMove(error);
  }

  /** The connection has gone under the call, or never took it. */
  interrupted(outcome: Outcome, message: string, cause: unknown): void {
    const peer = this.link?.peerAddress;
    const { path: method } = this.method;
    this.#endOrMove(
      new VertexError("UNAVAILABLE", message, { outcome, family: "link", method, peer, cause }),
    );
  }

  /** Ends the call from this side, with an error that is known here. The other side is told to stop. */
  giveUp(error: VertexError): void {
    this.settle(located(error, this.method.path, this.link?.peerAddress), error.trailers, true);
  }

  /** The user's signal has aborted, or `cancel` was called. */
  abort(cause?: unknown): void {
    this.#stop("CANCELLED", "the call was cancelled by its caller", cause);
  }

  expire(): void {
    const message =
      this.state === "waiting"
        ? `the deadline passed while the call waited for a connection (${this.#policy.whyWaiting()})`
        : "the deadline passed before an answer came";
    this.#stop("DEADLINE_EXCEEDED", message);
  }

  #stop(code: Status, message: string, cause?: unknown): void {
    const outcome = this.state === "waiting" ? "not-executed" : "unknown";
    const peer = this.link?.peerAddress;
    const { path: method } = this.method;
    this.giveUp(new VertexError(code, message, { outcome, family: "link", method, peer, cause }));
  }

  /** The one way out. The first end wins. */
  protected settle(error: VertexError | null, trailers: Metadata, cancel: boolean): void {
    if (this.state === "settled") return;
    const { link } = this;
    const wasOpen = this.state === "open";
    this.state = "settled";
    this.loop.deadlines.remove(this);
    if (this.#signal !== undefined) this.loop.signals.forget(this.#signal, this);
    if (this.#parentSignal !== undefined) this.loop.signals.forget(this.#parentSignal, this);
    this.#leave();
    if (wasOpen) link?.settled(this, cancel);
    else this.#policy.forget(this);
    this.ended(error !== null && this.#mayHaveRun ? notSure(error) : error, trailers);
  }

  /** Settles with `error`, unless the policy sends the call again. */
  #endOrMove(error: VertexError): void {
    if (this.state === "open" && !this.answered) {
      this.link?.settled(this, false);
      this.#leave();
      this.state = "waiting";
      const ran = this.#mayHaveRun || error.outcome !== "not-executed";
      if (this.#policy.again(this, error)) {
        this.#mayHaveRun = ran;
        return;
      }
    }
    this.settle(error, error.trailers, false);
  }

  #leave(): void {
    this.inbound?.close();
    this.inbound = null;
    this.outbound?.close();
    this.outbound = null;
    this.link = null;
  }
}
