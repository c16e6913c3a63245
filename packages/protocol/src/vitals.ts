// Two watches of a connection, pure: round trips, and a peer that does not read.

import { GAP_MS } from "./heartbeat.ts";

/** A PING on its way. */
interface Ping {
  readonly number: number;
  readonly at: number;
  readonly answered: ((roundTripMs: number) => void) | null;
}

/** The PINGs that are on their way. Answers come in the order of the questions. */
export class Pings {
  #open: Ping[] = [];
  #count = 0;

  /** Notes a PING; returns the number that it carries. */
  sent(now: number, answered: ((roundTripMs: number) => void) | null): number {
    const number = this.#count++ >>> 0;
    this.#open.push({ number, at: now, answered });
    return number;
  }

  /** Notes a PONG. Returns the round trip in milliseconds; -1 when nobody asked that. */
  received(number: number, now: number): number {
    const ping = this.#open.shift();
    if (ping === undefined || ping.number !== number) return -1;
    const roundTripMs = now - ping.at;
    ping.answered?.(roundTripMs);
    return roundTripMs;
  }
}

/** Watches a congested connection for progress. */
export class StallWatch {
  #since = -1;
  #bytes = 0;
  #checkedAt = -1;

  /**
   * How long, in milliseconds, `bufferedBytes` have waited without one of them being taken; 0 if none waits. Time in
   * which this process did not run does not count: nobody could have noted that bytes were taken.
   */
  check(now: number, bufferedBytes: number): number {
    const gapMs = now - this.#checkedAt;
    if (this.#since >= 0 && gapMs > GAP_MS) this.#since += gapMs;
    this.#checkedAt = now;
    if (bufferedBytes === 0) {
      this.#since = -1;
    } else if (this.#since < 0 || bufferedBytes < this.#bytes) {
      this.#since = now;
    }
    this.#bytes = bufferedBytes;
    return this.#since < 0 ? 0 : now - this.#since;
  }
}
