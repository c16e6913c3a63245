// Peers travel to a thread once, and by number from then on.

import { serialize } from "node:v8";
import { type CallContext, type Peer, usageError } from "@vertex/protocol";
import type { Notice } from "./port-transport.ts";

/** Identities of peers as bytes, made once for all threads. */
const packed = new WeakMap<Peer, Uint8Array>();

/** What of a call says who makes it, and for whom. */
export type Caller = Pick<CallContext, "peer" | "identity">;

/** The peers that one thread knows. */
export class PeerNumbers {
  readonly #tell: (notice: Notice) => void;
  readonly #numbers = new Map<Peer, number>();
  /** Numbers of one call only: those that a peer makes for somebody else. */
  readonly #single = new Set<number>();
  #last = 0;

  constructor(tell: (notice: Notice) => void) {
    this.#tell = tell;
  }

  /**
   * The number of a call's peer; the thread is told who it is when it is new. `left` has to follow.
   * @throws VertexError (usage) when an identity cannot go to another thread.
   */
  numberOf({ peer, identity: madeFor }: Caller): number {
    const forItself = madeFor === peer.identity;
    const known = forItself ? this.#numbers.get(peer) : undefined;
    if (known !== undefined) return known;
    const { name, address } = peer;
    const identity = pack(peer);
    const number = this.#last + 1;
    const other = forItself ? {} : { madeFor: bytesOf(madeFor) };
    this.#last = number;
    if (forItself) this.#numbers.set(peer, number);
    else this.#single.add(number);
    this.#tell({ kind: "peer", number, name, address, identity, ...other });
    return number;
  }

  /** A call under that number has ended. */
  left(number: number): void {
    if (this.#single.delete(number)) this.#tell({ kind: "gone", number });
  }

  forget(peer: Peer): void {
    const number = this.#numbers.get(peer);
    if (number === undefined) return;
    this.#numbers.delete(peer);
    this.#tell({ kind: "gone", number });
  }
}

function pack(peer: Peer): Uint8Array | null {
  if (peer.identity === undefined) return null;
  const bytes = packed.get(peer) ?? bytesOf(peer.identity);
  packed.set(peer, bytes);
  return bytes;
}

function bytesOf(identity: unknown): Uint8Array {
  try {
    return new Uint8Array(serialize(identity));
  } catch (error) {
    throw usageError("an identity must be plain data to reach worker threads", undefined, error);
  }
}
