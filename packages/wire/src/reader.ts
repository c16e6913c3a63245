// Bytes to protobuf fields. No read crosses the end of the innermost open message, and every refusal is a WireError.
import { copyBytes, viewBytes } from "./copy.ts";
import { PackedReader } from "./packed-reader.ts";
import { HIGH, LOW, scratchFloat, scratchInts } from "./scratch.ts";
import { decodeText } from "./utf8.ts";

/** How many messages and groups may be open at once, the root message included, known and unknown fields together. */
const DEPTH_LIMIT = 100;
/** Places in `buf`: the begin and the end of a field, of the next, and so on. */
type Spans = number[];

/**
 * Reads protobuf fields. Generated code opens a message with `enter`, reads tags until `pos` reaches `len`, hands what
 * it does not know to `skip` and closes the message with `leave`. Reusable through `reset`.
 *
 * Varints may be longer than they need to be, as the protobuf specification asks, up to 10 bytes for values (bits
 * beyond the field's are dropped) and 5 bytes and 32 bits for tags and lengths.
 *
 * After a WireError only `reset` is defined.
 */
export class BinaryReader extends PackedReader {
  /** `bytes` lends views of `buf` instead of copies from that length on. For buffers that nobody writes to again. */
  declare borrowFromByteCount: number;
  /** Messages open. */
  declare private depth: number;

  /** @param borrowBytes lends byte strings of every length; false by default. */
  constructor(buf: Uint8Array, borrowBytes = false) {
    super(buf);
    this.borrowFromByteCount = borrowBytes ? 0 : Number.POSITIVE_INFINITY;
    this.depth = 0;
  }

  /**
   * Starts over on the bytes of `buf` from `pos` to `end`. Offsets in errors are `buf`'s.
   *
   * @throws WireError `position` when they do not lie within it.
   */
  reset(buf: Uint8Array, pos = 0, end: number = buf.length): void {
    if (!(pos >= 0 && pos <= end && end <= buf.length))
      this.fail("position", `no bytes ${pos} to ${end}`, pos);
    this.buf = buf;
    this.pos = pos;
    this.len = end;
    this.depth = 0;
    this.refill();
  }

  /**
   * Opens a message of `length` bytes, or of all that is left. `len` is the message's end from here on: read until
   * `pos` reaches it.
   *
   * @param weight how many elements it counts for: one for each 100 bytes that it takes when it is empty.
   * @returns what to hand to `leave`.
   * @throws WireError `truncated`, `depth` or `elements`.
   */
  enter(length: number | undefined, weight = 1): number {
    const outer = this.len;
    if (++this.depth > DEPTH_LIMIT) this.refuseDepth();
    this.spend(weight);
    if (length !== undefined) {
      if (length > outer - this.pos)
        this.fail("truncated", "a message that runs past the end of the one around it");
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
   * Opens a message that may be a group: one whose `length` is its field number, negated. `groupTag` reads its tags.
   *
   * @returns what to hand to `leave`.
   */
  enterGroup(length: number | undefined, weight = 1): number {
    return this.enter(length === undefined || length < 0 ? undefined : length, weight);
  }

  /**
   * The next tag of a message that was opened with `enterGroup(length)`, or 0 at its end.
   *
   * @throws WireError `truncated` for a group that has no end, and what `nextTag` throws.
   */
  groupTag(length: number | undefined): number {
    const isGroup = length !== undefined && length < 0;
    if (this.pos >= this.len) {
      if (isGroup) this.fail("truncated", "a group without an end");
      return 0;
    }
    const tag = this.nextTag();
    return isGroup && tag === ((-length << 3) | 4) >>> 0 ? 0 : tag;
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
        return byte;
      }
    }
    return this.longTag();
  }

  /**
   * Skips the value behind the tag just read.
   *
   * @param tag which a group's end must repeat.
   * @throws WireError `wire-type`, `group`, `depth`, `truncated` or `varint`.
   */
  skip(tag: number): void {
    if ((tag & 7) === 3) this.skipGroup(tag >>> 3);
    else this.skipValue(tag & 7);
  }

  /**
   * Skips the value behind `tag` and notes where the whole field stands, to be kept.
   *
   * @param at where the tag began.
   * @param spans what the last call for the same message returned.
   */
  note(tag: number, at: number, spans: Spans | undefined): Spans {
    this.skip(tag);
    const noted = spans ?? [];
    if (noted.length > 0 && noted[noted.length - 1] === at) noted.pop();
    else noted.push(at);
    noted.push(this.pos);
    return noted;
  }

  /** A copy of the fields that `note` has noted, behind those that a message had before. */
  kept(spans: Spans, before: Uint8Array | undefined): Uint8Array {
    let length = before?.length ?? 0;
    for (let i = 0; i < spans.length; i += 2) length += (spans[i + 1] as number) - (spans[i] as number);
    const kept = new Uint8Array(length);
    if (before !== undefined) kept.set(before);
    let at = before?.length ?? 0;
    for (let i = 0; i < spans.length; i += 2) {
      const field = this.buf.subarray(spans[i], spans[i + 1]);
      kept.set(field, at);
      at += field.length;
    }
    return kept;
  }

  /** Reads a varint of up to 10 bytes and keeps its low 32 bits. */
  uint32(): number {
    const pos = this.pos;
    if (pos < this.len) {
      const byte = this.buf[pos] as number;
      if (byte < 0x80) {
        this.pos = pos + 1;
        return byte;
      }
    }
    return this.varint32() >>> 0;
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

  /** A copy of the bytes, or a view of `buf` where `borrowFromByteCount` says so. */
  bytes(): Uint8Array {
    this.spend();
    const length = this.length();
    const from = this.pos;
    this.take(length);
    const to = from + length;
    return length >= this.borrowFromByteCount ? viewBytes(this.buf, from, to) : copyBytes(this.buf, from, to);
  }

  /** @throws WireError `utf8` for bytes that are not UTF-8: overlong forms, surrogates, above U+10FFFF, cut short. */
  string(): string {
    this.spend();
    const length = this.length();
    const from = this.pos;
    this.take(length);
    const text = decodeText(this.buf, from, from + length);
    return text === undefined ? this.fail("utf8", "a string that is not UTF-8", from) : text;
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
      if (this.depth + open.length > DEPTH_LIMIT) this.refuseDepth();
      const tag = this.nextTag();
      const wireType = tag & 7;
      if (wireType === 3) open.push(tag >>> 3);
      else if (wireType !== 4) this.skipValue(wireType);
      else if (open.pop() !== tag >>> 3) this.fail("group", "a group that ends under another field number");
    }
  }

  private longTag(): number {
    const at = this.pos;
    const tag = this.varint32();
    if (this.isWide(at)) this.fail("varint", "a tag of more than 5 bytes or 32 bits", at);
    if (tag >>> 3 === 0) this.fail("field-number", "a tag with field number 0", at);
    return tag >>> 0;
  }

  private refuseDepth(): never {
    this.fail("depth", `more than ${DEPTH_LIMIT} messages in each other`);
  }
}
