// Protobuf fields to bytes, in one growing buffer. A sub-message is written in place behind one reserved length
// byte, which join() patches; only lengths of 128 and more move the bytes behind them.
//
//   buf  | handed out already | written | free |
//        0                    start     pos    buf.length
import {
  HIGH,
  LOW,
  scratchDouble,
  scratchFloat,
  scratchInts,
  scratchSigned,
  scratchUnsigned,
} from "./scratch.ts";
import { encodeShortAscii, encodeText } from "./utf8.ts";
import { WireError, type WireErrorCode } from "./wire-error.ts";

/** What the 64-bit methods take. Numbers must be safe integers, strings decimal. */
export type Integer64 = bigint | number | string;

const EMPTY = new Uint8Array(0);
const SLAB_BYTES = 8192;
const MAX_BYTES = 0x7fff_ffff;
/** The smallest number that rounds to infinity as a float: halfway between the largest float and 2^128. */
const FLOAT32_OVERFLOW = 3.4028235677973366e38;

/**
 * The rest of the slab that the last finished writer left behind, which the next one without a buffer of its own
 * takes over. Shared by the whole event loop on purpose: no byte of it belongs to two messages.
 */
const spare: { buf: Uint8Array; pos: number } = { buf: EMPTY, pos: 0 };

/**
 * Writes protobuf fields. Drop-in for the writer that ts-proto's code expects; the methods return the writer.
 *
 * A writer made with a capacity has a buffer of its own, whose offsets stay what they are when it grows until the
 * first finish(). One made without takes a piece of a shared slab, for messages encoded one by one.
 *
 * Values outside a field's domain throw WireError `value` and leave the writer as it was before the field; use
 * `reset` to drop what the same message wrote before.
 */
export class BinaryWriter {
  /** The buffer. Replaced when it grows. Bytes from `pos` on are undefined. */
  buf: Uint8Array = EMPTY;
  /** Offset in `buf` of the next byte to write. */
  pos = 0;
  private start = 0;
  private readonly forks: number[] = [];
  private open = 0;
  /** Where a bigger buffer of at least so many bytes comes from, if not from here. Its contents do not matter. */
  allocate: ((byteCount: number) => Uint8Array) | null = null;
  /** Whether `buf` was made here: what somebody handed in is never lent on. */
  private lendable = false;

  /** @param byteCount capacity in bytes of a buffer of its own, from offset 0. Without it: a piece of a slab. */
  constructor(byteCount?: number) {
    if (byteCount !== undefined) this.buf = new Uint8Array(byteCount);
  }

  /** Makes room for that many more bytes, so that writing them does not replace `buf`. */
  ensure(byteCount: number): void {
    if (this.pos + byteCount > this.buf.length) this.grow(byteCount);
  }

  /**
   * What was written since the last finish(), as a view: no copy. The writer goes on behind it, so it is safe to
   * use for the next message and the view keeps its bytes (in a buffer handed in: as long as its owner lets it). The view's `buffer` holds other messages too, as with Node's pooled Buffers.
   *
   * @throws WireError `fork` while a length prefix is open.
   */
  finish(): Uint8Array {
    if (this.open !== 0) this.fail("fork", `finish() with ${this.open} length prefixes open`);
    const { buf, start, pos } = this;
    const result = new Uint8Array(buf.buffer, buf.byteOffset + start, pos - start);
    this.start = pos;
    if (this.lendable) this.lend();
    return result;
  }

  /**
   * Truncates to `pos` and forgets the length prefixes opened since: what to do when an encode throws half-way.
   * What stands before `pos` is intact, lengths opened there stay open.
   *
   * @throws WireError `position` when `pos` lies before the message or behind what was written.
   */
  reset(pos: number): void {
    if (!(pos >= this.start && pos <= this.pos)) this.fail("position", `cannot truncate to ${pos}`);
    this.pos = pos;
    while (this.open > 0 && (this.forks[this.open - 1] as number) >= pos) this.open--;
  }

  /** Drops everything and goes on at offset 0 of `buffer`, for when the old buffer is with somebody else now. */
  replaceBuffer(buffer: Uint8Array = new Uint8Array(this.buf.length)): void {
    this.buf = buffer;
    this.pos = 0;
    this.start = 0;
    this.open = 0;
    this.lendable = false;
  }

  /** Opens a length prefix. One byte is reserved for it. */
  fork(): this {
    const pos = this.pos;
    if (pos >= this.buf.length) {
      this.grow(1);
      return this.fork();
    }
    this.forks[this.open++] = pos;
    this.pos = pos + 1;
    return this;
  }

  /**
   * Closes the length prefix opened last.
   *
   * @throws WireError `fork` when none is open.
   */
  join(): this {
    if (this.open === 0) this.fail("fork", "join() without fork()");
    const at = this.forks[--this.open] as number;
    const length = this.pos - at - 1;
    if (length > 0x7f) return this.widen(length);
    this.buf[at] = length;
    return this;
  }

  /** Writes a tag. Generated code computes tags ahead of time and calls uint32(). */
  tag(fieldNo: number, wireType: number): this {
    return this.uint32(((fieldNo << 3) | wireType) >>> 0);
  }

  /** Copies bytes as they are. */
  raw(chunk: Uint8Array): this {
    const length = chunk.length;
    if (this.pos + length > this.buf.length) this.grow(length);
    this.buf.set(chunk, this.pos);
    this.pos += length;
    return this;
  }

  uint32(value: number): this {
    const pos = this.pos;
    if (typeof value === "number" && (value & 0x7f) === value && pos < this.buf.length) {
      this.buf[pos] = value;
      this.pos = pos + 1;
      return this;
    }
    if (typeof value !== "number" || value >>> 0 !== value) this.refuse("uint32", value);
    return this.varint32(value);
  }

  int32(value: number): this {
    const pos = this.pos;
    if (typeof value === "number" && (value & 0x7f) === value && pos < this.buf.length) {
      this.buf[pos] = value;
      this.pos = pos + 1;
      return this;
    }
    if (typeof value !== "number" || (value | 0) !== value) this.refuse("int32", value);
    return value < 0 ? this.varint64(value, -1) : this.varint32(value);
  }

  sint32(value: number): this {
    if (typeof value !== "number" || (value | 0) !== value) this.refuse("sint32", value);
    return this.varint32(((value << 1) ^ (value >> 31)) >>> 0);
  }

  bool(value: boolean): this {
    if (typeof value !== "boolean") this.refuse("bool", value);
    if (this.pos >= this.buf.length) this.grow(1);
    this.buf[this.pos++] = value ? 1 : 0;
    return this;
  }

  fixed32(value: number): this {
    if (typeof value !== "number" || value >>> 0 !== value) this.refuse("fixed32", value);
    return this.word(value);
  }

  sfixed32(value: number): this {
    if (typeof value !== "number" || (value | 0) !== value) this.refuse("sfixed32", value);
    return this.word(value);
  }

  /** Finite values that a float rounds to infinity are refused; NaN and the infinities are values. */
  float(value: number): this {
    if (typeof value !== "number" || (Math.abs(value) >= FLOAT32_OVERFLOW && Number.isFinite(value))) {
      this.refuse("float", value);
    }
    scratchFloat[0] = value;
    return this.word(scratchInts[0] as number);
  }

  double(value: number): this {
    if (typeof value !== "number") this.refuse("double", value);
    scratchDouble[0] = value;
    return this.words();
  }

  int64(value: Integer64): this {
    this.signed("int64", value);
    return this.varint64(scratchInts[LOW] as number, scratchInts[HIGH] as number);
  }

  uint64(value: Integer64): this {
    this.unsigned("uint64", value);
    return this.varint64(scratchInts[LOW] as number, scratchInts[HIGH] as number);
  }

  sint64(value: Integer64): this {
    this.signed("sint64", value);
    const low = scratchInts[LOW] as number;
    const high = scratchInts[HIGH] as number;
    const sign = high >> 31;
    return this.varint64((low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign);
  }

  fixed64(value: Integer64): this {
    this.unsigned("fixed64", value);
    return this.words();
  }

  sfixed64(value: Integer64): this {
    this.signed("sfixed64", value);
    return this.words();
  }

  bytes(value: Uint8Array): this {
    if (!(value instanceof Uint8Array)) this.refuse("bytes", value);
    return this.uint32(value.length).raw(value);
  }

  /** Lone surrogates are written as U+FFFD, as everywhere on the web platform. */
  string(value: string): this {
    if (typeof value !== "string") this.refuse("string", value);
    const units = value.length;
    if (this.pos + units >= this.buf.length) this.grow(units + 1);
    const pos = this.pos;
    if (encodeShortAscii(value, this.buf, pos + 1)) {
      this.buf[pos] = units;
      this.pos = pos + 1 + units;
      return this;
    }
    return this.longString(value, units);
  }

  /** Guesses the size of the length prefix from the units, which is right for ASCII, and moves the text if not. */
  private longString(value: string, units: number): this {
    this.ensure(units * 3 + 5);
    const { buf, pos } = this;
    const guess = varintBytes(units);
    const written = encodeText(value, buf, pos + guess);
    const prefix = varintBytes(written);
    if (prefix !== guess) buf.copyWithin(pos + prefix, pos + guess, pos + guess + written);
    this.varint32(written);
    this.pos += written;
    return this;
  }

  private varint32(value: number): this {
    if (this.pos + 5 > this.buf.length) this.grow(5);
    const buf = this.buf;
    let pos = this.pos;
    let rest = value;
    while (rest > 0x7f) {
      buf[pos++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buf[pos++] = rest;
    this.pos = pos;
    return this;
  }

  private varint64(low: number, high: number): this {
    if (this.pos + 10 > this.buf.length) this.grow(10);
    if (high === 0) return this.varint32(low >>> 0);
    const buf = this.buf;
    let pos = this.pos;
    buf[pos++] = low | 0x80;
    buf[pos++] = (low >>> 7) | 0x80;
    buf[pos++] = (low >>> 14) | 0x80;
    buf[pos++] = (low >>> 21) | 0x80;
    let rest = (high >>> 3) & 0x1fff_ffff;
    const middle = (low >>> 28) | ((high & 7) << 4);
    buf[pos++] = rest === 0 ? middle : middle | 0x80;
    while (rest > 0x7f) {
      buf[pos++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    if (rest !== 0) buf[pos++] = rest;
    this.pos = pos;
    return this;
  }

  private word(value: number): this {
    const pos = this.pos;
    if (pos + 4 > this.buf.length) {
      this.grow(4);
      return this.word(value);
    }
    const buf = this.buf;
    buf[pos] = value;
    buf[pos + 1] = value >>> 8;
    buf[pos + 2] = value >>> 16;
    buf[pos + 3] = value >>> 24;
    this.pos = pos + 4;
    return this;
  }

  /** Writes the eight scratch bytes. */
  private words(): this {
    const low = scratchInts[LOW] as number;
    const high = scratchInts[HIGH] as number;
    return this.word(low).word(high);
  }

  private signed(kind: string, value: Integer64): void {
    const exact = typeof value === "bigint" ? value : this.toBigint(kind, value);
    scratchSigned[0] = exact;
    if (scratchSigned[0] !== exact) this.refuse(kind, value);
  }

  private unsigned(kind: string, value: Integer64): void {
    const exact = typeof value === "bigint" ? value : this.toBigint(kind, value);
    scratchUnsigned[0] = exact;
    if (scratchUnsigned[0] !== exact) this.refuse(kind, value);
  }

  private toBigint(kind: string, value: unknown): bigint {
    if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
    if (typeof value === "string" && /^-?[0-9]{1,20}$/.test(value)) return BigInt(value);
    return this.refuse(kind, value);
  }

  /** Widens the byte reserved before the last `length` bytes to what `length` needs. */
  private widen(length: number): this {
    const prefix = varintBytes(length);
    this.ensure(prefix + 4);
    const from = this.pos - length;
    this.buf.copyWithin(from - 1 + prefix, from, this.pos);
    this.pos = from - 1;
    this.varint32(length);
    this.pos += length;
    return this;
  }

  /** A bigger buffer, or the spare slab for a writer that has none. Offsets move only when `start` is not 0. */
  private grow(byteCount: number): void {
    const written = this.pos - this.start;
    const needed = written + byteCount;
    if (needed > MAX_BYTES) this.fail("size", `a message of more than ${MAX_BYTES} bytes`);
    if (this.buf.length === 0 && spare.pos + needed <= spare.buf.length) {
      this.buf = spare.buf;
      this.pos = this.start = spare.pos;
      spare.buf = EMPTY;
      spare.pos = 0;
      this.lendable = true;
      return;
    }
    const bigger =
      this.allocate?.(needed) ?? new Uint8Array(Math.min(MAX_BYTES, Math.max(SLAB_BYTES, needed * 2)));
    bigger.set(this.buf.subarray(this.start, this.pos));
    for (let i = 0; i < this.open; i++) this.forks[i] = (this.forks[i] as number) - this.start;
    this.buf = bigger;
    this.pos = written;
    this.start = 0;
    this.lendable = this.allocate === null;
  }

  /** Leaves the rest of the buffer to the next writer. */
  private lend(): void {
    spare.buf = this.buf;
    spare.pos = this.pos;
    this.buf = EMPTY;
    this.pos = 0;
    this.start = 0;
    this.lendable = false;
  }

  private refuse(kind: string, value: unknown): never {
    const shown =
      typeof value === "object" ? Object.prototype.toString.call(value) : String(value).slice(0, 40);
    this.fail("value", `not a value of a ${kind} field: ${typeof value} ${shown}`);
  }

  private fail(code: WireErrorCode, message: string): never {
    throw new WireError(code, message, this.pos);
  }
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
