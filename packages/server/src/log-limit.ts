// Keeps what peers can cause from filling the log: of each kind so many entries a second are written, and one more
// says how many were left out. What is counted elsewhere stays exact.

import type { Clock, Log, LogEntry, Timer } from "@vertex/protocol";

/** Entries of one kind that are written in one second. */
export const LOGGED_A_SECOND = 10;
const SECOND_MS = 1_000;

/** The entries of one kind in the second that runs. */
interface Tally {
  entries: number;
  last: LogEntry;
}

/** A log in front of a log. */
export class LogLimit {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #tallies = new Map<string, Tally>();
  #since = Number.NEGATIVE_INFINITY;
  /** Set when something has been left out. */
  #timer: Timer | null = null;

  /** @param log must not throw. */
  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** @param kind what is counted together: of a fixed set, never a peer's words. */
  say(kind: string, entry: LogEntry): void {
    const now = this.#clock.now();
    if (now - this.#since >= SECOND_MS) {
      this.flush();
      this.#since = now;
    }
    const tally = this.#tallies.get(kind) ?? { entries: 0, last: entry };
    this.#tallies.set(kind, tally);
    tally.last = entry;
    if (++tally.entries <= LOGGED_A_SECOND) this.#log(entry);
    else this.#timer ??= this.#clock.setTimer(() => this.flush(), this.#since + SECOND_MS - now);
  }

  /** The second is over, or the server: says what was left out. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const tallies = [...this.#tallies.values()];
    this.#tallies.clear();
    for (const { entries, last } of tallies) {
      const more = entries - LOGGED_A_SECOND;
      if (more > 0) this.#log({ ...last, message: `and ${more} more, the last: ${last.message}` });
    }
  }
}
