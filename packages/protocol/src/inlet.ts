// The one buffer that all plain sockets of an event loop read into. Without it Node allocates 64 KiB for every read,
// however little comes.

/** Large enough for a few full frames: the fewer reads, the fewer torn frames. */
const READ_BYTES = 262_144;

/** Shared by all sockets on purpose: a chunk is used up before the next read. Memory that no read touches costs nothing. */
const shared = new Uint8Array(READ_BYTES);

/** The option `onread` of `net.connect`. */
interface OnRead {
  readonly buffer: Uint8Array;
  callback(bytes: number, buffer: Uint8Array): boolean;
}

/** Where the chunks of one socket go. */
export class Inlet {
  /** The option for the socket. */
  readonly onread: OnRead;
  #take: ((chunk: Uint8Array) => void) | null = null;
  /** What came before anybody took it. */
  #early: Uint8Array | null = null;

  constructor() {
    this.onread = {
      buffer: shared,
      callback: (bytes, buf) => this.#read(buf.subarray(0, bytes)),
    };
  }

  /** Chunks go to `take` from now on. They are valid until it returns. The socket has to be resumed. */
  open(take: (chunk: Uint8Array) => void): void {
    this.#take = take;
    const early = this.#early;
    this.#early = null;
    if (early !== null) take(early);
  }

  #read(chunk: Uint8Array): boolean {
    if (this.#take === null) {
      this.#early = chunk.slice();
      return false;
    }
    this.#take(chunk);
    return true;
  }
}
