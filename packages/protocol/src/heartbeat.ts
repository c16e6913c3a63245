// When to ask whether the peer lives, and when to give it up. Pure: it is told the time and returns a verdict.
//
//            heard                    heard
//          +-------+               +--------+
//          v       |  intervalMs   v        |  timeoutMs
//        listening +-------------> asked ---+-----------> dead
//                     "ping"

/** What to do now. */
export type HeartbeatVerdict = "wait" | "ping" | "dead";

/** A gap between two checks that is longer than this, in milliseconds, means that this process was not running. */
export const GAP_MS = 1_000;

/** The heartbeat of one connection. Any byte received is life. */
export class Heartbeat {
  intervalMs: number;
  timeoutMs: number;
  #heardAt: number;
  #askedAt = -1;
  #checkedAt: number;

  constructor(intervalMs: number, timeoutMs: number, now: number) {
    this.intervalMs = intervalMs;
    this.timeoutMs = timeoutMs;
    this.#heardAt = now;
    this.#checkedAt = now;
  }

  /** When the last byte came. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Whether the peer was asked for a sign of life and has not given one. */
  get asking(): boolean {
    return this.#askedAt >= 0;
  }

  /** Bytes have come. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#askedAt = -1;
  }

  /**
   * To be called often (a few times a second). "ping" means: send a PING now.
   * After a gap in this side's own time (sleep, SIGSTOP, a long collection) the silence proves nothing: the
   * answer may be waiting in a buffer. So the peer is asked once more before the verdict.
   */
  check(now: number): HeartbeatVerdict {
    const gap = now - this.#checkedAt > GAP_MS;
    this.#checkedAt = now;
    if (this.#askedAt >= 0) {
      if (gap) {
        this.#askedAt = now;
        return "ping";
      }
      return now - this.#askedAt >= this.timeoutMs ? "dead" : "wait";
    }
    if (now - this.#heardAt < this.intervalMs) return "wait";
    this.#askedAt = now;
    return "ping";
  }
}
