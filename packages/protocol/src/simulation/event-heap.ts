// Events in the order of their time, and of their making where the times are equal: a binary heap.

/** Something that will happen. */
export interface SimEvent {
  /** Virtual time, in milliseconds. */
  at: number;
  order: number;
  /** What happens; `null` once it has been taken back. */
  run: (() => void) | null;
}

/** The events to come. */
export class EventHeap<E extends SimEvent> {
  readonly #events: E[] = [];

  get size(): number {
    return this.#events.length;
  }

  /** The first event; undefined when there is none. */
  get first(): E | undefined {
    return this.#events[0];
  }

  push(event: E): void {
    const events = this.#events;
    let at = events.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = events[parent] as E;
      if (!before(event, above)) break;
      events[at] = above;
      at = parent;
    }
    events[at] = event;
  }

  /** Takes the first event out. */
  pop(): E | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (first === undefined || last === undefined || events.length === 0) return first;
    this.#sink(last);
    return first;
  }

  /** Puts `event` where the first one was, and lets it sink to its place. */
  #sink(event: E): void {
    const events = this.#events;
    const { length } = events;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length && before(events[right] as E, events[child] as E)) child = right;
      const below = events[child] as E;
      if (!before(below, event)) break;
      events[at] = below;
      at = child;
    }
    events[at] = event;
  }
}

function before(a: SimEvent, b: SimEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
