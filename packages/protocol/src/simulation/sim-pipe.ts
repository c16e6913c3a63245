// One direction of a simulated connection: what its sender has written, what is on its way, what its receiver has
// not read. It keeps order, and can be slow, full, clogged, or a hole that swallows everything.

import type { SimPath } from "./sim-conditions.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What a pipe tells its two ends. */
export interface PipeEnds {
  /** Calls back at time `at`, or when the process of the sender runs again after that. */
  whenRunning(at: number, callback: () => void): void;
  /** Something may have arrived at time `at`: the receiver should look then. */
  arriving(at: number): void;
  /** Everything that was written is on its way. */
  flushed(): void;
  /** The end is on its way, behind all that was written. */
  ended(): void;
  /** Something set out towards an end that does not exist any more. */
  deadEnd(): void;
}

interface Segment {
  readonly bytes: Uint8Array;
  readonly at: number;
}

const noBytes: Uint8Array = new Uint8Array(0);
/** A real socket hands over at most so much at once. */
const MAX_CHUNK_BYTES = 65_536;
/** Where bytes are counted out one by one, a segment holds at most so many. */
const SEGMENT_BYTES = 1_460;

/** One direction of a connection. */
export class SimPipe {
  /** Bytes written that have not set out. */
  queuedBytes = 0;
  /** Bytes that have set out since the beginning. */
  sentBytes = 0;
  /** True: whatever sets out is lost, and nobody is told. */
  hole = false;
  /** True: the receiver does not exist any more. */
  dead = false;
  readonly #time: VirtualTime;
  readonly #path: SimPath;
  readonly #ends: PipeEnds;
  #queue: Uint8Array[] = [];
  #underway: Segment[] = [];
  /** Bytes that have set out and were not read. */
  #unread = 0;
  #freeAt = 0;
  #lastAt = 0;
  #pumping = false;
  #ending = false;
  #finSent = false;

  constructor(time: VirtualTime, path: SimPath, ends: PipeEnds) {
    this.#time = time;
    this.#path = path;
    this.#ends = ends;
  }

  /** True when bytes have set out that nobody has read. */
  get busy(): boolean {
    return this.#unread > 0;
  }

  write(bytes: Uint8Array): void {
    if (this.#ending || bytes.length === 0) return;
    this.#queue.push(bytes);
    this.queuedBytes += bytes.length;
    this.pump();
  }

  /** No more comes: the end follows the last byte. */
  end(): void {
    this.#ending = true;
    this.pump();
  }

  /** What has not set out never will; the end follows what has. */
  cut(): void {
    this.#queue = [];
    this.queuedBytes = 0;
    this.end();
  }

  /** Nothing arrives any more, neither bytes nor an end. */
  clear(): void {
    this.cut();
    this.#underway = [];
    this.#unread = 0;
  }

  /** The next bytes that have arrived, at most `most`; `null` for the end; undefined when there is nothing yet. */
  read(most: number): Uint8Array | null | undefined {
    const first = this.#underway[0];
    if (first === undefined || first.at > this.#time.now) return undefined;
    if (first.bytes.length === 0) {
      this.#underway.shift();
      return null;
    }
    const chunk = this.#gather(Math.min(most, MAX_CHUNK_BYTES));
    this.#unread -= chunk.length;
    if (this.queuedBytes > 0) this.#pumpAt(this.#time.now + this.#path.delayMs);
    return chunk;
  }

  /** When there is more to read; -1 when nothing is on its way. */
  get nextAt(): number {
    return this.#underway[0]?.at ?? -1;
  }

  /** Sends as much as may set out now. */
  pump(): void {
    const had = this.queuedBytes;
    while (this.queuedBytes > 0) {
      const room = this.#path.windowBytes - this.#unread;
      if (room <= 0) return;
      if (this.#freeAt > this.#time.now) return this.#pumpAt(this.#freeAt);
      const paced = this.#path.bytesPerSecond !== Number.POSITIVE_INFINITY;
      const bytes = this.#take(paced ? Math.min(room, SEGMENT_BYTES) : room);
      if (paced) this.#freeAt = this.#time.now + (bytes.length / this.#path.bytesPerSecond) * 1_000;
      this.#setOut(bytes);
    }
    if (had > 0) this.#ends.flushed();
    if (this.#ending && !this.#finSent) {
      this.#finSent = true;
      this.#setOut(noBytes);
      this.#ends.ended();
    }
  }

  #pumpAt(at: number): void {
    if (this.#pumping) return;
    this.#pumping = true;
    // What waits in a process goes on only while that process runs.
    this.#ends.whenRunning(at, () => {
      this.#pumping = false;
      this.pump();
    });
  }

  #setOut(bytes: Uint8Array): void {
    this.#unread += bytes.length;
    this.sentBytes += bytes.length;
    if (this.dead) return this.#ends.deadEnd();
    if (this.hole) return;
    const { delayMs, jitterMs, cloggedUntil } = this.#path;
    const leaves = Math.max(this.#time.now, cloggedUntil);
    const at = Math.max(this.#lastAt, leaves + delayMs + jitterMs * this.#time.dice.random());
    this.#lastAt = at;
    this.#underway.push({ bytes, at });
    if (this.#underway.length === 1) this.#ends.arriving(at);
  }

  /** A copy of the first bytes of the queue, at most `most`: the memory of what has set out is the sender's again. */
  #take(most: number): Uint8Array {
    const first = this.#queue[0] as Uint8Array;
    const bytes = first.slice(0, most);
    if (bytes.length === first.length) this.#queue.shift();
    else this.#queue[0] = first.subarray(bytes.length);
    this.queuedBytes -= bytes.length;
    return bytes;
  }

  /** A fresh chunk of what has arrived. */
  #gather(most: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let first = this.#underway[0]; first !== undefined; first = this.#underway[0]) {
      const { bytes, at } = first;
      if (at > this.#time.now || bytes.length === 0 || total === most) break;
      const part = bytes.subarray(0, most - total);
      parts.push(part);
      total += part.length;
      if (part.length === bytes.length) this.#underway.shift();
      else this.#underway[0] = { bytes: bytes.subarray(part.length), at };
    }
    const chunk = new Uint8Array(total);
    let to = 0;
    for (const part of parts) {
      chunk.set(part, to);
      to += part.length;
    }
    return chunk;
  }
}
