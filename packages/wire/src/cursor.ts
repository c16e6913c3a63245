// A place in some bytes and the end that no read may cross: the ground under the reader. Lengths and varints.
import { HIGH, LOW, scratchInts } from "./scratch.ts";
import { WireError, type WireErrorCode } from "./wire-error.ts";

// Fields are declared and set in the constructor: initialisers of classes cost three times as much.
export class Cursor {
  /** The bytes. Only those before `len` are read. */
  declare buf: Uint8Array;
  /** Offset in `buf` of the next byte to read. */
  declare pos: number;
  /** Offset in `buf` that reads must not cross: for a reader, the end of the innermost open message. */
  declare len: number;

  constructor(buf: Uint8Array) {
    this.buf = buf;
    this.pos = 0;
    this.len = buf.length;
  }

  /**
   * Reads a length prefix, strictly: at most 5 bytes and 32 bits. What it announces may still run past the end.
   *
   * @throws WireError `varint` or `truncated`.
   */
  length(): number {
    const pos = this.pos;
    if (pos < this.len) {
      const byte = this.buf[pos] as number;
      if (byte < 0x80) {
        this.pos = pos + 1;
        return byte;
      }
    }
    const value = this.varint32();
    if (this.isWide(pos)) this.fail("varint", "a length of more than 5 bytes or 32 bits", pos);
    return value >>> 0;
  }

  /** A varint's low 32 bits, signed. Two and three bytes without a loop: they are the most frequent by far. */
  protected varint32(): number {
    const { buf, pos } = this;
    const left = this.len - pos;
    if (left >= 2) {
      const first = buf[pos] as number;
      const second = buf[pos + 1] as number;
      if (first >= 0x80 && second < 0x80) {
        this.pos = pos + 2;
        return (first & 0x7f) | (second << 7);
      }
      if (left >= 3 && first >= 0x80) {
        const third = buf[pos + 2] as number;
        if (third < 0x80) {
          this.pos = pos + 3;
          return (first & 0x7f) | ((second & 0x7f) << 7) | (third << 14);
        }
      }
    }
    return this.longVarint32();
  }

  private longVarint32(): number {
    const { buf, pos: from } = this;
    const end = Math.min(this.len, from + 10);
    let pos = from;
    let value = 0;
    for (let shift = 0; pos < end; shift += 7) {
      const byte = buf[pos++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.pos = pos;
        return value;
      }
      if (shift === 28) break;
    }
    // What follows lies beyond 32 bits: the other half of a negative number, as a rule.
    while (pos < end) {
      if ((buf[pos++] as number) < 0x80) {
        this.pos = pos;
        return value;
      }
    }
    return this.failVarint(pos - from);
  }

  /** A varint's low 64 bits, into the scratch. */
  protected varint64(): void {
    const buf = this.buf;
    const from = this.pos;
    const end = Math.min(this.len, from + 10);
    let pos = from;
    let low = 0;
    let high = 0;
    for (let shift = 0; pos < end; shift += 7) {
      const byte = buf[pos++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift > 28) high |= bits << (shift - 32);
      else {
        low |= bits << 28;
        high = bits >>> 4;
      }
      if (byte < 0x80) {
        this.pos = pos;
        scratchInts[LOW] = low;
        scratchInts[HIGH] = high;
        return;
      }
    }
    this.failVarint(pos - from);
  }

  protected skipVarint(): void {
    const from = this.pos;
    const end = Math.min(this.len, from + 10);
    let pos = from;
    while (pos < end) {
      if ((this.buf[pos++] as number) < 0x80) {
        this.pos = pos;
        return;
      }
    }
    this.failVarint(pos - from);
  }

  /** Whether the varint from `from` to `pos` is too long for a tag or a length. */
  protected isWide(from: number): boolean {
    const size = this.pos - from;
    return size > 5 || (size === 5 && (this.buf[from + 4] as number) > 0x0f);
  }

  /** The next eight bytes, into the scratch. */
  protected eightBytes(): void {
    scratchInts[LOW] = this.word();
    scratchInts[HIGH] = this.word();
  }

  /** The next four bytes, lowest first, as a signed integer. */
  protected word(): number {
    const { buf, pos } = this;
    this.take(4);
    return (
      (buf[pos] as number) |
      ((buf[pos + 1] as number) << 8) |
      ((buf[pos + 2] as number) << 16) |
      ((buf[pos + 3] as number) << 24)
    );
  }

  /** Moves over bytes that must be there. */
  protected take(byteCount: number): void {
    if (byteCount > this.len - this.pos)
      this.fail("truncated", "a value that runs past the end of its message");
    this.pos += byteCount;
  }

  protected fail(code: WireErrorCode, message: string, offset: number = this.pos): never {
    throw new WireError(code, message, offset);
  }

  private failVarint(size: number): never {
    if (size === 10) this.fail("varint", "a varint of more than 10 bytes");
    this.fail("truncated", "a varint that runs past the end of its message");
  }
}
