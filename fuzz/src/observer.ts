// Reads what a session under test sends, and holds it to the protocol: well-formed frames inside the limits and the
// credit that the other side stated, rising ids, nothing behind the end of a call's half or of the connection.

import {
  CALL_FIXED_BYTES,
  Flag,
  FrameDecoder,
  Kind,
  kindName,
  readCallMessageStart,
  readU32,
} from "@vertex/framing";
import { mustHold } from "./target.ts";

/** PROTOCOL.md: a frame costs that much at least, and may carry that much on the last of its credit. */
const FRAME_COST_BYTES = 256;

/** What one half of a call may still do. */
interface Half {
  credit: number;
  ended: boolean;
}

/** What the other side stated. */
export interface StatedLimits {
  readonly maxFrameBytes: number;
  readonly initialCreditBytes: number;
}

/** The reader of one session's output. */
export class Observer {
  /** Frames seen, by name. */
  readonly seen = new Set<string>();
  /** Ids of the calls that the session has opened, in order. */
  readonly opened: number[] = [];
  /** Credit that the session granted, by call. */
  readonly grants = new Map<number, number>();
  readonly #role: "dialer" | "acceptor";
  readonly #limits: StatedLimits;
  readonly #decoder: FrameDecoder;
  readonly #toldDecoder: FrameDecoder;
  readonly #halves = new Map<number, Half>();
  #frames = 0;
  #said = 0;
  #closing = false;

  constructor(role: "dialer" | "acceptor", limits: StatedLimits) {
    this.#role = role;
    this.#limits = limits;
    this.#decoder = new FrameDecoder(this, 0xffffff);
    this.#toldDecoder = new FrameDecoder(
      {
        frame: (kind, callId, buf, start, end) => {
          if ((kind & 0x0f) === Kind.CREDIT && end - start === 4) this.#granted(callId, readU32(buf, start));
        },
      },
      0xffffff,
    );
  }

  received(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
  }

  /** The session is sent these bytes. A CREDIT counts however it came about: made up byte by byte it is one all the same. */
  told(bytes: Uint8Array): void {
    try {
      this.#toldDecoder.push(bytes);
    } catch {
      // What is no frame the session does not take either, nor what follows.
    }
  }

  #granted(callId: number, bytes: number): void {
    const half = this.#halves.get(callId);
    if (half === undefined)
      this.#halves.set(callId, { credit: this.#limits.initialCreditBytes + bytes, ended: false });
    else half.credit += bytes;
  }

  frame(kind: number, callId: number, buf: Uint8Array, start: number, end: number): void {
    const base = kind & 0x0f;
    const name = kindName(kind);
    this.seen.add(name);
    const opening = this.#role === "dialer" ? Kind.HELLO : Kind.WELCOME;
    mustHold(this.#frames++ > 0 || base === opening || base === Kind.GOAWAY, `${name} is what it says first`);
    mustHold(base !== opening || this.#said++ === 0, `${name} a second time`);
    mustHold(!this.#closing, `${name} behind the last GOAWAY`);
    if (base === Kind.CALL) this.#call(kind, callId, start, end, readCallMessageStart(buf, start, end));
    else if (base === Kind.CREDIT)
      this.grants.set(callId, (this.grants.get(callId) ?? 0) + readU32(buf, start));
    else if (base === Kind.DATA) this.#data(kind, callId, end - start, end - start);
    else if (base === Kind.FINISH || base === Kind.FAIL) this.#end(name, callId);
  }

  #call(kind: number, callId: number, start: number, end: number, messageStart: number): void {
    mustHold(callId > (this.opened.at(-1) ?? 0), `CALL ${callId} is not above the ids before it`);
    mustHold(
      (callId & 1) === (this.#role === "dialer" ? 1 : 0),
      `CALL ${callId} has the other side's parity`,
    );
    this.opened.push(callId);
    mustHold(messageStart >= start + CALL_FIXED_BYTES, "a CALL without its fixed part");
    if ((kind & 0xf0) !== 0) this.#data(kind, callId, end - messageStart, end - start);
  }

  #data(kind: number, callId: number, messageBytes: number, payloadBytes: number): void {
    const half = this.#half(callId);
    mustHold(!half.ended, `DATA behind the end of a call's half`);
    mustHold(payloadBytes <= this.#limits.maxFrameBytes, "a frame above the receiver's limit");
    mustHold(
      messageBytes <= (half.credit <= 0 ? 0 : Math.max(half.credit, FRAME_COST_BYTES)),
      `more than the receiver's credit\n${messageBytes} of ${half.credit}`,
    );
    half.credit -= Math.max(messageBytes, FRAME_COST_BYTES);
    if ((kind & Flag.END) !== 0) half.ended = true;
  }

  #end(name: string, callId: number): void {
    const half = this.#half(callId);
    mustHold(!half.ended, `${name} behind the end of a call's half`);
    half.ended = true;
  }

  #half(callId: number): Half {
    let half = this.#halves.get(callId);
    if (half === undefined) {
      half = { credit: this.#limits.initialCreditBytes, ended: false };
      this.#halves.set(callId, half);
    }
    return half;
  }
}
