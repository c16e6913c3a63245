// Calls with a stream in one direction or both, and the faces that users see of them.

import type { CallOptions, ClientStream, DuplexStream, Metadata } from "./call.ts";
import type { Loop } from "./loop.ts";
import { MessageQueue } from "./message-queue.ts";
import { Outbound } from "./outbound.ts";
import { type CallingLink, type CallPolicy, OutgoingCall } from "./outgoing-call.ts";
import type { Method } from "./service.ts";
import type { Spares } from "./spares.ts";
import { malformedAnswer } from "./unary-call.ts";
import { usageError, VertexError } from "./vertex-error.ts";

const nothing = new Uint8Array(0);

/** Why a message must not be sent, if it must not. */
type Check<I> = (message: I) => VertexError | null;

/** A call whose answers are queued for the application; with `request`, a server stream. */
export class StreamCall<I, O> extends OutgoingCall implements DuplexStream<I, O> {
  readonly request: I | undefined;
  protected readonly takesAll = false;
  readonly #method: Method<I, O>;
  readonly #check: Check<I> | null;
  readonly #queue: MessageQueue<O>;
  #end: { error: VertexError | null; trailers: Metadata } | null = null;
  #opening: Promise<void> | null = null;
  #announceOpen: (() => void) | null = null;
  #announceEnd: (() => void)[] = [];
  #writeEnded = false;
  /** The application waits for a message. It may do so before there is a connection to tell. */
  #expecting = false;

  constructor(
    loop: Loop,
    method: Method<I, O>,
    request: I | undefined,
    timeoutMs: number,
    options: CallOptions | undefined,
    policy: CallPolicy,
    check: Check<I> | null = null,
  ) {
    super(loop, method, timeoutMs, options, policy);
    this.#method = method;
    this.#check = check;
    this.request = request;
    this.#queue = new MessageQueue<O>(this);
  }

  override opened(link: CallingLink, id: number): void {
    super.opened(link, id);
    if (this.request === undefined) this.outbound = new Outbound(link, id, link.peerInitialCreditBytes);
    if (this.#queue.lends) this.#queue.lend();
    if (this.#expecting) this.inbound?.expect(true);
    this.#announceOpen?.();
  }

  message(buf: Uint8Array, start: number, end: number, cost: number, own: boolean): void {
    const loop = this.link?.loop;
    if (loop === undefined) return;
    let message: O;
    try {
      message = loop.decode(this.#method.response, buf, start, end, own);
    } catch (error) {
      this.giveUp(malformedAnswer(error));
      return;
    }
    this.#queue.push(message, cost, own ? buf : null);
  }

  expect(waiting: boolean): void {
    this.#expecting = waiting;
    this.inbound?.expect(waiting);
  }

  consumed(cost: number): void {
    this.inbound?.consumed(cost);
  }

  lend(): Spares | null {
    return this.inbound?.lend() ?? null;
  }

  abandoned(): void {
    this.cancel();
  }

  get trailers(): Promise<Metadata> {
    return this.#whenEnded().then(({ error, trailers }) => {
      if (error !== null) throw error;
      return trailers;
    });
  }

  cancel(): void {
    this.abort();
  }

  async write(message: I): Promise<void> {
    if (this.#writeEnded) throw usageError("write after end", this.method.path);
    const invalid = this.#check?.(message) ?? null;
    if (invalid !== null) throw invalid;
    if (this.state === "waiting") await this.#whenOpen();
    const outbound = this.#writable();
    outbound.send(this.#method.request, message, false);
    if (outbound.idle && !outbound.tired) return;
    if (!outbound.idle) await outbound.room();
    // A producer that never waits for anything would keep this event loop to itself.
    if (outbound.tired) await outbound.rest(this.loop.turns);
    this.#throwIfFailed();
  }

  async end(): Promise<void> {
    if (this.#writeEnded) return;
    this.#writeEnded = true;
    if (this.state === "waiting") await this.#whenOpen();
    if (this.state === "settled") {
      this.#throwIfFailed();
      return;
    }
    this.outbound?.finish(nothing);
  }

  async send(messages: Iterable<I> | AsyncIterable<I>): Promise<void> {
    try {
      for await (const message of messages) {
        // The other side has answered without waiting for the rest: no failure of this call.
        if (this.#end !== null && this.#end.error === null) break;
        await this.write(message);
      }
    } catch (error) {
      if (this.state !== "settled") this.abort(error);
      throw error;
    }
    await this.end();
  }

  [Symbol.asyncIterator](): AsyncIterator<O> {
    return this.#queue;
  }

  protected ended(error: VertexError | null, trailers: Metadata): void {
    this.#end = { error, trailers };
    if (error === null) this.#queue.end();
    else this.#queue.fail(error);
    this.#announceOpen?.();
    for (const announce of this.#announceEnd.splice(0)) announce();
  }

  #writable(): Outbound {
    this.#throwIfFailed();
    if (this.outbound === null || this.state !== "open") {
      throw new VertexError("CANCELLED", "the other side has ended the call", {
        family: "link",
        method: this.method.path,
      });
    }
    return this.outbound;
  }

  #throwIfFailed(): void {
    if (this.#end !== null && this.#end.error !== null) throw this.#end.error;
  }

  #whenOpen(): Promise<void> {
    this.#opening ??= new Promise((resolve) => {
      this.#announceOpen = resolve;
    });
    return this.#opening;
  }

  async #whenEnded(): Promise<{ error: VertexError | null; trailers: Metadata }> {
    if (this.#end === null) await new Promise<void>((resolve) => this.#announceEnd.push(resolve));
    return this.#end as { error: VertexError | null; trailers: Metadata };
  }
}

/** The face of a client stream: many requests, one answer. */
export class UploadCall<I, O> implements ClientStream<I, O> {
  readonly #call: StreamCall<I, O>;

  constructor(call: StreamCall<I, O>) {
    this.#call = call;
  }

  write(message: I): Promise<void> {
    return this.#call.write(message);
  }

  async end(): Promise<O> {
    await this.#call.end();
    const answers = this.#call[Symbol.asyncIterator]();
    const first = await answers.next();
    if (first.done === true) {
      throw new VertexError("INTERNAL", "the call ended without an answer", { family: "protocol" });
    }
    const second = await answers.next();
    if (second.done !== true) {
      this.#call.cancel();
      throw new VertexError("INTERNAL", "a second answer on a call that takes one", { family: "protocol" });
    }
    return first.value;
  }

  async send(messages: Iterable<I> | AsyncIterable<I>): Promise<O> {
    await this.#call.send(messages);
    return this.end();
  }

  cancel(): void {
    this.#call.cancel();
  }
}
