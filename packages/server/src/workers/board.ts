// What a worker thread and the main thread know of the calls between them, in memory that both see: a place for each
// call that was handed over. It is what makes "may it have run?" a question with an answer, even of a thread that
// computes and reads no messages.
//
//  free --offer--> waiting --begin (worker)--> begun --done (worker)--> done --free--> free
//                     +------retract (main)--> taken ------------------------free--> free

const STATE = 0;
const CALL = 1;
const PEER = 2;
const CUT = 3;
const WORDS = 4;

const FREE = 0;
const WAITING = 1;
const BEGUN = 2;
const DONE = 3;
const TAKEN = 4;

/** How far a call has come. */
export type BoardState = "free" | "waiting" | "begun" | "done" | "taken";
const names: readonly BoardState[] = ["free", "waiting", "begun", "done", "taken"];

/** Milliseconds on a clock that all threads of a process share; `performance.now` starts anew in each. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The calls of one thread. Both sides make one of these over the same memory. */
export class Board {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #deadlines: Float64Array;
  readonly #slots: number;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#slots = memory.byteLength / (8 + 4 * WORDS);
    this.#deadlines = new Float64Array(memory, 0, this.#slots);
    this.#words = new Int32Array(memory, 8 * this.#slots);
  }

  /** A board for so many calls at once. */
  static withSlots(slots: number): Board {
    return new Board(new SharedArrayBuffer(slots * (8 + 4 * WORDS)));
  }

  state(slot: number): BoardState {
    return names[Atomics.load(this.#words, slot * WORDS + STATE)] as BoardState;
  }

  /** Main: a call is about to be handed over. `deadlineAt` is on `sharedNow`'s clock. */
  offer(slot: number, peer: number, deadlineAt: number): void {
    const at = slot * WORDS;
    this.#deadlines[slot] = deadlineAt;
    Atomics.store(this.#words, at + CALL, 0);
    Atomics.store(this.#words, at + PEER, peer);
    Atomics.store(this.#words, at + CUT, 0);
    Atomics.store(this.#words, at + STATE, WAITING);
  }

  /** Main: the id that the call travels under. */
  name(slot: number, callId: number): void {
    Atomics.store(this.#words, slot * WORDS + CALL, callId);
  }

  /** Main: takes a call back that has not begun; it never begins then. False when it has. */
  retract(slot: number): boolean {
    const at = slot * WORDS + STATE;
    const found = Atomics.compareExchange(this.#words, at, WAITING, TAKEN);
    return found === WAITING || found === TAKEN;
  }

  /** Main: nobody waits for the call any more. A handler that looks sees it at once. */
  cut(slot: number): void {
    Atomics.store(this.#words, slot * WORDS + CUT, 1);
  }

  /** Main: the slot may be used again. */
  free(slot: number): void {
    Atomics.store(this.#words, slot * WORDS + CALL, 0);
    Atomics.store(this.#words, slot * WORDS + STATE, FREE);
  }

  /** Worker: where that call stands; -1 when it was taken back and its slot is used again. */
  find(callId: number): number {
    for (let slot = 0; slot < this.#slots; slot++) {
      if (Atomics.load(this.#words, slot * WORDS + CALL) === callId) return slot;
    }
    return -1;
  }

  /** Worker: begins a call. False when it was taken back. */
  begin(slot: number): boolean {
    return Atomics.compareExchange(this.#words, slot * WORDS + STATE, WAITING, BEGUN) === WAITING;
  }

  /** Worker: the handler has settled. True when the main thread had given the call up and has to be told. */
  done(slot: number): boolean {
    Atomics.store(this.#words, slot * WORDS + STATE, DONE);
    return this.isCut(slot);
  }

  isCut(slot: number): boolean {
    return Atomics.load(this.#words, slot * WORDS + CUT) === 1;
  }

  /** The number of the peer that made the call. */
  peer(slot: number): number {
    return Atomics.load(this.#words, slot * WORDS + PEER);
  }

  /** On `sharedNow`'s clock; `Infinity` without one. */
  deadlineAt(slot: number): number {
    return this.#deadlines[slot] as number;
  }

  /** Calls in that state. */
  count(state: BoardState): number {
    let count = 0;
    for (let slot = 0; slot < this.#slots; slot++) if (this.state(slot) === state) count++;
    return count;
  }
}
