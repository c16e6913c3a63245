// The sending side of a connection: control frames at once, the pieces of waiting calls in turn, and the state of
// congestion between them and the transport.

import { Flag, HEADER_BYTES, Kind, writeU32 } from "@vertex/framing";
import type { BinaryWriter } from "@vertex/wire";
import { encodeFailure } from "./failure.ts";
import { type Loop, Outbox, type OutboxOwner } from "./loop.ts";
import type { Outbound, OutboundLink } from "./outbound.ts";
import type { Transport } from "./transport.ts";
import type { Waiting } from "./turns.ts";
import type { VertexError } from "./vertex-error.ts";

/** Message bytes that one turn of the event loop sends at most before input gets its turn. */
const TURN_BYTES = 1_048_576;
const nothing = new Uint8Array(0);

/** Whom a sender serves. */
export interface SenderOwner {
  /** All frames written so far are with the transport. */
  handedOver(): void;
  /** Something has to wait for the other side. */
  waits(): void;
}

/** Everything that goes out on one connection goes through here. */
export class Sender implements OutboundLink, OutboxOwner, Waiting {
  readonly outbox: Outbox;
  peerMaxFrameBytes: number;
  peerMaxMessageBytes: number;
  #congested = false;
  readonly #loop: Loop;
  readonly #transport: Transport;
  readonly #owner: SenderOwner;
  /** Calls with something to send, in turn. Made for the first: most connections never need it. */
  #ready: Outbound[] | null = null;
  #pumping = false;

  constructor(loop: Loop, transport: Transport, owner: SenderOwner) {
    this.#loop = loop;
    this.#transport = transport;
    this.#owner = owner;
    this.peerMaxFrameBytes = 1_024;
    this.peerMaxMessageBytes = 1_024;
    this.outbox = new Outbox(loop, transport, this);
  }

  flushed(): void {
    this.#congested = this.#transport.congested;
    this.#owner.handedOver();
  }

  /** True while nothing but control frames should be written. */
  get congested(): boolean {
    return this.#congested;
  }

  /** The transport takes bytes again. */
  drained(): void {
    this.#congested = this.#transport.congested;
    this.outbox.drained();
    this.#pumpTurn();
  }

  turn(): void {
    this.#pumping = false;
    this.#pumpTurn();
  }

  enqueue(outbound: Outbound): void {
    this.#ready ??= [];
    this.#ready.push(outbound);
    this.#pumpLater();
  }

  waits(): void {
    this.#owner.waits();
  }

  /** Writes one control frame through `write`. */
  control(kind: number, write: (writer: BinaryWriter) => void): void {
    const writer = this.outbox.begin();
    const at = writer.pos - HEADER_BYTES;
    write(writer);
    this.outbox.commit(at, kind, 0);
  }

  /** PING or PONG. */
  ping(kind: typeof Kind.PING | typeof Kind.PONG, payload: Uint8Array): void {
    this.outbox.frame(kind, 0, payload);
  }

  goaway(payload: Uint8Array): void {
    this.outbox.frame(Kind.GOAWAY, 0, payload);
  }

  fail(callId: number, error: VertexError): void {
    this.outbox.frame(Kind.FAIL, callId, encodeFailure(error));
  }

  cancel(callId: number): void {
    this.outbox.frame(Kind.CANCEL, callId, nothing);
  }

  grant(callId: number, bytes: number): void {
    const payload = new Uint8Array(4);
    writeU32(payload, 0, bytes);
    this.outbox.frame(Kind.CREDIT, callId, payload);
  }

  /** The connection is over. */
  close(): void {
    this.#ready = null;
    this.outbox.close();
  }

  #pumpTurn(): void {
    let room = TURN_BYTES / this.peerMaxFrameBytes;
    while (!this.#congested && room-- > 0) {
      const next = this.#ready?.shift();
      if (next === undefined) return;
      next.pump();
    }
    if (this.#ready !== null && this.#ready.length > 0) this.#pumpLater();
  }

  #pumpLater(): void {
    if (this.#pumping || this.#congested) return;
    this.#pumping = true;
    this.#loop.turns.wait(this);
  }
}

/** The flags of a kind byte. */
export function flagsOf(kind: number): number {
  return kind & (Flag.END | Flag.MORE | 0x30);
}
