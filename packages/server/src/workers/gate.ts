// Which of the calls that a thread was given may run. The next one begins when there is a place; between two, what
// was answered leaves and what came is read, so that a batch of long calls is answered one by one.

import type { Board } from "./board.ts";

/** Calls may follow each other without a pause for that long, in milliseconds. */
const SLICE_MS = 1;

interface Waiting {
  readonly callId: number;
  /** Called once: with the call's slot when it begins, with -1 when it was taken back. */
  readonly begin: (slot: number) => void;
}

/** The calls of one thread, first come first served. */
export class Gate {
  readonly #board: Board;
  readonly #places: number;
  readonly #givenUp: (callId: number) => void;
  readonly #now: () => number;
  #waiting: Waiting[] = [];
  #running = 0;
  #pumping = false;
  #inTurn = false;
  #turnAt = 0;

  /**
   * @param places handlers at once.
   * @param givenUp a handler has settled whose call the main thread had given up.
   * @param now the time, in milliseconds.
   */
  constructor(
    board: Board,
    places: number,
    givenUp: (callId: number) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#board = board;
    this.#places = places;
    this.#givenUp = givenUp;
    this.#now = now;
  }

  /** Begins no call before what came with it has been read: a handler's time is not its connection's. */
  enter(callId: number, begin: (slot: number) => void): void {
    this.#waiting.push({ callId, begin });
    if (this.#waiting.length === 1) queueMicrotask(() => this.#pump());
  }

  /** A handler has settled. */
  leave(callId: number, slot: number): void {
    if (this.#board.done(slot)) this.#givenUp(callId);
    this.#running--;
    this.#pump();
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#waiting.length > 0 && this.#running < this.#places && this.#mayGoOn()) {
      const { callId, begin } = this.#waiting.shift() as Waiting;
      const slot = this.#board.find(callId);
      const begun = slot >= 0 && this.#board.begin(slot);
      if (begun) this.#running++;
      begin(begun ? slot : -1);
    }
    this.#pumping = false;
  }

  #mayGoOn(): boolean {
    if (this.#inTurn) return this.#now() - this.#turnAt < SLICE_MS;
    this.#inTurn = true;
    this.#turnAt = this.#now();
    setImmediate(() => {
      this.#inTurn = false;
      this.#pump();
    });
    return true;
  }
}
