// A buffer that grows, and what stands in it: the ground under the writer. A sub-message is written in place behind
// one reserved length byte, which close() patches; only lengths of 128 and more move the bytes behind them.
//
//   buf  | handed out already | written | free |
//        0                    start     pos    buf.length
import { putVarint32 } from "./put.ts";
import { WireError, type WireErrorCode } from "./wire-error.ts";

const NO_MEMORY = new ArrayBuffer(0);
const EMPTY = new Uint8Array(NO_MEMORY);
const SLAB_BYTES = 16_384;
const MAX_BYTES = 0x7fff_ffff;
/** How many messages may be in each other below the root: more are refused by the reader. */
const MAX_NESTED = 99;

/**
 * The rest of the slab that the last finished writer left behind, from `pos` on, for the next one without a buffer of
 * its own; `free` while no writer has it. Shared by the whole event loop on purpose: no byte of it belongs to two messages.
 */
const spare: { buf: Uint8Array; memory: ArrayBufferLike; pos: number; free: boolean } = {
  buf: EMPTY,
  memory: NO_MEMORY,
  pos: 0,
  free: false,
};

// Fields are declared and set in the constructor: initialisers of classes cost three times as much.
export class Output {
  /** The buffer. Replaced when it grows. Bytes from `pos` on are undefined. */
  declare buf: Uint8Array;
  /** Offset in `buf` of the next byte to write. */
  declare pos: number;
  declare private start: number;
  /** Messages that `nest` has begun and `unnest` has not ended. */
  declare private depth: number;
  /** Where a bigger buffer of at least so many bytes comes from, if not from here. Its contents do not matter. */
  declare allocate: ((byteCount: number) => Uint8Array) | null;
  /** The memory of `buf` where it was made here: asking `buf` costs half a view. Null for what was handed in, never lent on. */
  declare private memory: ArrayBufferLike | null;

  /** @param byteCount capacity in bytes of a buffer of its own, from offset 0. Without it: a piece of a slab. */
  constructor(byteCount?: number) {
    // A slab whose memory somebody has transferred to another thread is shorter than what was written to it.
    const lent = byteCount === undefined && spare.free && spare.pos <= spare.buf.length;
    this.buf = lent ? spare.buf : byteCount === undefined ? EMPTY : new Uint8Array(byteCount);
    this.pos = lent ? spare.pos : 0;
    this.start = this.pos;
    this.depth = 0;
    this.allocate = null;
    this.memory = lent ? spare.memory : null;
    if (lent) spare.free = false;
  }

  /** Makes room for that many more bytes, so that writing them does not replace `buf`. */
  ensure(byteCount: number): void {
    if (this.pos + byteCount > this.buf.length) this.grow(byteCount);
  }

  /**
   * What was written since the last finish(), as a view: no copy. The writer goes on behind it, so it is safe to
   * use for the next message and the view keeps its bytes (in a buffer handed in: as long as its owner lets it). The
   * view's `buffer` holds other messages too, as with Node's pooled Buffers: transfer a `slice()` of it, never the buffer.
   */
  finish(): Uint8Array {
    const { buf, start, pos, memory } = this;
    if (memory === null) {
      this.start = pos;
      return new Uint8Array(buf.buffer, buf.byteOffset + start, pos - start);
    }
    this.lend(memory);
    return new Uint8Array(memory, start, pos - start);
  }

  /**
   * Truncates to `pos`: what to do when an encode throws half-way. What stands before `pos` is intact.
   *
   * @throws WireError `position` when `pos` lies before the message or behind what was written.
   */
  reset(pos: number): void {
    if (!(pos >= this.start && pos <= this.pos)) this.fail("position", `cannot truncate to ${pos}`);
    this.pos = pos;
    this.depth = 0;
  }

  /** Drops everything and goes on at offset 0 of `buffer`, for when the old buffer is with somebody else now. */
  replaceBuffer(buffer: Uint8Array = new Uint8Array(this.buf.length)): void {
    this.buf = buffer;
    this.pos = 0;
    this.start = 0;
    this.depth = 0;
    this.memory = null;
  }

  /**
   * Begins a length-delimited field: its tag, and one byte reserved for its length.
   *
   * @returns what to hand to `close`. It stays right when the buffer grows.
   */
  open(tag: number): number {
    if (this.pos + 6 > this.buf.length) this.grow(6);
    const pos = this.putTag(tag) + 1;
    this.pos = pos;
    return pos - this.start;
  }

  /** Ends the field that `open` began, when everything in it is written. */
  close(at: number): void {
    const from = this.start + at;
    const length = this.pos - from;
    if (length > 0x7f) this.widen(from, length);
    else this.buf[from - 1] = length;
  }

  /**
   * The same as `open` for a message that can hold itself.
   * @throws WireError `depth` when more are in each other than any receiver takes.
   */
  nest(tag: number): number {
    if (++this.depth > MAX_NESTED) this.fail("depth", `more than ${MAX_NESTED + 1} messages in each other`);
    return this.open(tag);
  }

  /** Ends what `nest` began. */
  unnest(at: number): void {
    this.depth--;
    this.close(at);
  }

  /** Copies bytes as they are. */
  raw(chunk: Uint8Array): this {
    const length = chunk.length;
    if (this.pos + length > this.buf.length) this.grow(length);
    this.buf.set(chunk, this.pos);
    this.pos += length;
    return this;
  }

  /** Writes a tag where there is room for it, and returns the place behind it. */
  protected putTag(tag: number): number {
    const pos = this.pos;
    if (tag > 0x7f) return putVarint32(this.buf, pos, tag);
    this.buf[pos] = tag;
    return pos + 1;
  }

  /** Widens the byte reserved before the `length` bytes from `from` to what `length` needs. */
  private widen(from: number, length: number): void {
    const more = varintBytes(length) - 1;
    const start = this.start;
    this.ensure(more);
    const at = from - start + this.start;
    this.buf.copyWithin(at + more, at, this.pos);
    putVarint32(this.buf, at - 1, length);
    this.pos += more;
  }

  /** A bigger buffer. Offsets move only when `start` is not 0. */
  protected grow(byteCount: number): void {
    const written = this.pos - this.start;
    const needed = written + byteCount;
    if (needed > MAX_BYTES) this.fail("size", `a message of more than ${MAX_BYTES} bytes`);
    const bigger =
      this.allocate?.(needed) ?? new Uint8Array(Math.min(MAX_BYTES, Math.max(SLAB_BYTES, needed * 2)));
    bigger.set(this.buf.subarray(this.start, this.pos));
    this.buf = bigger;
    this.pos = written;
    this.start = 0;
    this.memory = this.allocate === null ? bigger.buffer : null;
  }

  /** Leaves the rest of the buffer to the next writer, unless a longer rest is there already. */
  private lend(memory: ArrayBufferLike): void {
    const { buf, pos } = this;
    if (buf === spare.buf || !spare.free || buf.length - pos > spare.buf.length - spare.pos) {
      // The same slab most of the time: then nothing is written that the collector has to look at.
      if (buf !== spare.buf) {
        spare.buf = buf;
        spare.memory = memory;
      }
      spare.pos = pos;
      spare.free = true;
    }
    this.buf = EMPTY;
    this.pos = 0;
    this.start = 0;
    this.memory = null;
  }

  private fail(code: WireErrorCode, message: string): never {
    throw new WireError(code, message, this.pos);
  }
}

export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
