// Watches of a connection, pure: round trips, a peer that does not read, and one that never finishes a frame.

import { readU32, writeU32 } from "@vertex/framing";
import { PingBudget } from "./accounting.ts";
import { GAP_MS } from "./sweeper.ts";
import type { Transport } from "./transport.ts";
import { violation } from "./vertex-error.ts";

/** A PING on its way. */
interface Ping {
  readonly number: number;
  readonly at: number;
  readonly answered: ((roundTripMs: number) => void) | null;
  /** The one sent after it. */
  next: Ping | null;
}

/** What the PING or PONG that is written now carries: it is copied at once, so all connections share it. */
const payload: Uint8Array = new Uint8Array(8);

/** What the PONG to a PING carries whose payload begins at `start`. Valid until the next PING or PONG. */
export function echoOf(buf: Uint8Array, start: number): Uint8Array {
  for (let i = 0; i < payload.length; i++) payload[i] = buf[start + i] as number;
  return payload;
}

/** The PINGs that are on their way, where answers come in the order of the questions, and the budget for the peer's own. */
export class Pings {
  // Linked: an array would leave memory for 17 behind each time, on every connection that is idle.
  #first: Ping | null = null;
  #last: Ping | null = null;
  #count = 0;
  #budget: PingBudget | null = null;

  /** Notes a PING; returns the payload that it carries, valid until the next PING or PONG. */
  sent(now: number, answered: ((roundTripMs: number) => void) | null): Uint8Array {
    const number = this.#count++ >>> 0;
    const ping: Ping = { number, at: now, answered, next: null };
    if (this.#last === null) this.#first = ping;
    else this.#last.next = ping;
    this.#last = ping;
    writeU32(payload, 0, 0);
    writeU32(payload, 4, number);
    return payload;
  }

  /**
   * Notes a PONG, whose payload begins at `start`.
   * @returns the round trip in milliseconds.
   * @throws VertexError (protocol) when nobody asked that.
   */
  received(buf: Uint8Array, start: number, now: number): number {
    const ping = this.#first;
    const asked = readU32(buf, start) === 0 && readU32(buf, start + 4) === ping?.number;
    if (ping === null || !asked) violation("a PONG that answers no PING");
    this.#first = ping.next;
    if (ping.next === null) this.#last = null;
    const roundTripMs = now - ping.at;
    ping.answered?.(roundTripMs);
    return roundTripMs;
  }

  /** Notes that the peer has asked. @throws LimitExceeded when it asks too often. */
  peerAsked(now: number): void {
    this.#budget ??= new PingBudget(now);
    this.#budget.spend(now);
  }
}

/** Watches a congested connection for progress. */
export class StallWatch {
  #since = -1;
  #takenMark = 0;
  #checkedAt = -1;

  /**
   * How long, in milliseconds, `bufferedBytes` have waited without one of them being taken, which the transport's
   * `takenMark` says; 0 if none waits. Time in which this process did not run does not count: nobody could have noted
   * that bytes were taken.
   */
  check(now: number, bufferedBytes: number, takenMark: number): number {
    const gapMs = now - this.#checkedAt;
    if (this.#since >= 0 && gapMs > GAP_MS) this.#since += gapMs;
    this.#checkedAt = now;
    if (bufferedBytes === 0) {
      this.#since = -1;
    } else if (this.#since < 0 || takenMark !== this.#takenMark) {
      this.#since = now;
    }
    this.#takenMark = takenMark;
    return this.#since < 0 ? 0 : now - this.#since;
  }
}

/** Watches a frame that is not complete yet. */
class AssemblyWatch {
  #since: number;
  #frames: number;
  #checkedAt: number;

  constructor(now: number, frames: number) {
    this.#since = now;
    this.#frames = frames;
    this.#checkedAt = now;
  }

  /**
   * How long, in milliseconds, the same frame has been incomplete, `frames` being how many have been complete: bytes of
   * it that come do not count as progress. Time in which this process did not run does not count, nor does time in
   * which the peer is `silent`: a peer that sleeps in the middle of a frame is the heartbeat's to judge.
   */
  check(now: number, frames: number, silent: boolean): number {
    const gapMs = now - this.#checkedAt;
    this.#checkedAt = now;
    if (frames !== this.#frames) this.#since = now;
    else if (silent || gapMs > GAP_MS) this.#since += gapMs;
    this.#frames = frames;
    return now - this.#since;
  }
}

/** What is slow on a connection. */
export type Slowness = "unread" | "unfinished" | null;

/** Both watches of one connection, made when there is something to watch. */
export class Patience {
  #unread: StallWatch | null = null;
  #unfinished: AssemblyWatch | null = null;

  /**
   * @param transport what waits to be sent, and whether some of it was taken.
   * @param frames how many frames have come; -1 when none is incomplete, or this side does not read.
   * @param silent whether the peer owes a sign of life.
   * @returns what has taken longer than it may.
   */
  check(
    now: number,
    { bufferedBytes, takenMark }: Pick<Transport, "bufferedBytes" | "takenMark">,
    frames: number,
    silent: boolean,
    limits: { readonly writeStallTimeoutMs: number; readonly frameTimeoutMs: number },
  ): Slowness {
    if (bufferedBytes === 0) this.#unread = null;
    else this.#unread ??= new StallWatch();
    if (frames < 0) this.#unfinished = null;
    else this.#unfinished ??= new AssemblyWatch(now, frames);
    const unreadMs = this.#unread?.check(now, bufferedBytes, takenMark) ?? -1;
    const unfinishedMs = this.#unfinished?.check(now, frames, silent) ?? -1;
    if (unreadMs >= limits.writeStallTimeoutMs) return "unread";
    return unfinishedMs >= limits.frameTimeoutMs ? "unfinished" : null;
  }
}
