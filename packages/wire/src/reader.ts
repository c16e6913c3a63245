// Bytes to protobuf fields. No read crosses the end of the innermost open message, and every refusal is a WireError.
import { copyBytes, viewBytes } from "./copy.ts";
import { Cursor } from "./cursor.ts";
import {
  HIGH,
  LOW,
  scratchDouble,
  scratchFloat,
  scratchInts,
  scratchSigned,
  scratchUnsigned,
} from "./scratch.ts";
import { decodeText } from "./utf8.ts";

/** How many messages and groups may be open at once, the root message included, known and unknown fields together. */
const DEPTH_LIMIT = 100;
/** In `last`: nothing that could be a length, and no tag that ends a message. */
const NOTHING = 1;
/** From which double of one buffer on a DataView reads them: making one costs as much as fifteen by the scratch. */
const VIEW_DOUBLES = 8;

/**
 * Reads protobuf fields. Drop-in for the reader that ts-proto's code expects, and reusable through `reset`.
 *
 * ts-proto's code announces each message by writing `__tsProtoDecodeDepth`, one more on the way in and one less on the
 * way out. The reader listens: on the way in it takes the length read just before and narrows `len` to the message's
 * end; on the way out it checks that the message ended there, and not at a tag that cannot be.
 *
 * Varints may be longer than they need to be, as the protobuf specification asks, up to 10 bytes for values (bits
 * beyond the field's are dropped) and 5 bytes and 32 bits for tags and lengths.
 *
 * After a WireError only `reset` is defined.
 */
export class BinaryReader extends Cursor {
  /** Whether `bytes` lends views of `buf` instead of copies. For buffers that nobody writes to again. */
  borrowBytes: boolean;
  /** The same for single `bytes` fields of at least that length: small ones need not keep a large `buf` alive. */
  borrowFromByteCount: number = Number.POSITIVE_INFINITY;
  /** The last uint32 read, as a signed 32-bit integer; 0 if it was too long for a tag or a length. */
  private last = NOTHING;
  /** Messages open, less one. */
  private depth = -1;
  private start: number;
  /** `len` and `start` of the messages around the innermost, two entries each. */
  private readonly outer: number[] = [];

  /** Over `buf`, once so many doubles were read from it that making it pays. */
  private view: DataView | undefined = undefined;
  private doubles = 0;

  /** @param borrowBytes see the field of that name; false by default. */
  constructor(buf: Uint8Array, borrowBytes = false) {
    super(buf);
    this.borrowBytes = borrowBytes === true;
    this.start = 0;
  }

  /**
   * Starts over on the bytes of `buf` from `pos` to `end`. Offsets in errors are `buf`'s.
   *
   * @throws WireError `position` when they do not lie within it.
   */
  reset(buf: Uint8Array, pos = 0, end: number = buf.length): void {
    if (!(pos >= 0 && pos <= end && end <= buf.length))
      this.fail("position", `no bytes ${pos} to ${end}`, pos);
    if (buf !== this.buf) {
      this.view = undefined;
      this.doubles = 0;
    }
    this.buf = buf;
    this.pos = pos;
    this.len = end;
    this.start = pos;
    this.last = NOTHING;
    this.depth = -1;
    this.failed = false;
  }

  /** How many messages are open, less one: ts-proto's own limit of 100 never comes before the reader's. */
  get __tsProtoDecodeDepth(): number {
    return this.depth;
  }

  set __tsProtoDecodeDepth(depth: number) {
    this.turn(depth);
  }

  /**
   * Opens a message of `length` bytes, or of all that is left. The counterpart of `leave` for code that need not go by
   * `__tsProtoDecodeDepth`, at half the cost. `len` is the message's end from here on: read until `pos` reaches it.
   *
   * @returns what to hand to `leave`.
   * @throws WireError `truncated` or `depth`.
   */
  enter(length: number | undefined): number {
    const outer = this.len;
    if (++this.depth >= DEPTH_LIMIT) this.refuseMessage(this.depth);
    if (length !== undefined) {
      if (length > outer - this.pos) this.refuseMessage(this.depth);
      this.len = this.pos + length;
    }
    return outer;
  }

  /** Closes a message that was read to its end. */
  leave(outer: number): void {
    this.depth--;
    this.len = outer;
  }

  /**
   * Whether a packed field that ends at `end` has another element.
   *
   * @throws WireError `overrun` when the last element crossed the end.
   */
  before(end: number): boolean {
    const pos = this.pos;
    if (pos > end) this.fail("overrun", "a packed field that ends inside an element", end);
    return pos < end;
  }

  /** Reads a tag as field number and wire type. */
  tag(): [fieldNo: number, wireType: number] {
    const tag = this.nextTag();
    if ((tag & 7) > 5) this.fail("wire-type", `wire type ${tag & 7}`);
    return [tag >>> 3, tag & 7];
  }

  /**
   * Reads a tag as one number, strictly: at most 5 bytes and 32 bits, a field number. Wire types that do not exist are
   * left to `skip`, which every tag goes to that is not a known field's.
   *
   * @throws WireError `varint`, `field-number` or `truncated`.
   */
  nextTag(): number {
    const pos = this.pos;
    if (pos < this.len) {
      const byte = this.buf[pos] as number;
      if (byte > 7 && byte < 0x80) {
        this.pos = pos + 1;
        this.last = byte;
        return byte;
      }
    }
    return this.longTag();
  }

  /**
   * Skips the value behind the tag just read.
   *
   * @param fieldNo the tag's field number, which a group's end must repeat. Taken from the last uint32 if left out.
   * @throws WireError `field-number`, `wire-type`, `group`, `depth`, `truncated` or `varint`.
   */
  skip(wireType: number, fieldNo: number = this.last >>> 3): void {
    if (fieldNo === 0) this.fail("field-number", "a tag with field number 0, or of more than 32 bits");
    if (wireType === 3) this.skipGroup(fieldNo);
    else this.skipValue(wireType);
  }

  /** Reads a varint of up to 10 bytes and keeps its low 32 bits. */
  uint32(): number {
    const pos = this.pos;
    if (pos < this.len) {
      const byte = this.buf[pos] as number;
      if (byte < 0x80) {
        this.pos = pos + 1;
        this.last = byte;
        return byte;
      }
    }
    return this.longUint32();
  }

  int32(): number {
    const pos = this.pos;
    if (pos < this.len) {
      const byte = this.buf[pos] as number;
      if (byte < 0x80) {
        this.pos = pos + 1;
        return byte;
      }
    }
    return this.varint32();
  }

  sint32(): number {
    const value = this.int32();
    return (value >>> 1) ^ -(value & 1);
  }

  /** True unless all bits of the varint are 0. */
  bool(): boolean {
    const pos = this.pos;
    if (pos < this.len) {
      const byte = this.buf[pos] as number;
      if (byte < 0x80) {
        this.pos = pos + 1;
        return byte !== 0;
      }
    }
    this.varint64();
    return scratchInts[LOW] !== 0 || scratchInts[HIGH] !== 0;
  }

  fixed32(): number {
    return this.word() >>> 0;
  }

  sfixed32(): number {
    return this.word();
  }

  float(): number {
    scratchInts[0] = this.word();
    return scratchFloat[0] as number;
  }

  double(): number {
    const { pos, view } = this;
    if (view !== undefined) {
      this.take(8);
      return view.getFloat64(pos, true);
    }
    if (++this.doubles === VIEW_DOUBLES) this.openView();
    this.eightBytes();
    return scratchDouble[0] as number;
  }

  int64(): bigint {
    this.varint64();
    return scratchSigned[0] as bigint;
  }

  uint64(): bigint {
    this.varint64();
    return scratchUnsigned[0] as bigint;
  }

  sint64(): bigint {
    this.varint64();
    const low = scratchInts[LOW] as number;
    const high = scratchInts[HIGH] as number;
    const sign = -(low & 1);
    scratchInts[LOW] = ((low >>> 1) | (high << 31)) ^ sign;
    scratchInts[HIGH] = (high >>> 1) ^ sign;
    return scratchSigned[0] as bigint;
  }

  fixed64(): bigint {
    this.eightBytes();
    return scratchUnsigned[0] as bigint;
  }

  sfixed64(): bigint {
    this.eightBytes();
    return scratchSigned[0] as bigint;
  }

  /** A copy of the bytes, or a view of `buf` where `borrowBytes` or `borrowFromByteCount` says so. */
  bytes(): Uint8Array {
    const length = this.length();
    const from = this.pos;
    this.take(length);
    const to = from + length;
    const borrow = this.borrowBytes || length >= this.borrowFromByteCount;
    return borrow ? viewBytes(this.buf, from, to) : copyBytes(this.buf, from, to);
  }

  /** @throws WireError `utf8` for bytes that are not UTF-8: overlong forms, surrogates, above U+10FFFF, cut short. */
  string(): string {
    const length = this.length();
    const from = this.pos;
    this.take(length);
    const text = decodeText(this.buf, from, from + length);
    return text === undefined ? this.fail("utf8", "a string that is not UTF-8", from) : text;
  }

  /**
   * `__tsProtoDecodeDepth` was written. One more: a message begins, behind the length just read or, for the root, where
   * the caller says. One less: it ends.
   */
  private turn(depth: number): void {
    const { outer, last } = this;
    if (depth < this.depth) {
      if (last === 0 || (last & 7) === 4) this.walk();
      if (depth >= 0) {
        this.len = outer[depth * 2] as number;
        this.start = outer[depth * 2 + 1] as number;
      }
    } else {
      if (depth > 0) {
        if (last >>> 0 > this.len - this.pos || depth >= DEPTH_LIMIT) this.refuseMessage(depth);
        outer[depth * 2 - 2] = this.len;
        outer[depth * 2 - 1] = this.start;
        this.len = this.pos + last;
      }
      this.start = this.pos;
    }
    this.depth = depth;
  }

  /**
   * ts-proto's code ends a message early, and silently, at a tag of 0 and at the end of a group. Such a tag was then the
   * last uint32 read, but so may have been a value that looks like one: reads the message's tags up to `pos` again, this
   * time strictly.
   */
  private walk(): void {
    if (this.failed) return;
    const end = this.pos;
    this.pos = this.start;
    while (this.pos < end) {
      const tag = this.nextTag();
      this.skip(tag & 7, tag >>> 3);
    }
    if (this.pos !== end) this.fail("overrun", "a packed field that ends inside an element");
  }

  private openView(): void {
    this.view = new DataView(this.buf.buffer, this.buf.byteOffset, this.buf.byteLength);
  }

  /** The value of a field that is not a group. */
  private skipValue(wireType: number): void {
    if (wireType === 0) this.skipVarint();
    else if (wireType === 1) this.take(8);
    else if (wireType === 2) this.take(this.length());
    else if (wireType === 5) this.take(4);
    else if (wireType === 4) this.fail("group", "the end of a group that never started");
    else this.fail("wire-type", `wire type ${wireType}`);
  }

  /** Without recursion: the groups open are a list of field numbers. */
  private skipGroup(fieldNo: number): void {
    const open = [fieldNo];
    while (open.length > 0) {
      if (this.depth + open.length >= DEPTH_LIMIT)
        this.fail("depth", `more than ${DEPTH_LIMIT} groups in each other`);
      const tag = this.nextTag();
      const wireType = tag & 7;
      if (wireType === 3) open.push(tag >>> 3);
      else if (wireType !== 4) this.skipValue(wireType);
      else if (open.pop() !== tag >>> 3) this.fail("group", "a group that ends under another field number");
    }
    this.last = NOTHING;
  }

  private longUint32(): number {
    const { buf, pos } = this;
    if (this.len - pos >= 2) {
      const first = buf[pos] as number;
      const second = buf[pos + 1] as number;
      if (first >= 0x80 && second < 0x80) {
        this.pos = pos + 2;
        this.last = (first & 0x7f) | (second << 7);
        return this.last;
      }
    }
    const value = this.varint32();
    this.last = this.isWide(pos) ? 0 : value;
    return value >>> 0;
  }

  private longTag(): number {
    const at = this.pos;
    const tag = this.longUint32();
    if (this.isWide(at)) this.fail("varint", "a tag of more than 5 bytes or 32 bits", at);
    if (tag >>> 3 === 0) this.fail("field-number", "a tag with field number 0", at);
    return tag;
  }

  private refuseMessage(depth: number): never {
    if (depth >= DEPTH_LIMIT) this.fail("depth", `more than ${DEPTH_LIMIT} messages in each other`);
    this.fail("truncated", "a message that runs past the end of the one around it");
  }
}
