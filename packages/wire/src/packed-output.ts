// Packed fields to bytes: a function for each kind, so that each has one kind of value to be compiled for. Nothing is
// written for a list without elements.
import { Output } from "./output.ts";
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
} from "./put.ts";

export class PackedOutput extends Output {
  packedUint32(tag: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const at = this.open(tag);
    let { buf, pos } = this;
    for (let i = 0; i < values.length; i++) {
      if (pos + 5 > buf.length) {
        buf = this.roomAt(pos, 5);
        pos = this.pos;
      }
      pos = putUint32(buf, pos, values[i] as number);
    }
    this.pos = pos;
    this.close(at);
  }

  packedInt32(tag: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const at = this.open(tag);
    let { buf, pos } = this;
    for (let i = 0; i < values.length; i++) {
      if (pos + 10 > buf.length) {
        buf = this.roomAt(pos, 10);
        pos = this.pos;
      }
      pos = putInt32(buf, pos, values[i] as number);
    }
    this.pos = pos;
    this.close(at);
  }

  packedSint32(tag: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const at = this.open(tag);
    let { buf, pos } = this;
    for (let i = 0; i < values.length; i++) {
      if (pos + 5 > buf.length) {
        buf = this.roomAt(pos, 5);
        pos = this.pos;
      }
      pos = putSint32(buf, pos, values[i] as number);
    }
    this.pos = pos;
    this.close(at);
  }

  packedInt64(tag: number, values: readonly Integer64[]): void {
    if (values.length === 0) return;
    const at = this.open(tag);
    let { buf, pos } = this;
    for (let i = 0; i < values.length; i++) {
      if (pos + 10 > buf.length) {
        buf = this.roomAt(pos, 10);
        pos = this.pos;
      }
      pos = putInt64(buf, pos, values[i] as Integer64);
    }
    this.pos = pos;
    this.close(at);
  }

  packedUint64(tag: number, values: readonly Integer64[]): void {
    if (values.length === 0) return;
    const at = this.open(tag);
    let { buf, pos } = this;
    for (let i = 0; i < values.length; i++) {
      if (pos + 10 > buf.length) {
        buf = this.roomAt(pos, 10);
        pos = this.pos;
      }
      pos = putUint64(buf, pos, values[i] as Integer64);
    }
    this.pos = pos;
    this.close(at);
  }

  packedSint64(tag: number, values: readonly Integer64[]): void {
    if (values.length === 0) return;
    const at = this.open(tag);
    let { buf, pos } = this;
    for (let i = 0; i < values.length; i++) {
      if (pos + 10 > buf.length) {
        buf = this.roomAt(pos, 10);
        pos = this.pos;
      }
      pos = putSint64(buf, pos, values[i] as Integer64);
    }
    this.pos = pos;
    this.close(at);
  }

  packedBool(tag: number, values: readonly boolean[]): void {
    if (values.length === 0) return;
    const at = this.open(tag);
    this.ensure(values.length);
    let { buf, pos } = this;
    for (let i = 0; i < values.length; i++) pos = putBool(buf, pos, values[i] as boolean);
    this.pos = pos;
    this.close(at);
  }

  packedFixed32(tag: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const at = this.open(tag);
    this.ensure(values.length * 4);
    let { buf, pos } = this;
    for (let i = 0; i < values.length; i++) pos = putFixed32(buf, pos, values[i] as number);
    this.pos = pos;
    this.close(at);
  }

  packedSfixed32(tag: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const at = this.open(tag);
    this.ensure(values.length * 4);
    let { buf, pos } = this;
    for (let i = 0; i < values.length; i++) pos = putSfixed32(buf, pos, values[i] as number);
    this.pos = pos;
    this.close(at);
  }

  packedFloat(tag: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const at = this.open(tag);
    this.ensure(values.length * 4);
    let { buf, pos } = this;
    for (let i = 0; i < values.length; i++) pos = putFloat(buf, pos, values[i] as number);
    this.pos = pos;
    this.close(at);
  }

  packedDouble(tag: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const at = this.open(tag);
    this.ensure(values.length * 8);
    let { buf, pos } = this;
    for (let i = 0; i < values.length; i++) pos = putDouble(buf, pos, values[i] as number);
    this.pos = pos;
    this.close(at);
  }

  packedFixed64(tag: number, values: readonly Integer64[]): void {
    if (values.length === 0) return;
    const at = this.open(tag);
    this.ensure(values.length * 8);
    let { buf, pos } = this;
    for (let i = 0; i < values.length; i++) pos = putFixed64(buf, pos, values[i] as Integer64);
    this.pos = pos;
    this.close(at);
  }

  packedSfixed64(tag: number, values: readonly Integer64[]): void {
    if (values.length === 0) return;
    const at = this.open(tag);
    this.ensure(values.length * 8);
    let { buf, pos } = this;
    for (let i = 0; i < values.length; i++) pos = putSfixed64(buf, pos, values[i] as Integer64);
    this.pos = pos;
    this.close(at);
  }

  /** The buffer, with room for that many bytes behind what was written up to `pos`. */
  private roomAt(pos: number, byteCount: number): Uint8Array {
    this.pos = pos;
    this.ensure(byteCount);
    return this.buf;
  }
}
