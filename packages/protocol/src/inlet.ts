// The one buffer that all plain sockets of an event loop read into. Without it Node allocates 64 KiB for every read,
// however little comes.

/** Large enough for a few full frames: the fewer reads, the fewer torn frames. */
const READ_BYTES = 262_144;

/** Shared by all sockets on purpose: a chunk is used up before the next read. Memory that no read touches costs nothing. */
const shared = new Uint8Array(READ_BYTES);

/** Chunks up to this size, in bytes, are the same object again when they have the same size. */
const SMALL_BYTES = 256;
/** Their first bytes, by size. */
const small: (Uint8Array | undefined)[] = new Array(SMALL_BYTES + 1).fill(undefined);

/** The first bytes of the buffer. */
function chunkOf(bytes: number): Uint8Array {
  if (bytes > SMALL_BYTES) return shared.subarray(0, bytes);
  let chunk = small[bytes];
  if (chunk === undefined) {
    chunk = shared.subarray(0, bytes);
    small[bytes] = chunk;
  }
  return chunk;
}

/** The option `onread` of `net.connect`. */
interface OnRead {
  readonly buffer: Uint8Array;
  callback(bytes: number, buffer: Uint8Array): boolean;
}

/** Takes chunks. They are valid only until the function returns. */
interface Taker {
  received(chunk: Uint8Array): void;
}

/** Where the chunks of one socket go. */
export class Inlet {
  #taker: Taker | null = null;
  /** What came before anybody took it. */
  #early: Uint8Array | null = null;

  /** The option for the socket. */
  get onread(): OnRead {
    return { buffer: shared, callback: (bytes) => this.#read(chunkOf(bytes)) };
  }

  /** Chunks go to `taker` from now on. The socket has to be resumed. */
  open(taker: Taker): void {
    this.#taker = taker;
    const early = this.#early;
    this.#early = null;
    if (early !== null) taker.received(early);
  }

  #read(chunk: Uint8Array): boolean {
    if (this.#taker === null) {
      this.#early = chunk.slice();
      return false;
    }
    this.#taker.received(chunk);
    return true;
  }
}

/** The memory that a socket must be reading into if it has taken the option. */
export function isReadBuffer(value: unknown): boolean {
  return value === shared;
}
