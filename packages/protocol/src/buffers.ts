// Memory for bytes on their way. Buffers go round: zeroing and page faults cost more than what is done with them.

/** Size of an output buffer: room for a full frame behind what is flushed at the latest. */
export const BUFFER_BYTES = 131_072;
/** Output buffers that are kept when nobody uses them, and that are away with messages which wait. */
const MAX_SPARES = 4;

/** What of Node is used where it is there. */
interface Memory {
  readonly Buffer?: { allocUnsafeSlow(bytes: number): Uint8Array };
}

/** Memory of its own whose contents are undefined: every byte must be written before anybody sees it. */
export function allocate(bytes: number): Uint8Array {
  const { Buffer: host } = globalThis as Memory;
  return host === undefined ? new Uint8Array(bytes) : new Uint8Array(host.allocUnsafeSlow(bytes).buffer);
}

/** The output buffers of one event loop. */
export class Buffers {
  readonly #spares: Uint8Array[] = [];
  /** Buffers that left with a message in them and are neither back, nor forgotten, nor collected. */
  #away = 0;
  readonly #collected = new FinalizationRegistry<null>(() => this.#away--);
  /** The last buffer that a message over the usual size left behind; the garbage collector may have it. */
  #large: WeakRef<Uint8Array> | null = null;

  /** An output buffer. */
  take(): Uint8Array {
    return this.#spares.pop() ?? allocate(BUFFER_BYTES);
  }

  /** An output buffer for `leaving`, which has a message in it; null when a few are away already. */
  exchange(leaving: Uint8Array): Uint8Array | null {
    if (this.#away === MAX_SPARES) return null;
    this.#away++;
    this.#collected.register(leaving.buffer, null, leaving.buffer);
    return this.take();
  }

  /** Room for a message that is larger than the buffer it began in. */
  takeLarge(bytes: number): Uint8Array {
    const kept = this.#large?.deref();
    this.#large = null;
    // A quarter more than is needed now: a message that goes on growing is copied a few times, not always.
    return kept !== undefined && kept.length >= bytes ? kept : allocate(bytes + (bytes >> 2));
  }

  /** Nobody reads or writes `buffer` any more. */
  giveBack(buffer: Uint8Array): void {
    if (buffer.length > BUFFER_BYTES) this.#large = new WeakRef(buffer);
    else if (buffer.length === BUFFER_BYTES) {
      this.forget(buffer);
      if (this.#spares.length < MAX_SPARES) this.#spares.push(buffer);
    }
  }

  /** `buffer` does not come back: whoever has it lets the garbage collector have it. */
  forget(buffer: Uint8Array): void {
    if (this.#collected.unregister(buffer.buffer)) this.#away--;
  }
}
