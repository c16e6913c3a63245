// The calls that this side has open on one connection: their ids, their CALL frames, and what comes back for them.

import { CALL_FIXED_BYTES, Flag, HEADER_BYTES, Kind, writeCall } from "@vertex/framing";
import { checkLate } from "./accounting.ts";
import { CallTable } from "./call-table.ts";
import { creditLimit } from "./credit.ts";
import { encodeError } from "./encode-error.ts";
import { decodeFailure } from "./failure.ts";
import { withFlags, writeTotal } from "./loop.ts";
import { decodeMetadata } from "./metadata.ts";
import { Outbound, tooLarge } from "./outbound.ts";
import type { CallingLink, OutgoingCall } from "./outgoing-call.ts";
import { type Outcome, VertexError } from "./vertex-error.ts";

/** Ids above this are not opened: the connection is replaced while there is still room for those in flight. */
const LAST_ID = 0xc0000000;

/** Calls in flight from which on half of them go early: a write and what it wakes cost as much as ten calls. */
const MANY_CALLS = 32;

/** The open calls of this side. */
export class Calling {
  readonly #link: CallingLink;
  /** Made for the first call: a server rarely calls its clients. */
  #table: CallTable<OutgoingCall> | null = null;
  #nextId: number;
  #openedId = 0;
  #handedId = 0;
  #maxConcurrent = 0;
  /** How many were open when the other side was last heard. */
  #inFlight = 0;
  /** Frames that came for calls that have settled. */
  #late = 0;
  #toHandOver: OutgoingCall[] | null = null;

  /** @param firstId 1 for the dialing side, 2 for the accepting one. */
  constructor(link: CallingLink, firstId: number) {
    this.#link = link;
    this.#nextId = firstId;
  }

  /** How many calls are open. */
  get size(): number {
    return this.#table?.size ?? 0;
  }

  /** How many have been opened so far. */
  get begun(): number {
    return this.#nextId >>> 1;
  }

  /** What is held of answers until they are taken, in bytes of credit. */
  get heldBytes(): number {
    return this.#table?.sum((call) => call.heldBytes) ?? 0;
  }

  /** True when the ids of this connection are used up. */
  get spent(): boolean {
    return this.#nextId > LAST_ID;
  }

  /** The handshake has said how many calls may be open at once. */
  allow(maxConcurrent: number): void {
    this.#maxConcurrent = maxConcurrent;
  }

  /** Sends the CALL frame. False, with nothing done, when there is no room. */
  open(call: OutgoingCall): boolean {
    if (this.size >= this.#maxConcurrent || this.#link.congested || this.spent) return false;
    const id = this.#nextId;
    this.#nextId += 2;
    const { method, metadata } = call;
    const { outbox } = this.#link;
    const writer = outbox.begin();
    const at = writer.pos - HEADER_BYTES;
    const metadataBytes = metadata === null ? 0 : metadata.length;
    writer.ensure(CALL_FIXED_BYTES + metadataBytes);
    writeCall(writer.buf, writer.pos, method.id, call.remainingForWire, metadataBytes);
    writer.pos += CALL_FIXED_BYTES;
    if (metadata !== null) writer.raw(metadata);
    const start = writer.pos;
    if (call.request !== undefined) {
      try {
        method.request.encode(call.request, writer);
      } catch (error) {
        outbox.rollback(at);
        call.giveUp(encodeError(error, method.request, call.request));
        return true;
      }
    }
    const bytes = writer.pos - start;
    const limit = this.#firstPieceLimit(start - at - HEADER_BYTES);
    if (bytes > limit) return this.#openLarge(call, id, at, start, limit);
    this.#opened(call, id);
    if (method.kind === "one_way") this.#written(call);
    outbox.commit(at, withFlags(Kind.CALL, false, call.request !== undefined), id);
    this.#sendHalf();
    return true;
  }

  /** Bytes have come: calls are about to settle, and others will take their places. */
  heard(): void {
    this.#inFlight = this.size;
  }

  /** All frames written so far are with the transport. */
  handedOver(): void {
    this.#handedId = this.#openedId;
    const calls = this.#toHandOver;
    if (calls === null) return;
    this.#toHandOver = null;
    for (const call of calls) call.handedOver();
  }

  /**
   * Half of what is in flight does not wait for the end of the turn. Two sides that write once a turn each take turns: one
   * sleeps while the other works on all of it. In two halves, each has one while the other side has the other.
   */
  #sendHalf(): void {
    const { outbox } = this.#link;
    const inFlight = Math.max(this.#inFlight, this.size);
    if (inFlight >= MANY_CALLS && 2 * outbox.unsentFrames >= inFlight) outbox.write();
  }

  /** A one-way call has been written whole: it is done when it is with the transport. */
  #written(call: OutgoingCall): void {
    this.#toHandOver ??= [];
    this.#toHandOver.push(call);
  }

  /** The call with that id; undefined when it has settled. Throws for an id that was never opened, and for too many. */
  find(id: number): OutgoingCall | undefined {
    if (id > this.#openedId) {
      throw new VertexError("INTERNAL", `a frame for call ${id}, which was never opened`, {
        family: "protocol",
      });
    }
    const call = this.#table?.get(id);
    if (call === undefined) checkLate(++this.#late, this.#openedId >>> 1, this.#link);
    return call;
  }

  /** A DATA frame. What fails one call only (a message over the limit) ends that call. */
  data(flags: number, id: number, buf: Uint8Array, start: number, end: number): void {
    const call = this.find(id);
    if (call === undefined) return;
    try {
      call.data(flags, buf, start, end);
    } catch (error) {
      if (!(error instanceof VertexError) || error.family !== "status") throw error;
      call.giveUp(new VertexError(error.code, error.message, { outcome: "executed" }));
    }
  }

  /** A FINISH frame: the end of the answers, with trailers. */
  finish(id: number, buf: Uint8Array, start: number, end: number): void {
    this.find(id)?.succeed(decodeMetadata(buf, start, end));
  }

  /** A FAIL frame. */
  failed(id: number, buf: Uint8Array, start: number, end: number): void {
    const call = this.find(id);
    if (call === undefined) return;
    const { reader } = this.#link.loop;
    reader.reset(buf, start, end);
    call.fail(decodeFailure(reader, call.method.path, this.#link.peerAddress));
  }

  settled(call: OutgoingCall): void {
    this.#table?.remove(call.id);
  }

  /** The other side does not execute calls above `lastCallId`. */
  refusedAbove(lastCallId: number, message: string): void {
    for (const call of this.#table?.all() ?? []) {
      if (call.id > lastCallId) call.interrupted("not-executed", message, undefined);
    }
  }

  /** The connection is gone: every open call ends or moves. */
  interruptAll(message: string, cause: unknown): void {
    for (const call of this.#table?.all() ?? []) call.interrupted(this.#outcomeOf(call), message, cause);
  }

  #outcomeOf(call: OutgoingCall): Outcome {
    if (call.answered) return "executed";
    const incomplete = call.request !== undefined && call.outbound !== null && !call.outbound.idle;
    return call.id > this.#handedId || incomplete ? "not-executed" : "unknown";
  }

  #firstPieceLimit(overhead: number): number {
    const { peerMaxFrameBytes, peerInitialCreditBytes } = this.#link;
    return Math.min(peerMaxFrameBytes - overhead, creditLimit(peerInitialCreditBytes));
  }

  #openLarge(call: OutgoingCall, id: number, at: number, start: number, limit: number): boolean {
    const { outbox, loop, peerMaxMessageBytes } = this.#link;
    const { writer } = loop;
    const own = outbox.takeOut(start);
    if (own.length > peerMaxMessageBytes || limit < 256) {
      outbox.rollback(at);
      outbox.release(own);
      call.giveUp(limit < 256 ? metadataTooLarge() : tooLarge(own.length, peerMaxMessageBytes));
      return true;
    }
    writeTotal(writer, own.length);
    writer.raw(own.subarray(0, limit - 4));
    this.#opened(call, id);
    outbox.commit(at, Kind.CALL | Flag.MORE, id);
    const outbound = new Outbound(this.#link, id, this.#link.peerInitialCreditBytes);
    outbound.charge(limit);
    call.outbound = outbound;
    if (call.method.kind === "one_way") {
      outbound.onEnded = () => {
        this.#written(call);
        outbox.flushSoon();
      };
    }
    outbound.sendTaken(own, limit - 4, true);
    return true;
  }

  #opened(call: OutgoingCall, id: number): void {
    this.#openedId = id;
    call.opened(this.#link, id);
    this.#table ??= new CallTable();
    this.#table.add(call);
  }
}

function metadataTooLarge(): VertexError {
  return new VertexError("RESOURCE_EXHAUSTED", "the metadata does not fit a frame of the other side", {
    outcome: "not-executed",
    family: "usage",
  });
}
