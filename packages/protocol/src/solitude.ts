// Whether a call has its connection to itself. Then what it is sent ahead of its reader keeps nobody waiting, and may be
// more: its sender does not have to wait for credit.

/** How long after two calls were seen side by side none is alone, in milliseconds. */
const QUIET_MS = 1_000;

/** The calls of a connection. */
export interface Traffic {
  /** That this side has open. */
  readonly openCalls: number;
  /** That the other side has open. */
  readonly runningCalls: number;
  /** That either has opened so far. */
  readonly begunCalls: number;
}

/** What is known of it on one connection. Nothing is counted for it: calls are looked at when somebody asks. */
export class Solitude {
  readonly #traffic: Traffic;
  /** The call that asked last, and how many had been opened when it did. */
  #callId = 0;
  #begun = 0;
  #sharedAt = Number.NEGATIVE_INFINITY;
  #aloneId = 0;
  /** Calls that were alone when they asked. */
  aloneCalls = 0;

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  /** Whether the call, which is open, is alone. `now` in milliseconds. */
  of(callId: number, now: number): boolean {
    const { openCalls, runningCalls, begunCalls } = this.#traffic;
    const another = callId === this.#callId && begunCalls !== this.#begun;
    if (another || openCalls + runningCalls > 1) this.#sharedAt = now;
    this.#callId = callId;
    this.#begun = begunCalls;
    if (now - this.#sharedAt < QUIET_MS) return false;
    if (callId !== this.#aloneId) this.aloneCalls++;
    this.#aloneId = callId;
    return true;
  }
}
