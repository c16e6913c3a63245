// Messages that have come and that the application has not taken yet, as an async iterator. It holds no more than
// the credit that was granted for it.

/** What a queue tells its call. */
export interface QueueOwner {
  /** The application waits for a message, or has stopped waiting because one came. */
  expect(waiting: boolean): void;
  /** The application has taken a message that cost that much credit. */
  consumed(cost: number): void;
  /** The application has left its loop early. */
  abandoned(): void;
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/** The receiving end of a stream. Ends once; the first end wins. */
export class MessageQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #owner: QueueOwner;
  readonly #messages: (T | undefined)[] = [];
  readonly #costs: number[] = [];
  #head = 0;
  readonly #waiters: Waiter<T>[] = [];
  #ended = false;
  #error: unknown;
  #failed = false;

  constructor(owner: QueueOwner) {
    this.#owner = owner;
  }

  /** A message came. */
  push(message: T, cost: number): void {
    if (this.#ended) return;
    const waiter = this.#waiters.shift();
    if (waiter === undefined) {
      this.#messages.push(message);
      this.#costs.push(cost);
      return;
    }
    if (this.#waiters.length === 0) this.#owner.expect(false);
    this.#owner.consumed(cost);
    waiter.resolve({ done: false, value: message });
  }

  /** No more messages come. Those that are here can still be taken. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve({ done: true, value: undefined });
  }

  /** The call has failed. Messages that are here can still be taken, then the error comes, once. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    const waiters = this.#waiters.splice(0);
    this.#failed = waiters.length === 0;
    for (const waiter of waiters) waiter.reject(error);
  }

  /** Nobody is to see what is left: it is dropped, then the queue ends, or fails with `error`. */
  discard(error?: unknown): void {
    const unread = this.#head < this.#messages.length;
    this.#head = this.#messages.length;
    this.#compact();
    if (error === undefined) return this.end();
    // Its end has come already, but not all before it was read: what is cut off must not look complete.
    if (this.#ended && unread) {
      this.#error = error;
      this.#failed = true;
    }
    this.fail(error);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#head < this.#messages.length) {
      const value = this.#messages[this.#head] as T;
      // A queue that is never empty must not keep what was taken.
      this.#messages[this.#head] = undefined;
      const cost = this.#costs[this.#head] as number;
      this.#head++;
      if (this.#head === this.#messages.length || this.#head === 1024) this.#compact();
      this.#owner.consumed(cost);
      return Promise.resolve({ done: false, value });
    }
    if (this.#failed) {
      this.#failed = false;
      return Promise.reject(this.#error);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      if (this.#waiters.length === 1) this.#owner.expect(true);
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    const early = !this.#ended;
    this.end();
    this.#failed = false;
    this.#head = this.#messages.length;
    this.#compact();
    if (early) this.#owner.abandoned();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #compact(): void {
    this.#messages.splice(0, this.#head);
    this.#costs.splice(0, this.#head);
    this.#head = 0;
  }
}
