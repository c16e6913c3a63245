// What happened in a simulation, as one number: two runs with the same hash took the same course.

/** Longest part of a chunk's start, and of its end, that counts. */
const SAMPLE_BYTES = 128;

/** A running hash, 64 bits wide: two FNV-1a hashes of 32 bits with different starts. */
export class Trace {
  #low = 0x811c9dc5;
  #high = 0x9dc5811c;
  #entries = 0;

  /** How many things have happened. */
  get entries(): number {
    return this.#entries;
  }

  /** The hash so far: 16 hexadecimal digits. */
  get hash(): string {
    const hex = (word: number) => (word >>> 0).toString(16).padStart(8, "0");
    return hex(this.#high) + hex(this.#low);
  }

  /** Something happened: a name of it and what belongs to it. Times count to a thousandth of a millisecond. */
  note(what: string, ...numbers: readonly number[]): void {
    this.#entries++;
    for (let i = 0; i < what.length; i++) this.#mix(what.charCodeAt(i));
    for (const number of numbers) this.#mixNumber(number);
  }

  /** Bytes were delivered. Of long chunks the length, the start and the end count. */
  bytes(at: number, where: number, chunk: Uint8Array): void {
    this.#entries++;
    this.#mixNumber(at);
    this.#mix(where);
    this.#mix(chunk.length);
    const { length } = chunk;
    const head = Math.min(length, SAMPLE_BYTES);
    for (let i = 0; i < head; i++) this.#mix(chunk[i] as number);
    for (let i = Math.max(head, length - SAMPLE_BYTES); i < length; i++) this.#mix(chunk[i] as number);
  }

  #mixNumber(number: number): void {
    const thousandths = Math.round(number * 1_000);
    this.#mix(thousandths % 0x1_0000_0000);
    this.#mix(Math.floor(thousandths / 0x1_0000_0000));
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul(this.#high ^ (value + (this.#low >>> 15)), 0x01000193);
  }
}
