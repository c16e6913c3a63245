// Memory of messages that are lent to their readers, and that comes back when the reader asks for the next. At the rate
// of a large upload, buffers that are the garbage collector's cost more than all that is done with them.

import { allocate } from "./buffers.ts";
import type { HeldBytes } from "./credit.ts";

/** Messages below that are not lent: a buffer of their own costs little. */
export const LENT_FROM_BYTES = 4_096;

/** How many times the bytes that are asked for a buffer may have: a few bytes do not keep many. */
const WASTE = 4;

/** A buffer that nobody reads. Its length is kept beside it: a view left behind can still be used to transfer it away. */
interface Spare {
  readonly memory: ArrayBufferLike;
  readonly bytes: number;
}

/** The buffers of one connection that have come back. There are none while no stream of it lends. */
export class Spares {
  readonly #limit: number;
  readonly #held: HeldBytes;
  /** The one that came back last is taken first: it is still in the cache of the processor. */
  readonly #free: Spare[] = [];
  #bytes = 0;
  #lenders = 0;

  /** @param limit bytes that are kept at most; they stand in the account `held`, too. */
  constructor(limit: number, held: HeldBytes) {
    this.#limit = limit;
    this.#held = held;
  }

  /** What is kept, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One more stream lends. */
  opened(): void {
    this.#lenders++;
  }

  /** One less. */
  closed(): void {
    this.#lenders--;
    while (this.#lenders === 0 && this.#free.length > 0) this.#drop(0);
  }

  /** Room for as many bytes, which are undefined. `likely` are all that the message may turn out to have, when they are more. */
  take(bytes: number, likely: number = bytes): Uint8Array {
    return this.#reuse(likely) ?? (likely > bytes ? this.#reuse(bytes) : null) ?? allocate(bytes);
  }

  /** Nobody reads `buffer` any more. */
  giveBack(buffer: Uint8Array): void {
    const memory = buffer.buffer;
    const bytes = memory.byteLength;
    // It has no bytes when it was transferred to somebody else.
    if (this.#lenders === 0 || bytes === 0 || bytes > this.#limit || this.#held.tight) return;
    while (this.#bytes + bytes > this.#limit) this.#drop(0);
    this.#free.push({ memory, bytes });
    this.#bytes += bytes;
    this.#held.add(bytes);
  }

  #reuse(bytes: number): Uint8Array | null {
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const { memory } = this.#free[i] as Spare;
      const { byteLength } = memory;
      if (byteLength < bytes || byteLength > WASTE * bytes) continue;
      this.#drop(i);
      return new Uint8Array(memory, 0, bytes);
    }
    return null;
  }

  #drop(index: number): void {
    const [{ bytes }] = this.#free.splice(index, 1) as [Spare];
    this.#bytes -= bytes;
    this.#held.remove(bytes);
  }
}
