// How many calls may run at once, found by latency: while calls take no longer than they do on a calm server, more may
// run; when they do, fewer. How long that is is measured anew now and then, with the limit lowered for a moment, so that
// slow does not become usual. After the gradient limits of Netflix's concurrency-limits. Pure.

/** Share of the distance that one sample moves the limit. */
const SMOOTHING = 0.2;
/** Samples of a calm server over which latency is remembered. */
const MEMORY = 600;
/** How much longer than usual is still taken for usual. */
const TOLERANCE = 1.5;
/** Samples at the limit after which the usual latency is measured anew, and of how many it is the mean. */
const PROBE_EVERY = 2_000;
const PROBE_SAMPLES = 20;

/** A limit that follows latency. */
export class AdaptiveLimit {
  readonly #min: number;
  readonly #max: number;
  #limit: number;
  #usualMs = -1;
  #count = 0;
  /** Samples until the probe is over: first those of calls that began before it, then its own. */
  #probing = 0;
  #probedMs = 0;
  #before = 0;

  constructor(min: number, max: number) {
    this.#min = min;
    this.#max = max;
    this.#limit = min;
  }

  /** Calls that may run at once. */
  get value(): number {
    return Math.floor(this.#limit);
  }

  /** A call has ended that took `latencyMs`, while so many ran. */
  sample(latencyMs: number, running: number): void {
    const ms = Math.max(0.01, latencyMs);
    if (this.#usualMs < 0) this.#usualMs = ms;
    if (this.#probing > 0) return this.#probe(ms);
    if (running < this.#limit / 2) {
      // Nothing can be learned about a limit that is not reached, but how long calls take.
      this.#usualMs += (ms - this.#usualMs) / MEMORY;
      return;
    }
    if (++this.#count >= PROBE_EVERY) return this.#startProbe();
    if (ms < this.#usualMs) this.#usualMs += (ms - this.#usualMs) / 10;
    const gradient = Math.max(0.5, Math.min(1, (TOLERANCE * this.#usualMs) / ms));
    const next = this.#limit * gradient + Math.sqrt(this.#limit);
    const moved = this.#limit + SMOOTHING * (next - this.#limit);
    this.#limit = Math.min(this.#max, Math.max(this.#min, moved));
  }

  #startProbe(): void {
    this.#count = 0;
    this.#probedMs = 0;
    this.#before = this.#limit;
    this.#probing = this.value + PROBE_SAMPLES;
    this.#limit = Math.max(this.#min, this.#limit / 4);
  }

  #probe(ms: number): void {
    if (--this.#probing < PROBE_SAMPLES) this.#probedMs += ms / PROBE_SAMPLES;
    if (this.#probing > 0) return;
    this.#usualMs = this.#probedMs;
    this.#limit = this.#before;
  }
}
