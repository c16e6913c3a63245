// When the machine did not run the sending process. What its calls took then says nothing about whom they were sent to.

/** A gap between two looks that is longer than this, in milliseconds, may be a pause. */
const PAUSE_MS = 1;
/** How old the CPU time of the last look may be, in milliseconds: asking for it is a call into the kernel. */
const FRESH_MS = 0.25;

/** Watches one process: to be shown the time often, whenever it does something. */
export class Pauses {
  /** When the last pause ended; before the first one, earlier than everything. */
  endedAt: number = Number.NEGATIVE_INFINITY;
  /** All pauses together, in milliseconds. */
  totalMs = 0;
  readonly #cpuMs: () => number;
  #lookedAt: number;
  #askedAt: number;
  #cpuAtAsk: number;

  /** @param cpuMs CPU time of this process so far, in milliseconds. */
  constructor(now: number, cpuMs: () => number) {
    this.#cpuMs = cpuMs;
    this.#lookedAt = now;
    this.#askedAt = now;
    this.#cpuAtAsk = cpuMs();
  }

  /** The process runs, at `now` in milliseconds. A gap in which it has computed, or collected garbage, is no pause. */
  look(now: number): void {
    const gapMs = now - this.#lookedAt;
    this.#lookedAt = now;
    if (gapMs <= PAUSE_MS && now - this.#askedAt < FRESH_MS) return;
    const cpuMs = this.#cpuMs();
    if (gapMs > PAUSE_MS && cpuMs - this.#cpuAtAsk < gapMs / 2) {
      this.endedAt = now;
      this.totalMs += gapMs;
    }
    this.#askedAt = now;
    this.#cpuAtAsk = cpuMs;
  }
}
