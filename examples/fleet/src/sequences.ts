// Which sequence numbers have come. They may come twice, and out of order: several reports are under way at once.

/** Numbers ahead of a gap that are remembered. Then the gap is given up: what it lacks counts as missing for good. */
const MAX_AHEAD = 10_000;

/** The sequence numbers of one run, from 1 on. */
export class Sequences {
  /** The first number that has not come. */
  #next = 1n;
  readonly #ahead = new Set<bigint>();
  #highest = 0n;
  #kept = 0n;

  /** Different numbers that have come. */
  get kept(): bigint {
    return this.#kept;
  }

  /** Numbers below the highest that have not come. */
  get missing(): bigint {
    return this.#highest - this.#kept;
  }

  /** False when the number has come before. */
  add(sequence: bigint): boolean {
    if (sequence < this.#next || this.#ahead.has(sequence)) return false;
    this.#kept++;
    if (sequence > this.#highest) this.#highest = sequence;
    this.#ahead.add(sequence);
    if (this.#ahead.size > MAX_AHEAD) this.#giveUpGap();
    while (this.#ahead.delete(this.#next)) this.#next++;
    return true;
  }

  #giveUpGap(): void {
    let first = this.#highest;
    for (const sequence of this.#ahead) if (sequence < first) first = sequence;
    this.#next = first;
  }
}
