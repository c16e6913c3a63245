// From measurements to reports. What has been measured waits here until the collector has said that it keeps it; a
// collector that is away makes the backlog longer and nothing else.

import type { CollectorClient, Reading } from "./gen/fleet/v1/fleet.ts";
import { timestampNow } from "./timestamp.ts";

/** Readings in one report. */
const MAX_BATCH = 500;
/** Readings that wait at most: an hour at three a second. Then the oldest go, and the collector is told how many. */
const MAX_BACKLOG = 10_000;

/** The readings of one run of an agent. */
export class Reporter {
  readonly #collector: CollectorClient;
  readonly #run = BigInt(Date.now());
  #backlog: Reading[] = [];
  #taken = 0n;
  #reported = 0n;
  #dropped = 0n;
  #sending: Promise<void> | null = null;

  constructor(collector: CollectorClient) {
    this.#collector = collector;
  }

  /** Readings taken, acknowledged and thrown away in this run. */
  get counts(): { taken: bigint; reported: bigint; dropped: bigint } {
    return { taken: this.#taken, reported: this.#reported, dropped: this.#dropped };
  }

  /** Readings that wait. */
  get backlog(): number {
    return this.#backlog.length;
  }

  /** Takes a measurement. It is sent with the next `flush`. */
  add(value: NonNullable<Reading["value"]>): void {
    this.#taken++;
    this.#backlog.push({ sequence: this.#taken, takenAt: timestampNow(), value });
    // While a report is under way its readings stand at the front: they are not thrown away under it.
    if (this.#backlog.length > MAX_BACKLOG + MAX_BATCH) {
      this.#dropped++;
      this.#backlog.splice(MAX_BATCH, 1);
    }
  }

  /** Sends what waits, one report at a time. Resolves when nothing waits any more, or a report has failed. */
  flush(): Promise<void> {
    this.#sending ??= this.#send().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#backlog.length > 0) {
      const readings = this.#backlog.slice(0, MAX_BATCH);
      try {
        await this.#collector.report({ run: this.#run, readings, dropped: this.#dropped });
      } catch {
        // Counted by the tally. The readings stay, and the next flush sends them again under the same numbers.
        return;
      }
      this.#backlog = this.#backlog.slice(readings.length);
      this.#reported += BigInt(readings.length);
    }
  }
}
