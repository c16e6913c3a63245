// The receiving half of one call: pieces to messages, and the credit that the other side has to send more.

import { Flag, readU32 } from "@vertex/framing";
import { allocate } from "./buffers.ts";
import {
  ALONE_FACTOR,
  type CreditPool,
  type CreditSeeker,
  creditCost,
  creditLimit,
  type HeldBytes,
} from "./credit.ts";
import { LENT_FROM_BYTES, type Spares } from "./spares.ts";
import { VertexError } from "./vertex-error.ts";

/** What an inbound half needs from its session. */
export interface InboundLink {
  readonly pool: CreditPool;
  /** The account of all connections. */
  readonly held: HeldBytes;
  /** Memory of messages that are lent to their readers. */
  readonly spares: Spares;
  readonly initialCreditBytes: number;
  readonly callCreditBytes: number;
  /** Whether no other call would have to wait behind what that one is sent. */
  isAlone(callId: number): boolean;
  /** How many calls were, so far, when they asked. */
  readonly aloneCalls: number;
  readonly maxMessageBytes: number;
  /** Sends a CREDIT frame. */
  grant(callId: number, bytes: number): void;
}

/**
 * Takes whole messages. The bytes are valid only until the function returns, unless they are its `own` to keep. `cost`
 * comes back to `consumed`.
 */
export interface MessageSink {
  message(buf: Uint8Array, start: number, end: number, cost: number, own: boolean): void;
}

const nothing = new Uint8Array(0);

/** How many times the bytes that have come a buffer may hold: what a length announces is not believed. */
const GROWTH = 4;

/** Bytes of the length that stands before a message in pieces. */
const TOTAL_BYTES = 4;

/** The receiving half. Made when a call turns out to need one: small unary calls never do. */
export class Inbound implements CreditSeeker {
  readonly #link: InboundLink;
  readonly #callId: number;
  readonly #sink: MessageSink;
  /** What the other side may still send. */
  #allowance: number;
  /** How far credit is granted ahead of the reader, in bytes. */
  #window: number;
  #granted = false;
  /** The reader has had all that had come, since the last grant. */
  #caughtUp = false;
  /** Cost of what has come and was not consumed; it stands in the account of all connections, too. */
  #held = 0;
  /** Bytes taken from the pool and not given back. */
  #pooled = 0;
  /** Where messages are read into that are lent to their reader; null while none are. */
  #spares: Spares | null = null;
  #partial: Uint8Array = nothing;
  #partialBytes = 0;
  #partialCost = 0;
  /** Cost of the last message that came in one frame; 0 before the first. */
  #lastCost = 0;
  /** Length of the message in pieces; -1 between messages. */
  #total = -1;
  #waiting: boolean;
  #closed = false;
  /** The other side has ended: more credit would be of no use to it. */
  #ended = false;

  /** @param waiting true when the application takes every message at once, as for unary calls. */
  constructor(link: InboundLink, callId: number, sink: MessageSink, waiting: boolean) {
    this.#link = link;
    this.#callId = callId;
    this.#sink = sink;
    this.#waiting = waiting;
    this.#allowance = link.initialCreditBytes;
    this.#window = link.callCreditBytes;
  }

  /** Only a message on its way needs favour: the first piece of one always fits the call's own credit. */
  get waiting(): boolean {
    return this.#waiting && this.partial;
  }

  /** Cost of what is held here, in bytes. */
  get heldBytes(): number {
    return this.#held;
  }

  /** True in the middle of a message. */
  get partial(): boolean {
    return this.#total >= 0;
  }

  /**
   * Takes the message bytes of a CALL or DATA frame.
   * @throws VertexError (protocol) when the peer sends more than it may.
   */
  data(flags: number, buf: Uint8Array, start: number, end: number): void {
    const bytes = end - start;
    if (this.#allowance <= 0 || bytes > creditLimit(this.#allowance)) throw overrun(bytes, this.#allowance);
    if ((flags & Flag.END) !== 0) this.#ended = true;
    const cost = creditCost(bytes);
    this.#allowance -= cost;
    this.#held += cost;
    this.#link.held.add(cost);
    const more = (flags & Flag.MORE) !== 0;
    if (this.#total < 0 && !more) this.#whole(buf, start, end, cost);
    else this.#piece(more, buf, start, end, cost);
  }

  /** The application has taken what cost that much. */
  consumed(cost: number): void {
    if (this.#closed) return;
    this.#held -= cost;
    this.#link.held.remove(cost);
    this.topUp();
  }

  /** The application waits for a message, or does not any more. */
  expect(waiting: boolean): void {
    this.#waiting = waiting;
    if (!waiting) return;
    this.#caughtUp = true;
    this.topUp();
  }

  /** The reader lets go of each message before it takes the next. Returns where their memory goes then. */
  lend(): Spares | null {
    if (this.#spares === null && !this.#closed) {
      this.#spares = this.#link.spares;
      this.#spares.opened();
    }
    return this.#spares;
  }

  /** The call is over, or what it holds has been taken: nothing is held, nothing more is granted. */
  close(): void {
    this.stop();
    this.#link.held.remove(this.#held);
    this.#held = 0;
  }

  /** Nothing more may come: nothing more is granted. */
  stop(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#partial = nothing;
    this.#spares?.closed();
    this.#spares = null;
    this.#link.pool.giveBack(this.#pooled);
    this.#pooled = 0;
    this.#link.pool.forget(this);
  }

  topUp(): void {
    if (this.#closed) return;
    this.#refund();
    if (this.#ended) return;
    // The first grant waits until the call turns out to be more than a short one.
    if (!this.#granted && this.#allowance > this.#link.initialCreditBytes >> 1) return;
    if (this.#want() < this.#leastGrant()) return;
    this.#setWindow();
    const want = this.#want();
    if (want < this.#leastGrant()) return;
    const { pool } = this.#link;
    const wanted = this.#wholeMessages(want);
    const own = Math.min(wanted, this.#ownShare());
    const pooled = pool.take(wanted - own);
    this.#pooled += pooled;
    let had = own + pooled;
    if (this.#allowance + had <= 0 && pool.favours(this)) had = Math.min(want, this.#missing());
    if (had === 0) return;
    this.#allowance += had;
    this.#granted = true;
    this.#caughtUp = this.#waiting;
    this.#link.grant(this.#callId, had);
  }

  /** A reader that is slow, or others on the connection, would only have to wait behind more. */
  #setWindow(): void {
    const { callCreditBytes } = this.#link;
    const wide = this.#granted && this.#caughtUp && this.#link.isAlone(this.#callId);
    this.#window = wide ? ALONE_FACTOR * callCreditBytes : callCreditBytes;
  }

  #leastGrant(): number {
    return Math.max(1, this.#window >> 1);
  }

  /** What the window has room for. */
  #want(): number {
    // A message that the application waits for is let in whatever the window: its pieces do not count.
    const held = this.#waiting ? this.#held - this.#partialCost : this.#held;
    return this.#window - this.#allowance - held;
  }

  /** At most `want`, so that the credit ends where a message ends if they go on like the last: a cut costs both sides. */
  #wholeMessages(want: number): number {
    const rest = this.partial ? creditCost(this.#total - this.#partialBytes) : 0;
    const room = this.#allowance + want - rest;
    // Less than one message is no reason to hold back: what is left might be no credit at all.
    if (this.#lastCost === 0 || room < this.#lastCost) return want;
    const over = room % this.#lastCost;
    return over < want ? want - over : want;
  }

  /** What is free of the initial credit, which belongs to the call and not to the pool. Small change is kept back. */
  #ownShare(): number {
    const { initialCreditBytes } = this.#link;
    const free = initialCreditBytes - this.#allowance - this.#held;
    return free < Math.max(1, initialCreditBytes >> 1) ? 0 : free;
  }

  /** Credit that the rest of the message needs beyond what is granted already. */
  #missing(): number {
    return creditCost(this.#total - this.#partialBytes) - this.#allowance;
  }

  /** Gives back to the pool what is neither granted nor held any more. */
  #refund(): void {
    const owed = Math.max(0, this.#allowance + this.#held - this.#link.initialCreditBytes);
    if (this.#pooled > owed) {
      const back = this.#pooled - owed;
      this.#pooled = owed;
      this.#link.pool.giveBack(back);
    }
  }

  #whole(buf: Uint8Array, start: number, end: number, cost: number): void {
    checkMessageSize(end - start, this.#link.maxMessageBytes);
    this.#lastCost = cost;
    this.#link.pool.release(this);
    if (this.#spares === null || end - start < LENT_FROM_BYTES) {
      this.#sink.message(buf, start, end, cost, false);
      return;
    }
    const lent = this.#spares.take(end - start);
    lent.set(buf.subarray(start, end));
    this.#sink.message(lent, 0, lent.length, cost, true);
  }

  #piece(more: boolean, buf: Uint8Array, start: number, end: number, pieceCost: number): void {
    let from = start;
    if (this.#total < 0) {
      if (end - start < TOTAL_BYTES) throw malformed("the first piece of a message has no length");
      this.#total = readU32(buf, start);
      from += TOTAL_BYTES;
      checkMessageSize(this.#total, this.#link.maxMessageBytes);
    } else if (more && start === end) {
      throw malformed("a piece of a message is empty");
    }
    this.#partialCost += pieceCost;
    this.#append(buf, from, end);
    if (more) {
      if (this.#partialBytes >= this.#total) throw malformed("a message goes on past its stated length");
      if (this.#waiting) this.topUp();
      return;
    }
    if (this.#partialBytes !== this.#total) {
      throw malformed(`a message of ${this.#total} bytes ended after ${this.#partialBytes}`);
    }
    const message = this.#partial;
    const bytes = this.#partialBytes;
    const cost = this.#partialCost;
    this.#partial = nothing;
    this.#partialBytes = 0;
    this.#partialCost = 0;
    this.#total = -1;
    this.#link.pool.release(this);
    this.#sink.message(message, 0, bytes, cost, message.length === bytes);
  }

  #append(buf: Uint8Array, start: number, end: number): void {
    const bytes = this.#partialBytes + end - start;
    if (bytes > this.#total) throw malformed("a message is longer than its stated length");
    if (bytes > this.#partial.length) {
      const grown = this.#room(Math.min(this.#total, GROWTH * bytes));
      grown.set(this.#partial.subarray(0, this.#partialBytes));
      this.#spares?.giveBack(this.#partial);
      this.#partial = grown;
    }
    this.#partial.set(buf.subarray(start, end), this.#partialBytes);
    this.#partialBytes = bytes;
  }

  /** Memory that is there already may have room for all of the message, although nobody believes its length. */
  #room(bytes: number): Uint8Array {
    return this.#spares === null ? allocate(bytes) : this.#spares.take(bytes, this.#total);
  }
}

function overrun(bytes: number, allowance: number): VertexError {
  return malformed(`${bytes} message bytes were sent on a credit of ${allowance}`);
}

function malformed(message: string): VertexError {
  return new VertexError("INTERNAL", message, { outcome: "unknown", family: "protocol" });
}

/**
 * Checks the one message of a call for which no receiving half is made.
 * @throws VertexError (protocol) when the peer sends more than the first credit allows; (status) over the limit.
 */
export function checkOnlyMessage(
  bytes: number,
  { initialCreditBytes, maxMessageBytes }: Pick<InboundLink, "initialCreditBytes" | "maxMessageBytes">,
): void {
  if (bytes > creditLimit(initialCreditBytes)) throw overrun(bytes, initialCreditBytes);
  checkMessageSize(bytes, maxMessageBytes);
}

/** @throws VertexError (status) when a message is larger than this side takes: it fails its call, nothing else. */
function checkMessageSize(bytes: number, limit: number): void {
  if (bytes <= limit) return;
  throw new VertexError("RESOURCE_EXHAUSTED", `a message of ${bytes} bytes is over the limit of ${limit}`, {
    outcome: "not-executed",
    family: "status",
  });
}
