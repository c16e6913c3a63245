// Protobuf fields to bytes, in one growing buffer.
import { varintBytes } from "./output.ts";
import { PackedOutput } from "./packed-output.ts";
import {
  type Integer64,
  putBool,
  putDouble,
  putFixed32,
  putFixed64,
  putFloat,
  putInt32,
  putInt64,
  putSfixed32,
  putSfixed64,
  putSint32,
  putSint64,
  putUint32,
  putUint64,
  putVarint32,
} from "./put.ts";
import { encodeShortAscii, encodeText } from "./utf8.ts";
import { refuseValue } from "./wire-error.ts";

/**
 * Writes protobuf fields. Generated code writes what is of constant size itself, with the `put` functions, between
 * `ensure` and a new `pos`; the methods named after a type make room for themselves and return the writer.
 *
 * A writer made with a capacity has a buffer of its own, whose offsets stay what they are when it grows until the
 * first finish(). One made without takes a piece of a shared slab, for messages encoded one by one.
 *
 * Values outside a field's domain throw WireError `value` and leave the writer as it was before the field, or before
 * the fields of constant size around it; use `reset` to drop what the same message wrote before.
 */
export class BinaryWriter extends PackedOutput {
  /** A string field: `tag` and text. Lone surrogates are written as U+FFFD, as everywhere on the web platform. */
  stringField(tag: number, value: string): void {
    if (typeof value !== "string") refuseValue("string", value, this.pos);
    const units = value.length;
    if (this.pos + units + 6 > this.buf.length) this.grow(units + 6);
    const pos = this.putTag(tag);
    if (encodeShortAscii(value, this.buf, pos + 1)) {
      this.buf[pos] = units;
      this.pos = pos + 1 + units;
    } else {
      this.pos = pos;
      this.longString(value, units);
    }
  }

  /** A bytes field: `tag` and a copy of the bytes. */
  bytesField(tag: number, value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) refuseValue("bytes", value, this.pos);
    const length = value.length;
    if (this.pos + length + 10 > this.buf.length) this.grow(length + 10);
    const pos = putVarint32(this.buf, this.putTag(tag), length);
    this.buf.set(value, pos);
    this.pos = pos + length;
  }

  /** A text and its length, without a tag. */
  string(value: string): this {
    if (typeof value !== "string") refuseValue("string", value, this.pos);
    this.longString(value, value.length);
    return this;
  }

  /** Bytes and their length, without a tag. */
  bytes(value: Uint8Array): this {
    if (!(value instanceof Uint8Array)) refuseValue("bytes", value, this.pos);
    return this.uint32(value.length).raw(value);
  }

  uint32(value: number): this {
    this.ensure(5);
    this.pos = putUint32(this.buf, this.pos, value);
    return this;
  }

  int32(value: number): this {
    this.ensure(10);
    this.pos = putInt32(this.buf, this.pos, value);
    return this;
  }

  sint32(value: number): this {
    this.ensure(5);
    this.pos = putSint32(this.buf, this.pos, value);
    return this;
  }

  bool(value: boolean): this {
    this.ensure(1);
    this.pos = putBool(this.buf, this.pos, value);
    return this;
  }

  fixed32(value: number): this {
    this.ensure(4);
    this.pos = putFixed32(this.buf, this.pos, value);
    return this;
  }

  sfixed32(value: number): this {
    this.ensure(4);
    this.pos = putSfixed32(this.buf, this.pos, value);
    return this;
  }

  float(value: number): this {
    this.ensure(4);
    this.pos = putFloat(this.buf, this.pos, value);
    return this;
  }

  double(value: number): this {
    this.ensure(8);
    this.pos = putDouble(this.buf, this.pos, value);
    return this;
  }

  int64(value: Integer64): this {
    this.ensure(10);
    this.pos = putInt64(this.buf, this.pos, value);
    return this;
  }

  uint64(value: Integer64): this {
    this.ensure(10);
    this.pos = putUint64(this.buf, this.pos, value);
    return this;
  }

  sint64(value: Integer64): this {
    this.ensure(10);
    this.pos = putSint64(this.buf, this.pos, value);
    return this;
  }

  fixed64(value: Integer64): this {
    this.ensure(8);
    this.pos = putFixed64(this.buf, this.pos, value);
    return this;
  }

  sfixed64(value: Integer64): this {
    this.ensure(8);
    this.pos = putSfixed64(this.buf, this.pos, value);
    return this;
  }

  /** A text of any size at `pos`. Guesses the size of its length from the units, which is right for ASCII. */
  private longString(value: string, units: number): void {
    this.ensure(units * 3 + 5);
    const { buf, pos } = this;
    const guess = varintBytes(units);
    const written = encodeText(value, buf, pos + guess);
    const prefix = varintBytes(written);
    if (prefix !== guess) buf.copyWithin(pos + prefix, pos + guess, pos + guess + written);
    this.pos = putVarint32(buf, pos, written) + written;
  }
}
