// Two transports joined in memory: what one writes the other receives, in a later turn, in order.

import type { Environment } from "./clock.ts";
import type { Transport, TransportReceiver } from "./transport.ts";

const POISON = 0xdd;

/** One end of a memory connection. */
export class MemoryTransport implements Transport {
  readonly address: string;
  congested = false;
  bufferedBytes = 0;
  takenMark = 0;
  readonly #environment: Environment;
  #receiver: TransportReceiver | null = null;
  #other: MemoryTransport | null = null;
  #waiting: Uint8Array[] = [];
  #scheduled = false;
  #paused = false;
  #ending = false;
  #closed = false;

  constructor(environment: Environment, address: string) {
    this.#environment = environment;
    this.address = address;
  }

  /** Joins two ends. */
  static join(a: MemoryTransport, b: MemoryTransport): void {
    a.#other = b;
    b.#other = a;
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    this.#schedule();
  }

  write(bytes: Uint8Array): boolean {
    if (!this.#closed) this.#other?.take(bytes.slice());
    return true;
  }

  /** Bytes from the other end. */
  take(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#schedule();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  end(): void {
    if (this.#closed) return;
    this.#other?.otherEnded();
    this.destroy();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#other?.otherEnded();
    this.#environment.later(() => this.#receiver?.closed());
  }

  /** The other end sends no more: this one closes when it has delivered what came. */
  otherEnded(): void {
    this.#ending = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed || this.#paused || this.#receiver === null) return;
    if (this.#waiting.length === 0 && !this.#ending) return;
    this.#scheduled = true;
    this.#environment.later(() => this.#deliver());
  }

  #deliver(): void {
    this.#scheduled = false;
    while (this.#waiting.length > 0 && !this.#paused && !this.#closed) {
      const chunk = this.#waiting.shift() as Uint8Array;
      this.#receiver?.received(chunk);
      // Whoever goes on reading it would also read the next chunk of a real connection.
      chunk.fill(POISON);
    }
    if (this.#ending && this.#waiting.length === 0) this.destroy();
  }
}

/** Two joined ends: the dialer's and the acceptor's. */
export function memoryPair(environment: Environment): [dialer: MemoryTransport, acceptor: MemoryTransport] {
  const dialer = new MemoryTransport(environment, "memory:acceptor");
  const acceptor = new MemoryTransport(environment, "memory:dialer");
  MemoryTransport.join(dialer, acceptor);
  return [dialer, acceptor];
}
