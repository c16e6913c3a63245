// What a handler in a worker thread knows about its call: what the session in the thread knows, and who the peer is.

import { deserialize } from "node:v8";
import type { CallContext, Metadata, Peer } from "@vertex/protocol";
import { type Board, sharedNow } from "./board.ts";

/** What the main thread tells of a peer. */
export interface PackedPeer {
  readonly name: string;
  readonly address: string;
  readonly identity: Uint8Array | null;
  readonly madeFor?: Uint8Array;
}

/** A peer of the main thread, as a worker sees it. */
export class WorkerPeer implements Peer {
  readonly name: string;
  readonly address: string;
  readonly #identity: Unpacked;
  readonly #madeFor: Unpacked;

  constructor({ name, address, identity, madeFor }: PackedPeer) {
    this.name = name;
    this.address = address;
    this.#identity = new Unpacked(identity);
    this.#madeFor = madeFor === undefined ? this.#identity : new Unpacked(madeFor);
  }

  get identity(): unknown {
    return this.#identity.value;
  }

  /** Who its calls are made for. */
  get madeFor(): unknown {
    return this.#madeFor.value;
  }
}

/** A value that is unpacked when it is first looked at. */
class Unpacked {
  #bytes: Uint8Array | null;
  #value: unknown;

  constructor(bytes: Uint8Array | null) {
    this.#bytes = bytes;
  }

  get value(): unknown {
    if (this.#bytes !== null) this.#value = deserialize(this.#bytes);
    this.#bytes = null;
    return this.#value;
  }
}

/** The context of one call. */
export class WorkerContext implements CallContext {
  readonly peer: WorkerPeer;
  readonly #call: CallContext;
  readonly #board: Board;
  readonly #slot: number;
  readonly #deadlineAt: number;
  #over = false;

  constructor(call: CallContext, board: Board, slot: number, peer: WorkerPeer) {
    this.#call = call;
    this.#board = board;
    this.#slot = slot;
    this.#deadlineAt = board.deadlineAt(slot);
    this.peer = peer;
  }

  get method(): string {
    return this.#call.method;
  }

  get identity(): unknown {
    return this.peer.madeFor;
  }

  get metadata(): Metadata {
    return this.#call.metadata;
  }

  /** By the main thread's clock: time that the call waited for this thread is gone. */
  get remainingMs(): number {
    return Math.max(0, this.#deadlineAt - sharedNow());
  }

  /** True at once, also inside a loop that lets no message in. */
  get cancelled(): boolean {
    if (this.#call.cancelled) return true;
    return !this.#over && (this.#board.isCut(this.#slot) || sharedNow() >= this.#deadlineAt);
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  setTrailer(key: string, value: string | Uint8Array): void {
    this.#call.setTrailer(key, value);
  }

  /** The handler has settled: the slot may soon be another call's. */
  settled(): void {
    this.#over = true;
  }
}
