// The calls that a session under test makes itself, and every promise that it gave for them.

import {
  type CallOptions,
  type ClientStream,
  type DuplexStream,
  QueueingCaller,
  type ServerStream,
  type Session,
  VertexError,
} from "@vertex/protocol";
import { Blobs, Greeter } from "../../test/gen/greeter.ts";
import { Finding } from "./target.ts";

/** What was opened: whatever of it can be used. */
interface OwnCall {
  readonly abort: AbortController;
  readonly write?: (size: number) => Promise<unknown>;
  readonly end?: () => Promise<unknown>;
  readonly messages?: AsyncIterator<unknown>;
}

const text = (size: number) => "x".repeat(size % 3_000);
const blob = (size: number) => ({ data: new Uint8Array(size % 300_000) });

/** What gives stubs. */
type User = Pick<QueueingCaller, "use">;

/** A caller on one session, which repeats nothing. */
export function callerOf(session: Session): QueueingCaller {
  const route = {
    offer: (call: Parameters<Session["open"]>[0]) => session.open(call),
    mayRepeat: () => false,
    whyWaiting: () => "no room",
    oneWayFailed: () => {},
  };
  return new QueueingCaller(session.loop, route, {
    callTimeoutMs: 10_000,
    maxQueuedCalls: 64,
    interceptors: [],
  });
}

/** All of them. */
export class OwnCalls<C extends User = QueueingCaller> {
  readonly caller: C;
  readonly #calls: OwnCall[] = [];
  /** What each promise that has not settled is. */
  readonly #pending = new Map<number, string>();
  #promises = 0;
  /** The first rejection with something else than a VertexError. */
  #strange: unknown;

  constructor(caller: C) {
    this.caller = caller;
  }

  /** Opens the call number `kind`, with a request of about `size` and a deadline. */
  open(kind: number, size: number, timeoutMs: number): void {
    const abort = new AbortController();
    const options: CallOptions = {
      signal: abort.signal,
      timeoutMs: timeoutMs === 0 ? undefined : timeoutMs,
      metadata: size % 7 === 0 ? { size: String(size) } : undefined,
    };
    const greeter = this.caller.use(Greeter);
    const blobs = this.caller.use(Blobs);
    const openings: readonly (() => OwnCall)[] = [
      () => this.#unary(greeter.hello({ name: text(size) }, options), abort),
      () => this.#unary(greeter.remember({ name: text(size) }, options), abort),
      () => this.#unary(greeter.notify({ text: text(size) }, options), abort),
      () => this.#unary(blobs.echo(blob(size), options), abort),
      () => this.#download(greeter.countdown({ from: size, intervalMs: 0 }, options), abort),
      () => this.#download(blobs.produce({ count: size, size }, options), abort),
      () => this.#upload(greeter.sum(options), (n) => ({ n }), abort),
      () => this.#upload(blobs.consume(options), blob, abort),
      () => this.#duplex(greeter.chat(options), abort),
    ];
    this.#calls.push((openings[kind % openings.length] as () => OwnCall)());
  }

  /** The other side's say goes to the newest call first: number 0. */
  abort(number: number): void {
    this.#find(number)?.abort.abort(new Error("not wanted any more"));
  }

  write(number: number, size: number): void {
    const call = this.#find(number);
    if (call?.write !== undefined) this.#track("a write", call.write(size));
  }

  end(number: number): void {
    const call = this.#find(number);
    if (call?.end !== undefined) this.#track("an end", call.end());
  }

  read(number: number): void {
    const call = this.#find(number);
    if (call?.messages !== undefined) this.#track("a read", call.messages.next());
  }

  leave(number: number): void {
    const call = this.#find(number);
    if (call?.messages?.return !== undefined) this.#track("a return", call.messages.return());
  }

  /** @throws Finding when a promise has not settled, or one was rejected with something strange. */
  mustHaveSettled(): void {
    if (this.#strange !== undefined) {
      throw new Finding("a call of ours was rejected with no VertexError", { cause: this.#strange });
    }
    const [left] = this.#pending.values();
    if (left !== undefined) throw new Finding(`${left} never settles\n${this.#pending.size} in all`);
  }

  #find(number: number): OwnCall | undefined {
    return this.#calls[this.#calls.length - 1 - (number % Math.max(1, this.#calls.length))];
  }

  #unary(answer: Promise<unknown>, abort: AbortController): OwnCall {
    this.#track("a unary call", answer);
    return { abort };
  }

  #download(stream: ServerStream<unknown>, abort: AbortController): OwnCall {
    this.#track("the trailers of a stream", stream.trailers);
    return { abort, messages: stream[Symbol.asyncIterator]() };
  }

  #upload<I>(stream: ClientStream<I, unknown>, make: (size: number) => I, abort: AbortController): OwnCall {
    return { abort, write: (size) => stream.write(make(size)), end: () => stream.end() };
  }

  #duplex(stream: DuplexStream<{ text: string }, unknown>, abort: AbortController): OwnCall {
    return {
      ...this.#download(stream, abort),
      write: (size) => stream.write({ text: text(size) }),
      end: () => stream.end(),
    };
  }

  #track(what: string, promise: Promise<unknown>): void {
    const number = this.#promises++;
    this.#pending.set(number, what);
    promise
      .catch((error: unknown) => {
        if (!(error instanceof VertexError)) this.#strange ??= error;
      })
      .finally(() => this.#pending.delete(number));
  }
}
