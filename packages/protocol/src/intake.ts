// What one connection reads: how much of it in one turn of the event loop, and when it reads no more for a while.
// Counts bytes, frames and time. The rest of a chunk that a turn has no time for is copied, since all sockets read
// into one buffer, and the transport is paused until it has been taken in: at most one read is held.

import { FrameDecoder, type FrameSink } from "@vertex/framing";
import { HANDSHAKE_FRAME_BYTES } from "./handshake.ts";
import type { Loop } from "./loop.ts";
import type { Transport } from "./transport.ts";
import { TURN_MS, type Waiting } from "./turns.ts";

/** What one connection may use up in one turn: a frame counts one, and one more for every KiB of its payload. */
const TURN_UNITS = 256;
/** The clock is asked between slices of that many units. */
const SLICE_UNITS = 32;
/** Turns that a connection sits out at most, however long it has kept the event loop busy. */
const MAX_SIT_OUT = 64;

/** Why nothing is read: bits, so that several can hold at once. */
export const Hold = {
  /** `authenticate` decides. */
  DECIDING: 1,
  /** The peer does not read what it is sent. */
  UNREAD: 2,
  /** The connection has had its share of this turn. */
  TURN: 4,
} as const;

/** What a peer has sent, and what that has cost. */
export interface Usage {
  /** Bytes received. */
  readonly bytes: number;
  /** Frames taken in. */
  readonly frames: number;
  /** Time that taking them in has kept the event loop busy, in milliseconds: handlers that answer at once included. */
  readonly busyMs: number;
}

/** Whom an intake serves. */
export interface IntakeOwner extends FrameSink {
  /** The bytes that came have been taken in, as far as this turn goes. */
  taken(): void;
  /** They were not frames, or something in them was not allowed. */
  violated(error: unknown): void;
}

/** The reading half of one connection. */
export class Intake implements Waiting, Usage {
  readonly decoder: FrameDecoder;
  bytes = 0;
  busyMs = 0;
  readonly #loop: Loop;
  readonly #transport: Transport;
  readonly #owner: IntakeOwner;
  #holds = 0;
  #rest: Uint8Array | null = null;
  #sitOut = 0;
  /** Stands among those that wait for a turn. */
  #waiting = false;

  constructor(loop: Loop, transport: Transport, owner: IntakeOwner, maxFrameBytes: number) {
    this.#loop = loop;
    this.#transport = transport;
    this.#owner = owner;
    this.decoder = new FrameDecoder(owner, Math.min(HANDSHAKE_FRAME_BYTES, maxFrameBytes));
    this.decoder.maxPayloadBytes = HANDSHAKE_FRAME_BYTES;
  }

  /** The handshake is done: frames may be as large as they may be. */
  opened(maxFrameBytes: number): void {
    this.decoder.maxFrameBytes = maxFrameBytes;
    this.decoder.maxPayloadBytes = Number.POSITIVE_INFINITY;
  }

  get frames(): number {
    return this.decoder.frames;
  }

  /** True while nothing is read, for whatever reason. */
  get held(): boolean {
    return this.#holds !== 0;
  }

  /** Which frame, counted from the first, has begun and is awaited; -1 when none is. */
  get unfinished(): number {
    return this.decoder.heldBytes === 0 || this.held ? -1 : this.decoder.frames;
  }

  /** Bytes that have come and were not taken in: the rest of a chunk, and a torn frame. */
  get heldBytes(): number {
    return (this.#rest?.length ?? 0) + this.decoder.heldBytes;
  }

  /** Takes bytes in, `now` being the time. They are not kept. */
  received(chunk: Uint8Array, now: number): void {
    this.bytes += chunk.length;
    if (this.#rest === null) this.#take(chunk, now, false);
    // A transport that delivers although it is paused.
    else this.#rest = joined(this.#rest, chunk);
  }

  /** Reads no more until the same reason is released. */
  hold(reason: number): void {
    if (this.#holds === 0) this.#transport.pause();
    this.#holds |= reason;
  }

  release(reason: number): void {
    if ((this.#holds & reason) === 0) return;
    this.#holds &= ~reason;
    if (this.#holds === 0) this.#transport.resume();
    else if (this.#holds === Hold.TURN) this.#wait();
  }

  turn(): void {
    this.#waiting = false;
    if (this.#sitOut > 0) {
      this.#sitOut--;
      this.#wait();
    } else if (this.#rest === null) {
      this.release(Hold.TURN);
    } else if (this.#holds === Hold.TURN) {
      const rest = this.#rest;
      this.#rest = null;
      this.#take(rest, this.#loop.clock.now(), true);
    }
  }

  /** The transport is gone: takes in what is left of what it brought, at once. */
  finish(): void {
    const rest = this.#rest;
    this.#rest = null;
    if (rest === null) return;
    this.#loop.tookInAt = this.#loop.clock.now();
    try {
      this.decoder.push(rest);
    } catch (error) {
      this.#owner.violated(error);
    }
  }

  /** Takes in nothing more. */
  stop(): void {
    this.#rest = null;
    this.decoder.stop();
  }

  #take(chunk: Uint8Array, start: number, own: boolean): void {
    const { clock } = this.#loop;
    let pos = 0;
    let units = TURN_UNITS;
    let now = start;
    try {
      do {
        this.#loop.tookInAt = now;
        pos = this.decoder.push(chunk, pos, SLICE_UNITS);
        now = clock.now();
        units -= SLICE_UNITS;
      } while (pos < chunk.length && units > 0 && now - start < TURN_MS);
    } catch (error) {
      this.#owner.violated(error);
      pos = chunk.length;
    }
    this.busyMs += now - start;
    if (pos < chunk.length) this.#rest = own ? chunk.subarray(pos) : chunk.slice(pos);
    // Who has taken several turns' time sits as many out. On an idle event loop they pass at once.
    if (now - start >= TURN_MS) this.#sitOut = Math.min(MAX_SIT_OUT, Math.floor((now - start) / TURN_MS));
    if (this.#rest !== null || this.#sitOut > 0) {
      this.hold(Hold.TURN);
      this.#wait();
    } else {
      this.release(Hold.TURN);
    }
    this.#owner.taken();
  }

  #wait(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#loop.turns.wait(this);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
