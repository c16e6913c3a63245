// One end of a simulated connection, as its process sees it: a socket's manners, without a socket.

import type { Timer } from "../clock.ts";
import type { Transport, TransportReceiver } from "../transport.ts";
import type { SimPath, WriteMode } from "./sim-conditions.ts";
import type { SimLife } from "./sim-life.ts";
import { type PipeEnds, SimPipe } from "./sim-pipe.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Bytes waiting in the sender at which it is congested: Node's high water mark. */
const HIGH_WATER_BYTES = 16_384;
/** How long an end that has been closed waits for the other one, in milliseconds: as the socket transport. */
const LINGER_MS = 1_000;
const POISON = 0xaa;

/** What an end is made of. */
export interface SimTransportParts {
  readonly time: VirtualTime;
  readonly life: SimLife;
  /** Name of the other side, for people. */
  readonly address: string;
  /** The direction from here to there. */
  readonly path: SimPath;
  /** Number of this direction in the trace. */
  readonly number: number;
  readonly writeMode: WriteMode;
  /** This end is closed for good. */
  readonly gone: () => void;
}

/** One end of a simulated connection. */
export class SimTransport implements Transport, PipeEnds {
  readonly address: string;
  readonly life: SimLife;
  congested = false;
  readonly #parts: SimTransportParts;
  readonly #time: VirtualTime;
  readonly #out: SimPipe;
  #other!: SimTransport;
  #receiver: TransportReceiver | null = null;
  #paused = false;
  #looking = false;
  #ended = false;
  #finSent = false;
  #finSeen = false;
  #closed = false;
  #resetting = false;
  #linger: Timer | null = null;

  constructor(parts: SimTransportParts) {
    this.#parts = parts;
    this.#time = parts.time;
    this.life = parts.life;
    this.address = parts.address;
    this.#out = new SimPipe(parts.time, parts.path, this);
  }

  /** Joins two ends. */
  static join(a: SimTransport, b: SimTransport): void {
    a.#other = b;
    b.#other = a;
  }

  get bufferedBytes(): number {
    return this.#out.queuedBytes;
  }

  get takenMark(): number {
    return this.#out.sentBytes;
  }

  /** True when this end is closed. */
  get closed(): boolean {
    return this.#closed;
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    this.#lookAt(this.#time.now);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended || this.#closed) return true;
    const { writeMode } = this.#parts;
    this.#out.write(writeMode === "keeps" ? bytes : bytes.slice());
    if (writeMode === "poisons") bytes.fill(POISON);
    // As a socket of Node's, it stays so until it has drained: who was told to wait is told to go on.
    this.congested ||= this.#out.queuedBytes >= HIGH_WATER_BYTES;
    return writeMode !== "keeps";
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#lookAt(this.#time.now);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#linger = this.life.clock.setTimer(() => this.destroy(), LINGER_MS);
    this.#out.end();
    this.resume();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#ended = true;
    this.#out.cut();
    // A socket that is closed over unread bytes answers them with a reset.
    if (this.#other.#out.busy) this.#other.#resetSoon();
    this.#close(undefined);
  }

  /** A reset arrives here: what was on its way, in both directions, is lost. */
  reset(): void {
    if (this.#closed) return;
    this.#time.trace.note("reset", this.#time.now, this.#parts.number);
    this.#ended = true;
    this.#out.clear();
    this.#close(new Error("read ECONNRESET"));
  }

  /** What is on its way from here, and what is still written, is lost. A reset follows. */
  lose(): void {
    this.#out.clear();
  }

  /** From now on nothing that is sent from here arrives, and nobody is told. */
  vanish(): void {
    this.#time.trace.note("hole", this.#time.now, this.#parts.number);
    this.#out.hole = true;
  }

  /** The machine of the other end has started again: it knows nothing of this connection. */
  forgotten(): void {
    this.#out.hole = false;
    this.#out.dead = true;
    if (this.#out.busy) this.#resetSoon();
  }

  whenRunning(at: number, callback: () => void): void {
    this.life.input(at, callback);
  }

  arriving(at: number): void {
    this.#other.#lookAt(at);
  }

  flushed(): void {
    if (!this.congested) return;
    this.life.input(this.#time.now, () => {
      if (!this.congested || this.#closed || this.#out.queuedBytes > 0) return;
      this.congested = false;
      this.#receiver?.drained();
    });
  }

  ended(): void {
    this.#finSent = true;
    this.#closeIfDone();
  }

  deadEnd(): void {
    this.#resetSoon();
  }

  #resetSoon(): void {
    if (this.#resetting) return;
    this.#resetting = true;
    this.#time.post(this.#time.now + this.#parts.path.delayMs, () => this.reset());
  }

  #lookAt(at: number): void {
    if (this.#looking) return;
    this.#looking = true;
    this.life.input(at, () => this.#look());
  }

  #look(): void {
    this.#looking = false;
    const receiver = this.#receiver;
    if (receiver === null || this.#paused || this.#closed) return;
    const from = this.#other.#out;
    const { dice, trace } = this.#time;
    const { chop } = this.#other.#parts.path;
    const most = chop > 0 && dice.chance(chop) ? Math.floor(dice.spread(1, 4_096)) : 65_536;
    const chunk = from.read(most);
    if (chunk === null) {
      this.#finSeen = true;
      this.end();
      this.#closeIfDone();
    } else if (chunk !== undefined) {
      trace.bytes(this.#time.now, this.#parts.number, chunk);
      receiver.received(chunk);
      chunk.fill(POISON);
    }
    if (from.nextAt >= 0) this.#lookAt(from.nextAt);
  }

  #closeIfDone(): void {
    if (this.#finSent && this.#finSeen) this.#close(undefined);
  }

  #close(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#linger?.cancel();
    this.#other.#out.dead = true;
    this.life.later(() => this.#receiver?.closed(error));
    this.#parts.gone();
  }
}
