// Calls that wait for a connection: first in, first out, bounded, and left in one step by a call that has settled.

import type { OutgoingCall } from "./outgoing-call.ts";

/** A queue of waiting calls. The links stand in the calls themselves. */
export class CallQueue {
  #first: OutgoingCall | null = null;
  #last: OutgoingCall | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): OutgoingCall | null {
    return this.#first;
  }

  /** Appends a call that stands in no queue. */
  push(call: OutgoingCall): void {
    call.queued = true;
    call.freshMs = -1;
    call.queueBefore = this.#last;
    call.queueBehind = null;
    if (this.#last === null) this.#first = call;
    else this.#last.queueBehind = call;
    this.#last = call;
    this.#size++;
  }

  /** Takes a call out, wherever it stands; nothing happens when it stands in no queue. */
  remove(call: OutgoingCall): void {
    if (!call.queued) return;
    if (call.queueBefore === null) this.#first = call.queueBehind;
    else call.queueBefore.queueBehind = call.queueBehind;
    if (call.queueBehind === null) this.#last = call.queueBefore;
    else call.queueBehind.queueBefore = call.queueBefore;
    call.queued = false;
    call.queueBefore = null;
    call.queueBehind = null;
    this.#size--;
  }
}
