// Two watches of a connection, pure: round trips, and a peer that does not read.

/** A PING on its way. */
interface Ping {
  readonly number: number;
  readonly at: number;
  readonly answered: ((roundTripMs: number) => void) | null;
}

/** The PINGs that are on their way. Answers come in the order of the questions. */
export class Pings {
  readonly #open: Ping[] = [];
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

  /** How long, in milliseconds, `bufferedBytes` have waited without one of them being taken; 0 if none waits. */
  check(now: number, bufferedBytes: number): number {
    if (bufferedBytes === 0) {
      this.#since = -1;
    } else if (this.#since < 0 || bufferedBytes < this.#bytes) {
      this.#since = now;
    }
    this.#bytes = bufferedBytes;
    return this.#since < 0 ? 0 : now - this.#since;
  }
}
