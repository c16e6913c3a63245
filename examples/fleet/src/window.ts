// The latest values of one metric, and what can be said of them. Memory is taken once and never grows.

/** Values that are kept. */
const SIZE = 1_024;

/** What can be said of the values in a window. */
export interface Aggregate {
  readonly count: number;
  readonly last: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly p99: number;
}

/** A ring of values. */
export class Window {
  readonly #values = new Float64Array(SIZE);
  #next = 0;
  #count = 0;
  #last = 0;

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#last = value;
    this.#next = (this.#next + 1) % SIZE;
    this.#count = Math.min(SIZE, this.#count + 1);
  }

  /** Sorts a copy of the window. An empty one is all zeros. */
  aggregate(): Aggregate {
    const count = this.#count;
    if (count === 0) return { count, last: 0, min: 0, mean: 0, max: 0, p99: 0 };
    const sorted = this.#values.slice(0, count).sort();
    const at = (index: number): number => sorted[index] ?? 0;
    return {
      count,
      last: this.#last,
      min: at(0),
      mean: sorted.reduce((sum, value) => sum + value, 0) / count,
      max: at(count - 1),
      // Nearest rank: the smallest value that 99 % of all are not above.
      p99: at(Math.ceil(count * 0.99) - 1),
    };
  }
}
