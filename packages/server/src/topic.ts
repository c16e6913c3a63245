// Events to many subscribers, each at its own pace and none of them without a bound. A topic is no part of the wire:
// it feeds server streams, so it needs a method that returns one.
//
//   const prices = new Topic<Price>({ whenSlow: "keep-latest", key: (price) => price.symbol });
//   server.handle(Market, { watch: (request, call) => prices.subscribe(call) });
//   prices.publish({ symbol: "VTX", … });

import { type CallContext, usageError, VertexError } from "@vertex/protocol";

/** What becomes of events that a subscriber has no room for. */
export type SlowPolicy = "drop-oldest" | "keep-latest" | "disconnect";

/** Position of an event in the order of its topic. */
export type Cursor = bigint | number;

/** Options of a topic. */
export interface TopicOptions<E> {
  /** Events that may wait for one subscriber. Default 256. */
  readonly bufferSize?: number | undefined;
  /**
   * What happens when there are more: the oldest goes ("drop-oldest", the default), only the newest of each `key` is
   * kept ("keep-latest"), or the stream ends as RESOURCE_EXHAUSTED ("disconnect").
   */
  readonly whenSlow?: SlowPolicy | undefined;
  /** With "keep-latest": what an event is the latest of. Default: of everything. */
  readonly key?: ((event: E) => unknown) | undefined;
  /** Events that are kept for subscribers who come back. Default 0; needs `cursor`. */
  readonly history?: number | undefined;
  /** The position of an event: rises from event to event. */
  readonly cursor?: ((event: E) => Cursor) | undefined;
}

/** Where to begin. */
export interface SubscribeOptions {
  /** Deliver what is kept of the events behind this position first. */
  readonly after?: Cursor | undefined;
}

/** Something that is published, and those who listen. */
export class Topic<E> {
  readonly #options: TopicOptions<E>;
  readonly #bufferSize: number;
  readonly #history: E[] = [];
  readonly #subscribers = new Set<Subscription<E>>();

  /** @throws VertexError (usage) for a size out of its bounds, or a history without a cursor. */
  constructor(options: TopicOptions<E> = {}) {
    const { bufferSize = 256, history = 0 } = options;
    if (!Number.isInteger(bufferSize) || bufferSize < 1)
      throw usageError(`bufferSize must be from 1, not ${bufferSize}`);
    if (!Number.isInteger(history) || history < 0) throw usageError(`history must be from 0, not ${history}`);
    if (history > 0 && options.cursor === undefined)
      throw usageError("a topic with a history needs a cursor");
    this.#options = options;
    this.#bufferSize = bufferSize;
  }

  /** How many listen. */
  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** Gives an event to everybody who listens. Never waits. */
  publish(event: E): void {
    const { history = 0 } = this.#options;
    if (history > 0 && this.#history.push(event) > history) this.#history.shift();
    for (const subscriber of this.#subscribers) subscriber.offer(event);
  }

  /** The events from now on, for a handler to return. Ends when the call does. */
  async *subscribe(call: CallContext, { after }: SubscribeOptions = {}): AsyncGenerator<E, void, undefined> {
    const subscription = new Subscription<E>(this.#bufferSize, this.#options);
    const { cursor } = this.#options;
    if (after !== undefined && cursor !== undefined) {
      subscription.begin(this.#history.filter((event) => cursor(event) > after));
    }
    const stop = (): void => subscription.end(null);
    this.#subscribers.add(subscription);
    call.signal.addEventListener("abort", stop, { once: true });
    if (call.cancelled) stop();
    try {
      for (;;) {
        const event = await subscription.next();
        if (event === null) return;
        yield event.value;
      }
    } finally {
      this.#subscribers.delete(subscription);
      call.signal.removeEventListener("abort", stop);
    }
  }

  /** Ends every subscription, in order. */
  close(): void {
    for (const subscriber of this.#subscribers) subscriber.end(null);
  }
}

/** What waits for one subscriber. */
class Subscription<E> {
  readonly #size: number;
  readonly #options: TopicOptions<E>;
  /** What the subscriber missed before it came. Bounded by the history, and no part of its buffer. */
  #missed: E[] = [];
  #waiting: E[] = [];
  #wake: (() => void) | null = null;
  #ended = false;
  #error: VertexError | null = null;

  constructor(size: number, options: TopicOptions<E>) {
    this.#size = size;
    this.#options = options;
  }

  begin(missed: E[]): void {
    this.#missed = missed;
  }

  offer(event: E): void {
    if (this.#ended) return;
    const { whenSlow = "drop-oldest" } = this.#options;
    if (whenSlow === "keep-latest") this.#replace(event);
    if (this.#waiting.length >= this.#size) {
      if (whenSlow === "disconnect") {
        const message = `the subscriber is ${this.#size} events behind`;
        return this.end(new VertexError("RESOURCE_EXHAUSTED", message));
      }
      this.#waiting.shift();
    }
    this.#waiting.push(event);
    this.#wakeUp();
  }

  end(error: VertexError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    if (error !== null) {
      this.#missed = [];
      this.#waiting = [];
    }
    this.#wakeUp();
  }

  async next(): Promise<{ value: E } | null> {
    if (this.#missed.length > 0) return { value: this.#missed.shift() as E };
    while (this.#waiting.length === 0) {
      if (this.#error !== null) throw this.#error;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return { value: this.#waiting.shift() as E };
  }

  /** Takes out the event that this one is newer than. */
  #replace(event: E): void {
    const { key = () => 0 } = this.#options;
    const which = key(event);
    const at = this.#waiting.findIndex((older) => key(older) === which);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
