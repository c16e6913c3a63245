// Messages that have come and that the application has not taken yet, as an async iterator. It holds no more than
// the credit that was granted for it.

import type { Spares } from "./spares.ts";

/** What a queue tells its call. */
export interface QueueOwner {
  /** The application waits for a message, or has stopped waiting because one came. */
  expect(waiting: boolean): void;
  /** The application has taken a message that cost that much credit. */
  consumed(cost: number): void;
  /** The application has left its loop early. */
  abandoned(): void;
  /** The application lets go of each message when it asks for the next. Returns where their memory goes then. */
  lend(): Spares | null;
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
  /** What the messages were read from, as far as it is lent; null while nothing is. */
  #loans: (Uint8Array | null)[] | null = null;
  /** That of the message which the application has. */
  #loan: Uint8Array | null = null;
  #spares: Spares | null = null;
  #head = 0;
  readonly #waiters: Waiter<T>[] = [];
  #ended = false;
  #error: unknown;
  #failed = false;

  constructor(owner: QueueOwner) {
    this.#owner = owner;
  }

  /** Lends the messages that come from here on; again, when the owner has got a new connection. */
  lend(): void {
    this.#loans ??= this.#messages.map(() => null);
    this.#spares = this.#owner.lend();
  }

  /** Whether messages are lent. */
  get lends(): boolean {
    return this.#loans !== null;
  }

  /** A message came, read from `loan` if that may be used again after it. */
  push(message: T, cost: number, loan: Uint8Array | null = null): void {
    if (this.#ended) return;
    const waiter = this.#waiters.shift();
    if (waiter === undefined) {
      this.#messages.push(message);
      this.#costs.push(cost);
      this.#loans?.push(loan);
      return;
    }
    if (this.#waiters.length === 0) this.#owner.expect(false);
    // Only what is lent comes back; the rest is the application's alone.
    if (this.#loans !== null) this.#loan = loan;
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
    if (this.#loan !== null) this.#giveBack(this.#loan);
    if (this.#head < this.#messages.length) {
      const value = this.#messages[this.#head] as T;
      // A queue that is never empty must not keep what was taken.
      this.#messages[this.#head] = undefined;
      const cost = this.#costs[this.#head] as number;
      this.#loan = this.#loans?.[this.#head] ?? null;
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

  #giveBack(loan: Uint8Array): void {
    this.#loan = null;
    this.#spares?.giveBack(loan);
  }

  #compact(): void {
    this.#messages.splice(0, this.#head);
    this.#costs.splice(0, this.#head);
    this.#loans?.splice(0, this.#head);
    this.#head = 0;
  }
}
