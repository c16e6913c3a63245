// Packed fields: a function for each kind, so that each has one kind of value to be compiled for. Elements are appended.
import { Cursor } from "./cursor.ts";
import {
  HIGH,
  LITTLE_ENDIAN,
  LOW,
  scratchDouble,
  scratchFloat,
  scratchInts,
  scratchSigned,
  scratchUnsigned,
} from "./scratch.ts";

/** How many values that are objects of their own one message may hold, sub-messages included. */
const ELEMENT_LIMIT = 1_000_000;
/** How many doubles are read one by one: copying them to where the host reads them costs as much as about five. */
const FEW = 6;
/** Where many doubles are copied to be read. Loop-wide: each use fills it and empties it. */
const batchDoubles: Float64Array = new Float64Array(64);
const batchBytes: Uint8Array = new Uint8Array(batchDoubles.buffer);

export class PackedReader extends Cursor {
  /** How many more messages, map entries, strings, byte strings and 64-bit integers may come. */
  declare protected elements: number;

  constructor(buf: Uint8Array) {
    super(buf);
    this.elements = ELEMENT_LIMIT;
  }

  packedUint32(into: number[]): void {
    const outer = this.openPacked();
    const { buf, len } = this;
    let pos = this.pos;
    while (pos < len) {
      let value = buf[pos++] as number;
      if (value > 0x7f) {
        const next = pos < len ? (buf[pos] as number) : 0x80;
        if (next < 0x80) {
          value = (value & 0x7f) | (next << 7);
          pos++;
        } else {
          this.pos = pos - 1;
          value = this.varint32() >>> 0;
          pos = this.pos;
        }
      }
      into.push(value);
    }
    this.closePacked(pos, outer);
  }

  packedInt32(into: number[]): void {
    const outer = this.openPacked();
    const { buf, len } = this;
    let pos = this.pos;
    while (pos < len) {
      let value = buf[pos++] as number;
      if (value > 0x7f) {
        const next = pos < len ? (buf[pos] as number) : 0x80;
        if (next < 0x80) {
          value = (value & 0x7f) | (next << 7);
          pos++;
        } else {
          this.pos = pos - 1;
          value = this.varint32();
          pos = this.pos;
        }
      }
      into.push(value);
    }
    this.closePacked(pos, outer);
  }

  packedSint32(into: number[]): void {
    const outer = this.openPacked();
    while (this.pos < this.len) {
      const value = this.varint32();
      into.push((value >>> 1) ^ -(value & 1));
    }
    this.closePacked(this.pos, outer);
  }

  packedBool(into: boolean[]): void {
    const outer = this.openPacked();
    while (this.pos < this.len) {
      const byte = this.buf[this.pos] as number;
      if (byte < 0x80) {
        into.push(byte !== 0);
        this.pos++;
      } else {
        this.varint64();
        into.push(scratchInts[LOW] !== 0 || scratchInts[HIGH] !== 0);
      }
    }
    this.closePacked(this.pos, outer);
  }

  packedFixed32(into: number[]): void {
    const outer = this.openPacked();
    while (this.pos < this.len) into.push(this.word() >>> 0);
    this.closePacked(this.pos, outer);
  }

  packedSfixed32(into: number[]): void {
    const outer = this.openPacked();
    while (this.pos < this.len) into.push(this.word());
    this.closePacked(this.pos, outer);
  }

  packedFloat(into: number[]): void {
    const outer = this.openPacked();
    while (this.pos < this.len) {
      scratchInts[0] = this.word();
      into.push(scratchFloat[0] as number);
    }
    this.closePacked(this.pos, outer);
  }

  packedDouble(into: number[]): void {
    const outer = this.openPacked();
    if (LITTLE_ENDIAN) {
      const { buf, len } = this;
      for (let left = len - this.pos; left >= 8 * FEW; left = len - this.pos) {
        const bytes = Math.min(left - (left & 7), batchBytes.length);
        batchBytes.set(buf.subarray(this.pos, this.pos + bytes));
        for (let i = 0; i < bytes >>> 3; i++) into.push(batchDoubles[i] as number);
        this.pos += bytes;
      }
    }
    while (this.pos < this.len) into.push(this.double());
    this.closePacked(this.pos, outer);
  }

  double(): number {
    this.eightBytes();
    return scratchDouble[0] as number;
  }

  packedInt64(into: bigint[]): void {
    const outer = this.openPacked();
    while (this.pos < this.len) into.push(this.int64());
    this.closePacked(this.pos, outer);
  }

  packedUint64(into: bigint[]): void {
    const outer = this.openPacked();
    while (this.pos < this.len) into.push(this.uint64());
    this.closePacked(this.pos, outer);
  }

  packedSint64(into: bigint[]): void {
    const outer = this.openPacked();
    while (this.pos < this.len) into.push(this.sint64());
    this.closePacked(this.pos, outer);
  }

  packedFixed64(into: bigint[]): void {
    const outer = this.openPacked();
    while (this.pos < this.len) into.push(this.fixed64());
    this.closePacked(this.pos, outer);
  }

  packedSfixed64(into: bigint[]): void {
    const outer = this.openPacked();
    while (this.pos < this.len) into.push(this.sfixed64());
    this.closePacked(this.pos, outer);
  }

  int64(): bigint {
    this.varint64();
    this.spend();
    return scratchSigned[0] as bigint;
  }

  uint64(): bigint {
    this.varint64();
    this.spend();
    return scratchUnsigned[0] as bigint;
  }

  sint64(): bigint {
    this.varint64();
    this.spend();
    const low = scratchInts[LOW] as number;
    const high = scratchInts[HIGH] as number;
    const sign = -(low & 1);
    scratchInts[LOW] = ((low >>> 1) | (high << 31)) ^ sign;
    scratchInts[HIGH] = (high >>> 1) ^ sign;
    return scratchSigned[0] as bigint;
  }

  fixed64(): bigint {
    this.eightBytes();
    this.spend();
    return scratchUnsigned[0] as bigint;
  }

  sfixed64(): bigint {
    this.eightBytes();
    this.spend();
    return scratchSigned[0] as bigint;
  }

  /** Takes so many elements off what is left. */
  protected spend(weight = 1): void {
    this.elements -= weight;
    if (this.elements < 0) this.fail("elements", `more than ${ELEMENT_LIMIT} elements in one message`);
  }

  /** What a new message may spend. */
  protected refill(): void {
    this.elements = ELEMENT_LIMIT;
  }

  /** Narrows `len` to the end of the packed field that begins here, and returns what it was. */
  private openPacked(): number {
    const length = this.length();
    const outer = this.len;
    if (length > outer - this.pos) this.take(length);
    this.len = this.pos + length;
    return outer;
  }

  private closePacked(pos: number, outer: number): void {
    this.pos = pos;
    this.len = outer;
  }
}
