// The end in order, whichever side asks for it. Made when one does: most connections never need it.
//
//   asked for here --> announced --PONG, or no PONG in time--> confirmed --+
//                          |                                               |
//   asked for there --> first GOAWAY --> the one with the last call id ----+--nothing is open--> closed
//                          |                                                                       ^
//                          +--- asked for here: the time to finish is up ---------------------------+

import type { Loop } from "./loop.ts";
import type { Sender } from "./sender.ts";
import type { Serving } from "./serving.ts";
import { type EndReason, encodeGoodbye } from "./session-end.ts";

/** Last call id of a GOAWAY that only announces the end. */
const ANY_CALL = 0xffffffff;

/** What a drain needs from its session. */
export interface DrainHost {
  readonly loop: Pick<Loop, "clock" | "later">;
  /** Calls of this side that are open. */
  readonly openCalls: number;
  /** Calls of the other side whose slot is taken. */
  readonly runningCalls: number;
  ping(answered: () => void): void;
  /** Nothing happens when the session is closed. */
  close(reason: EndReason, message: string): void;
}

/** The end of one connection, from its announcement on. */
export class Drain {
  readonly #host: DrainHost;
  readonly #sender: Pick<Sender, "goaway">;
  readonly #serving: Pick<Serving, "lastId" | "refuseNew">;
  /** When what still runs is cut off; -1 unless this side has announced the end. */
  #endBy = -1;
  /** When the other side need not confirm any more; -1 when it has nothing to confirm. */
  #confirmBy = -1;
  /** The other side has announced the end, and may still take calls. */
  #awaited = false;

  constructor(
    host: DrainHost,
    sender: Pick<Sender, "goaway">,
    serving: Pick<Serving, "lastId" | "refuseNew">,
  ) {
    this.#host = host;
    this.#sender = sender;
    this.#serving = serving;
  }

  /** True when this side has announced the end. */
  get announced(): boolean {
    return this.#endBy >= 0;
  }

  /** Announces the end. What still runs after `graceMs` is cut off; calls are taken until the other side has confirmed. */
  announce(graceMs: number, confirmTimeoutMs: number, message: string): void {
    const now = this.#host.loop.clock.now();
    this.#endBy = now + graceMs;
    this.#confirmBy = now + confirmTimeoutMs;
    this.#sender.goaway(encodeGoodbye(ANY_CALL, "SHUTDOWN", message, graceMs));
    this.#host.ping(() => this.#confirmed());
  }

  /** The other side has said GOAWAY: it executes no call above `lastCallId`. */
  heard(lastCallId: number): void {
    this.#awaited = lastCallId === ANY_CALL;
  }

  /** Looks whether a time is up. */
  check(now: number): void {
    if (this.#confirmBy >= 0 && now >= this.#confirmBy) this.#confirmed();
    if (this.#endBy >= 0 && now >= this.#endBy) this.#host.close("SHUTDOWN", "the time to finish was up");
  }

  /** A call is over: when the code that runs now is done, it may have been the last. */
  callOver(): void {
    this.#host.loop.later(() => this.endIfDone());
  }

  /** Closes when nothing is open in either direction, and nothing can be opened any more. */
  endIfDone(): void {
    if (this.#confirmBy >= 0) return;
    const mayOpen = this.#endBy < 0 && this.#awaited;
    if (mayOpen || this.#host.openCalls > 0 || this.#host.runningCalls > 0) return;
    this.#host.close("SHUTDOWN", "closed in order");
  }

  /** The other side opens no more calls: from here on the last call id is known. */
  #confirmed(): void {
    if (this.#confirmBy < 0) return;
    this.#confirmBy = -1;
    this.#serving.refuseNew();
    const left = Math.max(0, this.#endBy - this.#host.loop.clock.now());
    this.#sender.goaway(encodeGoodbye(this.#serving.lastId, "SHUTDOWN", "closing down", left));
    this.endIfDone();
  }
}
