// Flow control by byte credit. Credit belongs to a call and is handed out by the receiver, who therefore never
// holds more than it has granted; a pool bounds what all calls of a connection are granted together. There is no
// second credit of the connection that one call could use up under another: that is what makes deadlock
// impossible, whatever the sizes.
//
// A frame may be sent while the credit is above zero. It carries at most max(credit, 256) message bytes and
// costs max(bytes, 256): small frames pay for what they cost to keep.

/** The least that a frame costs, in bytes of credit. */
export const FRAME_COST_BYTES = 256;

/** How many times the usual credit a call has ahead of its reader while it is alone on its connection. */
export const ALONE_FACTOR = 4;

/** What a frame with that many message bytes costs. */
export function creditCost(bytes: number): number {
  return bytes > FRAME_COST_BYTES ? bytes : FRAME_COST_BYTES;
}

/** The most message bytes that a frame may carry on this credit; 0 when none may be sent. */
export function creditLimit(credit: number): number {
  return credit <= 0 ? 0 : creditCost(credit);
}

/**
 * What is held of messages until they are taken, by all connections that share the account. Beyond half of the limit no
 * connection is granted more than the initial credit of its calls: senders wait, and nobody is stuck, since the rest of
 * a message that an application waits for still comes, one for each connection. Beyond all of it `over` is told.
 */
export class HeldBytes {
  readonly limit: number;
  readonly #over: () => void;
  #bytes = 0;

  constructor(limit: number = Number.POSITIVE_INFINITY, over: () => void = () => {}) {
    this.limit = limit;
    this.#over = over;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing should be granted ahead just now. */
  get tight(): boolean {
    return 2 * this.#bytes > this.limit;
  }

  /** So many bytes more are held. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.limit) this.#over();
  }

  /** So many have been taken, or dropped. */
  remove(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** A call that wants to be granted more than the pool has left. */
export interface CreditSeeker {
  /** True while the application, not only the peer, waits for the rest of a message that has begun. */
  readonly waiting: boolean;
  /** Asks the pool again. */
  topUp(): void;
}

/** What the calls of one connection are granted beyond their initial credit, all together. */
export class CreditPool {
  readonly #limit: number;
  readonly #held: HeldBytes;
  #used = 0;
  #starved: Set<CreditSeeker> | null = null;
  /**
   * When the pool is exhausted, one call whose application waits is fed beyond it until its message is whole.
   * So consumers that never read cannot stop the others, and at most one message is held beyond the limit.
   */
  #favoured: CreditSeeker | null = null;

  constructor(limit: number, held: HeldBytes) {
    this.#limit = limit;
    this.#held = held;
  }

  get used(): number {
    return this.#used;
  }

  /** Takes up to `bytes`; returns how many were had. */
  take(bytes: number): number {
    if (this.#held.tight) return 0;
    const had = Math.min(bytes, Math.max(0, this.#limit - this.#used));
    this.#used += had;
    return had;
  }

  /** Whether `seeker`, who can go on with nothing it has, may be fed beyond the pool. If not, it is asked again later. */
  favours(seeker: CreditSeeker): boolean {
    if (this.#favoured === null && seeker.waiting) this.#favoured = seeker;
    if (this.#favoured === seeker) return true;
    this.#starved ??= new Set();
    this.#starved.add(seeker);
    return false;
  }

  /** `seeker` needs no favour any more: its message is whole, or its call has ended. */
  release(seeker: CreditSeeker): void {
    if (this.#favoured !== seeker) return;
    this.#favoured = null;
    this.#askAgain();
  }

  /** `seeker` is over: it waits for nothing any more. */
  forget(seeker: CreditSeeker): void {
    this.#starved?.delete(seeker);
    this.release(seeker);
  }

  /** Gives bytes back. */
  giveBack(bytes: number): void {
    if (bytes === 0) return;
    this.#used -= bytes;
    this.#askAgain();
  }

  #askAgain(): void {
    const starved = this.#starved;
    if (starved === null) return;
    this.#starved = null;
    for (const seeker of starved) seeker.topUp();
  }
}
