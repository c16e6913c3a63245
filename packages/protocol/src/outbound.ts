// The sending half of one call: messages to frames, as the other side's credit and the transport allow. A message
// that can go at once is encoded straight into the shared buffer; only what has to wait gets a buffer of its own.

import { HEADER_BYTES, Kind, writeU32 } from "@vertex/framing";
import { creditCost, creditLimit } from "./credit.ts";
import { encodeError } from "./encode-error.ts";
import { type Outbox, TOTAL_BYTES, withFlags } from "./loop.ts";
import type { Codec } from "./service.ts";
import type { Turns } from "./turns.ts";
import { VertexError } from "./vertex-error.ts";

/** What one stream sends at once before others have their turn: message bytes, and what each message costs beside them. */
const BURST_BYTES = 131_072;
const MESSAGE_COST_BYTES = 64;

/** What an outbound half needs from its session. */
export interface OutboundLink {
  readonly outbox: Outbox;
  /** True while nothing but control frames should be written. */
  readonly congested: boolean;
  /** Limits of the receiver. */
  readonly peerMaxFrameBytes: number;
  readonly peerMaxMessageBytes: number;
  /** Calls `outbound.pump` when there is room, in turn with the others. */
  enqueue(outbound: Outbound): void;
  /** Something has to wait for room or credit. */
  waits(): void;
}

/** A message that waits, or `null` bytes for a bare end with these trailers. */
interface Waiting {
  readonly bytes: Uint8Array;
  sent: number;
  /** Its first piece, which says how long the whole is, has gone. */
  begun: boolean;
  readonly end: boolean;
  readonly finish: boolean;
}

/** The sending half. */
export class Outbound {
  readonly #link: OutboundLink;
  readonly #callId: number;
  #credit: number;
  #waiting: Waiting[] = [];
  #roomWanted: (() => void)[] = [];
  #queued = false;
  /** What has been sent since the last rest. */
  #burst = 0;
  #closed = false;
  #ended = false;
  /** Room kept before the next message: it will have to be cut, as the last one was. */
  #room: 0 | typeof TOTAL_BYTES = 0;
  /** Called once, when the last frame of this half has been written. */
  onEnded: (() => void) | null = null;

  constructor(link: OutboundLink, callId: number, credit: number) {
    this.#link = link;
    this.#callId = callId;
    this.#credit = credit;
  }

  /** True when nothing waits to be sent. */
  get idle(): boolean {
    return this.#waiting.length === 0;
  }

  /** What waits to be sent, in bytes: all of a message until its last piece has gone. */
  get unsentBytes(): number {
    return this.#waiting.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** True once the end has been written or queued. */
  get ended(): boolean {
    return this.#ended;
  }

  /** It has sent as much as it may in one turn of the event loop. */
  get tired(): boolean {
    return this.#burst >= BURST_BYTES;
  }

  /** Resolves when others have had their turn. */
  rest(turns: Turns): Promise<void> {
    this.#burst = 0;
    return turns.rest();
  }

  /** The other side allows `bytes` more. */
  grant(bytes: number): void {
    this.#credit += bytes;
    if (!this.idle) this.#requeue();
  }

  /**
   * Sends a message, now or when there is room.
   * @throws VertexError when it cannot be encoded or is over the receiver's limit; nothing is sent then.
   */
  send<T>(codec: Codec<T>, message: T, end: boolean): void {
    const { outbox, congested, peerMaxFrameBytes, peerMaxMessageBytes } = this.#link;
    const start = encodeBehindHeader(outbox, codec, message, this.#room);
    const bytes = outbox.writer.pos - start;
    this.#burst += bytes + MESSAGE_COST_BYTES;
    // Without credit not even an empty message goes: it would overtake those that wait.
    const limit = this.idle && !congested ? Math.min(peerMaxFrameBytes, creditLimit(this.#credit)) : -1;
    if (limit > 0 && bytes <= limit) {
      const at = this.#place(start, 0) - HEADER_BYTES;
      outbox.commit(at, withFlags(Kind.DATA, false, end), this.#callId);
      this.#credit -= creditCost(bytes);
      if (end) this.#finished();
    } else if (limit > 0 && bytes <= 2 * limit && bytes <= peerMaxMessageBytes) {
      this.#cut(this.#place(start, TOTAL_BYTES), bytes, limit, end);
    } else {
      const own = outbox.takeOut(start);
      outbox.rollback(start - this.#room - HEADER_BYTES);
      this.sendTaken(own, 0, end);
    }
  }

  /**
   * Sends a message, or the rest of one of which `sent` bytes have gone already, that was taken out of the outbox.
   * @throws VertexError when it is over the receiver's limit.
   */
  sendTaken(bytes: Uint8Array, sent: number, end: boolean): void {
    const limit = this.#link.peerMaxMessageBytes;
    if (bytes.length > limit) {
      this.#link.outbox.release(bytes);
      throw tooLarge(bytes.length, limit);
    }
    this.#ended ||= end;
    this.#keep({ bytes, sent, begun: sent > 0, end, finish: false });
    // The first piece goes at once; where that has been done, others have their turn now.
    if (sent === 0 && this.#waiting.length === 1 && !this.#link.congested) this.pump();
    else this.#requeue();
  }

  /** Charges what a CALL frame carried. */
  charge(bytes: number): void {
    this.#credit -= creditCost(bytes);
  }

  /** Ends this half with a FINISH frame, behind everything that waits. */
  finish(trailers: Uint8Array): void {
    this.#ended = true;
    this.#keep({ bytes: trailers, sent: 0, begun: true, end: true, finish: true });
    if (this.#waiting.length === 1 && !this.#link.congested) this.pump();
    else this.#requeue();
  }

  /** Resolves when nothing waits to be sent, or the call is over. */
  room(): Promise<void> {
    if (this.idle || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#roomWanted.push(resolve));
  }

  /** Sends one frame if it can. Called by the session in turn. */
  pump(): void {
    this.#queued = false;
    const first = this.#waiting[0];
    if (this.#closed || first === undefined) return;
    if (first.finish) {
      this.#waiting.shift();
      this.#link.outbox.frame(Kind.FINISH, this.#callId, first.bytes);
    } else if (!this.#sendPiece(first)) {
      return;
    } else if (first.sent < first.bytes.length) {
      this.#requeue();
      return;
    }
    if (first.end) this.#finished();
    if (this.idle) this.#announceRoom();
    else this.#requeue();
  }

  /** The call is over: nothing more is sent. */
  close(): void {
    this.#closed = true;
    for (const { bytes, finish } of this.#waiting) if (!finish) this.#link.outbox.release(bytes);
    this.#waiting = [];
    this.#announceRoom();
  }

  #frameLimit(): number {
    return Math.min(this.#link.peerMaxFrameBytes, creditLimit(this.#credit));
  }

  #sendPiece(message: Waiting): boolean {
    const limit = this.#frameLimit();
    if (limit === 0) return false;
    const { bytes, sent } = message;
    const left = bytes.length - sent;
    const first = !message.begun && left > limit;
    const take = Math.min(left, first ? limit - TOTAL_BYTES : limit);
    const more = take < left;
    const { outbox } = this.#link;
    this.#credit -= creditCost(take + (first ? TOTAL_BYTES : 0));
    message.sent += take;
    message.begun = true;
    const kind = withFlags(Kind.DATA, more, message.end);
    // It waits no more before anybody hears of it: nobody else may release it.
    if (!more) this.#waiting.shift();
    if (sent === 0 && !more) {
      outbox.message(kind, this.#callId, bytes);
    } else {
      outbox.piece(kind, this.#callId, bytes.subarray(sent, sent + take), first ? bytes.length : -1);
      if (!more) outbox.release(bytes);
    }
    return true;
  }

  /** Moves the message in the writer so that it has `room` before it, and keeps as much for the next one. Returns where it starts. */
  #place(start: number, room: 0 | typeof TOTAL_BYTES): number {
    const by = room - this.#room;
    if (by === 0) return start;
    this.#room = room;
    const { writer } = this.#link.outbox;
    writer.ensure(TOTAL_BYTES);
    writer.buf.copyWithin(start + by, start, writer.pos);
    writer.pos += by;
    return start + by;
  }

  /** Sends what fits of the message at `start`. A short rest goes along; what is longer lets others have their turn. */
  #cut(start: number, bytes: number, limit: number, end: boolean): void {
    const { outbox } = this.#link;
    const at = start - TOTAL_BYTES - HEADER_BYTES;
    const cut = at + HEADER_BYTES + limit;
    const left = outbox.writer.pos - cut;
    writeU32(outbox.writer.buf, start - TOTAL_BYTES, bytes);
    this.#credit -= creditCost(limit);
    const first = withFlags(Kind.DATA, true, false);
    if (left <= this.#frameLimit()) {
      this.#credit -= creditCost(left);
      outbox.commitCut(at, cut, first, withFlags(Kind.DATA, false, end), this.#callId);
      if (end) this.#finished();
      return;
    }
    const rest = outbox.takeOut(cut);
    this.#ended ||= end;
    outbox.commit(at, first, this.#callId);
    this.#keep({ bytes: rest, sent: 0, begun: true, end, finish: false });
    this.#requeue();
  }

  #keep(message: Waiting): void {
    this.#waiting.push(message);
    this.#link.waits();
  }

  #requeue(): void {
    if (this.#queued || this.#closed) return;
    const first = this.#waiting[0];
    if (first === undefined || (this.#credit <= 0 && !first.finish)) return;
    this.#queued = true;
    this.#link.enqueue(this);
  }

  #finished(): void {
    this.#ended = true;
    this.onEnded?.();
  }

  #announceRoom(): void {
    const wanted = this.#roomWanted;
    this.#roomWanted = [];
    for (const resolve of wanted) resolve();
  }
}

/**
 * Encodes a message into the shared buffer and sends it as one DATA frame if credit and transport allow.
 * @returns the cost in credit when it has been sent; else its bytes, for `sendTaken`.
 * @throws VertexError when it cannot be encoded; nothing is sent then.
 */
export function sendNow<T>(
  link: OutboundLink,
  callId: number,
  codec: Codec<T>,
  message: T,
  end: boolean,
  credit: number,
): number | Uint8Array {
  const { outbox } = link;
  const start = encodeBehindHeader(outbox, codec, message, 0);
  const at = start - HEADER_BYTES;
  const { writer } = outbox;
  const bytes = writer.pos - start;
  // Without credit not even an empty message goes: it would overtake those that wait.
  if (credit > 0 && !link.congested && bytes <= link.peerMaxFrameBytes && bytes <= creditLimit(credit)) {
    outbox.commit(at, withFlags(Kind.DATA, false, end), callId);
    return creditCost(bytes);
  }
  const own = outbox.takeOut(start);
  outbox.rollback(at);
  return own;
}

/**
 * Encodes into the shared buffer, behind the room for a header and `room` more; returns where the message starts.
 * @throws VertexError when it cannot be encoded; the buffer is as it was then.
 */
function encodeBehindHeader<T>(outbox: Outbox, codec: Codec<T>, message: T, room: number): number {
  const writer = outbox.begin();
  const at = writer.pos - HEADER_BYTES;
  writer.pos += room;
  const start = writer.pos;
  try {
    codec.encode(message, writer);
  } catch (error) {
    outbox.rollback(at);
    throw encodeError(error, codec, message);
  }
  return start;
}

/** A message is larger than the receiver takes. */
export function tooLarge(bytes: number, limit: number): VertexError {
  return new VertexError(
    "RESOURCE_EXHAUSTED",
    `a message of ${bytes} bytes is over the ${limit} that the other side takes`,
    { outcome: "not-executed", family: "usage" },
  );
}
