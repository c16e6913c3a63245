// What a peer may cost: token buckets, and the budgets of one connection for frames that are cheaper to send than to
// take. Pure: told the time. Every budget has a name, which the stats, the log and the GOAWAY show.

import { ALONE_FACTOR, FRAME_COST_BYTES } from "./credit.ts";
import { VertexError } from "./vertex-error.ts";

/** Budgets and limits whose excess ends a connection with reason LIMIT. */
export type LimitName =
  | "pings"
  | "resets"
  | "lateFrames"
  | "earlyFrames"
  | "frameTimeoutMs"
  | "maxUnsentBytes"
  | "maxHeldBytes"
  | "maxHandshakes";

/** A peer has used more than a limit allows. The connection ends. */
export class LimitExceeded extends VertexError {
  readonly limit: LimitName;

  constructor(limit: LimitName, message: string) {
    super("RESOURCE_EXHAUSTED", `${limit}: ${message}`, { family: "protocol" });
    this.limit = limit;
  }
}

/** Tokens that come back at a steady rate, up to a burst. Taking may leave a debt, which is paid back first. */
export class Bucket {
  readonly ratePerSecond: number;
  readonly burst: number;
  #tokens: number;
  #at: number;

  /** Full at `now`. */
  constructor(ratePerSecond: number, burst: number, now: number) {
    this.ratePerSecond = ratePerSecond;
    this.burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Tokens there are; below zero when there is a debt. */
  available(now: number): number {
    if (now > this.#at) {
      this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#at) * this.ratePerSecond) / 1_000);
      this.#at = now;
    }
    return this.#tokens;
  }

  /** Time until there are `tokens`, in milliseconds: 0 when they are there. Asking for more than the burst asks for the burst. */
  waitMs(tokens: number, now: number): number {
    const missing = Math.min(tokens, this.burst) - this.available(now);
    return missing <= 0 ? 0 : (missing * 1_000) / this.ratePerSecond;
  }

  /** Takes `tokens`, whether or not they are there. */
  charge(tokens: number, now: number): void {
    this.#tokens = this.available(now) - tokens;
  }

  /** Takes `tokens` if they are there. */
  take(tokens: number, now: number): boolean {
    if (this.available(now) < tokens) return false;
    this.#tokens -= tokens;
    return true;
  }

  /** Gives tokens beside those that come with time. */
  earn(tokens: number): void {
    this.#tokens = Math.min(this.burst, this.#tokens + tokens);
  }
}

/** PINGs and announcements of the end that a peer may send: so many at once, then so many a second. */
export const PING_BURST = 1_000;
export const PINGS_PER_SECOND = 100;
/** Those beyond are answered until this many: the connection ends. */
export const PING_STRIKES = 3;

/** The PINGs of one connection. */
export class PingBudget {
  readonly #bucket: Bucket;
  #strikes = 0;

  constructor(now: number) {
    this.#bucket = new Bucket(PINGS_PER_SECOND, PING_BURST, now);
  }

  /** @throws LimitExceeded at the last strike. */
  spend(now: number): void {
    if (this.#bucket.take(1, now) || ++this.#strikes < PING_STRIKES) return;
    throw new LimitExceeded("pings", `more than ${PINGS_PER_SECOND} a second`);
  }
}

/** Resets that a connection has at once at the least; it has as many as it may have calls open, if that is more. */
export const RESET_BURST = 100;
export const RESETS_PER_SECOND = 33;
/** A call that has less time left than this, in milliseconds, is not reset: both sides are giving it up. */
export const RESET_MARGIN_MS = 100;

/**
 * Calls of one connection that the peer has taken back before anything was answered, or has made this side break off.
 * Every other call earns one, so that only connections that do little else come to the end of it.
 */
export class ResetBudget {
  readonly #bucket: Bucket;
  #calls = 0;

  constructor(maxConcurrent: number, now: number) {
    this.#bucket = new Bucket(RESETS_PER_SECOND, Math.max(RESET_BURST, maxConcurrent), now);
  }

  /**
   * @param calls how many there have been on the connection.
   * @throws LimitExceeded when the budget is used up.
   */
  spend(calls: number, now: number): void {
    this.#bucket.earn(Math.max(0, calls - this.#calls - 1));
    this.#calls = calls;
    if (this.#bucket.take(1, now)) return;
    throw new LimitExceeded("resets", "calls are taken back faster than they are answered");
  }
}

/** Frames for calls that are over which a connection may receive beside those that its calls account for. */
export const LATE_FRAMES = 16_384;
/** Those without message bytes that may be on their way when a call ends. */
const LATE_CONTROL = 8;

/** Message bytes that this side grants a call: at first, and later on. */
interface CallCredit {
  readonly initialCreditBytes: number;
  readonly callCreditBytes: number;
  /** Calls that were granted more, being alone. */
  readonly aloneCalls: number;
}

/**
 * Frames for calls that are over. Some are normal: they were on their way. Credit bounds how many that can be.
 * @throws LimitExceeded when there are more.
 */
export function checkLate(late: number, calls: number, credit: CallCredit): void {
  const { initialCreditBytes, callCreditBytes, aloneCalls } = credit;
  const bytes =
    calls * (initialCreditBytes + callCreditBytes) + aloneCalls * (ALONE_FACTOR - 1) * callCreditBytes;
  if (late <= LATE_FRAMES + bytes / FRAME_COST_BYTES + calls * LATE_CONTROL) return;
  throw new LimitExceeded("lateFrames", "frames for calls that are over");
}
