// The open calls of one direction, by id. Ids rise and few are open at once, so nearly every call has its slot in
// a small array to itself; a Map holds the rare ones (a stream that outlives thousands of calls) that collide.

/** What an empty table looks into. */
const noSlots: undefined[] = [];

/** A table of things by their rising ids. */
export class CallTable<T extends { readonly id: number }> {
  #slots: (T | undefined)[] = noSlots;
  #mask = -1;
  #size = 0;
  #overflow: Map<number, T> | null = null;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    const found = this.#slots[(id >>> 1) & this.#mask];
    if (found !== undefined && found.id === id) return found;
    return this.#overflow === null ? undefined : this.#overflow.get(id);
  }

  add(entry: T): void {
    if (this.#size * 2 > this.#mask) this.#grow();
    this.#size++;
    this.#place(entry);
  }

  remove(id: number): void {
    const index = (id >>> 1) & this.#mask;
    if (this.#slots[index]?.id === id) {
      this.#slots[index] = undefined;
      this.#size--;
    } else if (this.#overflow?.delete(id)) {
      this.#size--;
      if (this.#overflow.size === 0) this.#overflow = null;
    }
  }

  /** The sum of `value` over all entries. */
  sum(value: (entry: T) => number): number {
    let sum = 0;
    for (const entry of this.#slots) if (entry !== undefined) sum += value(entry);
    if (this.#overflow !== null) for (const entry of this.#overflow.values()) sum += value(entry);
    return sum;
  }

  /** All entries, as they are now: the table may be changed while they are walked. */
  all(): T[] {
    const entries = this.#slots.filter((entry) => entry !== undefined);
    if (this.#overflow !== null) entries.push(...this.#overflow.values());
    return entries.sort((a, b) => a.id - b.id);
  }

  #place(entry: T): void {
    const index = (entry.id >>> 1) & this.#mask;
    if (this.#slots[index] === undefined) {
      this.#slots[index] = entry;
    } else {
      this.#overflow ??= new Map();
      this.#overflow.set(entry.id, entry);
    }
  }

  #grow(): void {
    const entries = this.all();
    this.#mask = Math.max(8, (this.#mask + 1) * 2) - 1;
    this.#slots = new Array<T | undefined>(this.#mask + 1).fill(undefined);
    this.#overflow = null;
    for (const entry of entries) this.#place(entry);
  }
}
