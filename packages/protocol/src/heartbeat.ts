// When to ask whether the peer lives, and when to give it up. Pure: it is told the time and returns a verdict.
//
//            heard                    heard
//          +-------+               +--------+
//          v       |  intervalMs   v        |  timeoutMs
//        listening +-------------> asked ---+-----------> dead
//                     "ping"

/** What to do now. */
export type HeartbeatVerdict = "wait" | "ping" | "dead";

/**
 * The last part of the interval: somewhere in it the peer is asked. Connections that fell silent together are not asked
 * together, and of two sides with the same interval one nearly always asks before the other, who then need not.
 */
const SPREAD = 0.1;

/** The heartbeat of one connection. Any byte received is life. */
export class Heartbeat {
  #intervalMs: number;
  #timeoutMs: number;
  #heardAt: number;
  #askedAt = -1;

  constructor(intervalMs: number, timeoutMs: number, now: number) {
    this.#intervalMs = intervalMs;
    this.#timeoutMs = timeoutMs;
    this.#heardAt = now;
  }

  /** Both sides have agreed on these. */
  agreed(intervalMs: number, timeoutMs: number): void {
    this.#intervalMs = intervalMs;
    this.#timeoutMs = timeoutMs;
  }

  /** When the last byte came. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Whether the peer was asked for a sign of life and has not given one. */
  get asking(): boolean {
    return this.#askedAt >= 0;
  }

  /** Whether the peer was asked and has been silent for too long since. */
  overdue(now: number): boolean {
    return this.#askedAt >= 0 && now - this.#askedAt >= this.#timeoutMs;
  }

  /** Bytes have come. @returns whether the peer had been asked, so that `dueAt` is another time now. */
  heard(now: number): boolean {
    this.#heardAt = now;
    if (this.#askedAt < 0) return false;
    this.#askedAt = -1;
    return true;
  }

  /**
   * To be called when `dueAt` has come, and as often as one likes before. "ping" means: send a PING now.
   * @param slept whether this process was not running before this check (sleep, SIGSTOP, a long collection). Then the
   * silence proves nothing: the answer may be waiting in a buffer. So the peer is asked once more before the verdict.
   */
  check(now: number, slept: boolean): HeartbeatVerdict {
    if (this.#askedAt >= 0 && !slept) return this.overdue(now) ? "dead" : "wait";
    if (this.#askedAt < 0 && now - this.#heardAt < this.#intervalMs * (1 - SPREAD)) return "wait";
    this.#askedAt = now;
    return "ping";
  }

  /**
   * When the next check has something to say if no byte comes.
   * @param share a number in [0, 1): where in the last part of the interval the peer is asked.
   */
  dueAt(share: number): number {
    if (this.#askedAt >= 0) return this.#askedAt + this.#timeoutMs;
    return this.#heardAt + this.#intervalMs * (1 - SPREAD * share);
  }
}
