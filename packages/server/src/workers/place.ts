// One call's stay with one thread. It says, when the call ends there, how it really ended: what the session between the
// threads saw, and what the board knows of whether the handler had begun.

import { type Outcome, type OutgoingCall, VertexError } from "@vertex/protocol";
import type { Board } from "./board.ts";
import type { ThreadRecord } from "./thread-record.ts";

/** What a place needs of the life of its thread. */
export interface PlaceLane {
  readonly board: Board;
  readonly thread: ThreadRecord;
  /** Why the thread is no more. */
  readonly ended: VertexError | null;
  /** The thread has nothing more to do with the call. */
  release(place: Place<PlaceLane>): void;
  /** Nobody waits for the call, and its handler goes on. */
  abandon(place: Place<PlaceLane>): void;
}

/** A call on a lane. */
export class Place<L extends PlaceLane = PlaceLane> {
  readonly lane: L;
  readonly slot: number;
  /** The number of who called. */
  readonly peer: number;
  /** When the caller stops waiting, on the clock of the main thread's loop. */
  readonly deadlineAt: number;
  /** Whether the call may begin anew elsewhere: nothing of it is lost with this place. */
  readonly movable: boolean;
  /** The call between the threads, once it is open. */
  call: OutgoingCall | null = null;
  /** Called when its thread has nothing more to do with it. */
  onReleased: (() => void) | null = null;

  constructor(lane: L, slot: number, peer: number, deadlineAt: number, movable: boolean) {
    this.lane = lane;
    this.slot = slot;
    this.peer = peer;
    this.deadlineAt = deadlineAt;
    this.movable = movable;
  }

  /** Takes the call back if it has not begun. */
  retract(): boolean {
    return this.lane.board.retract(this.slot);
  }

  /** The caller is cut off now: may the handler have run? */
  cut(): Outcome {
    const outcome = this.retract() ? "not-executed" : "unknown";
    this.call?.abort();
    return outcome;
  }

  /** The call has been answered. */
  succeeded(): void {
    this.lane.thread.done++;
    this.lane.release(this);
  }

  /** The call has failed so. Returns what to tell the caller, or `null` when the call is to be tried elsewhere. */
  failed(error: unknown): VertexError | null {
    const { lane } = this;
    if (!(error instanceof VertexError)) {
      this.left();
      throw error;
    }
    if (this.retract()) {
      lane.release(this);
      if (lane.ended !== null || error.cause === this) return this.movable ? null : neverBegan();
      return answer(error, "not-executed");
    }
    lane.thread.failed++;
    if (lane.ended !== null) return lane.ended;
    if (lane.board.state(this.slot) === "done") lane.release(this);
    else lane.abandon(this);
    return answer(error, error.family === "status" ? error.outcome : "unknown");
  }

  /** The caller has left before the end. */
  left(): void {
    if (this.retract()) this.lane.release(this);
    else this.lane.abandon(this);
  }

  /** Takes the call away, to be tried elsewhere. False when it has begun. */
  move(): boolean {
    if (this.call === null || !this.retract()) return false;
    this.call.giveUp(
      new VertexError("UNAVAILABLE", "moved to another thread", { family: "link", cause: this }),
    );
    return true;
  }
}

function neverBegan(): VertexError {
  return new VertexError("UNAVAILABLE", "the worker thread ended before the call began", {
    outcome: "not-executed",
  });
}

/** The error as a handler on the main thread would have thrown it: with its text, and nothing of the lane. */
function answer(error: VertexError, outcome: Outcome): VertexError {
  const { retryAfterMs, details, trailers } = error;
  return new VertexError(error.code, error.message, { outcome, retryAfterMs, details, trailers });
}
