// Scalars to bytes at a place in a buffer that has room for them: what generated code calls between two capacity
// checks. Each function writes at `pos`, which the caller has made sure of, and returns the place behind what it wrote.
// Values outside a field's domain are refused before a byte of them is written.
import {
  HIGH,
  LOW,
  scratchDouble,
  scratchFloat,
  scratchInts,
  scratchSigned,
  scratchUnsigned,
} from "./scratch.ts";
import { refuseValue } from "./wire-error.ts";

/** What the 64-bit functions take. Numbers must be safe integers, strings decimal. */
export type Integer64 = bigint | number | string;

/** The smallest number that rounds to infinity as a float: halfway between the largest float and 2^128. */
const FLOAT32_OVERFLOW = 3.4028235677973366e38;

/** Up to 5 bytes. For lengths, tags and whatever else is known to be an unsigned 32-bit integer. */
export function putVarint32(buf: Uint8Array, pos: number, value: number): number {
  let at = pos;
  let rest = value;
  while (rest > 0x7f) {
    buf[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buf[at] = rest;
  return at + 1;
}

/** Up to 5 bytes. */
export function putUint32(buf: Uint8Array, pos: number, value: number): number {
  if (typeof value === "number" && (value & 0x7f) === value) {
    buf[pos] = value;
    return pos + 1;
  }
  if (typeof value !== "number" || value >>> 0 !== value) refuseValue("uint32", value, pos);
  return putVarint32(buf, pos, value);
}

/** Up to 10 bytes: negative numbers take all of them. */
export function putInt32(buf: Uint8Array, pos: number, value: number): number {
  if (typeof value === "number" && (value & 0x7f) === value) {
    buf[pos] = value;
    return pos + 1;
  }
  if (typeof value !== "number" || (value | 0) !== value) refuseValue("int32", value, pos);
  return value < 0 ? putVarint64(buf, pos, value, -1) : putVarint32(buf, pos, value);
}

/** Up to 5 bytes. */
export function putSint32(buf: Uint8Array, pos: number, value: number): number {
  if (typeof value !== "number" || (value | 0) !== value) refuseValue("sint32", value, pos);
  return putVarint32(buf, pos, ((value << 1) ^ (value >> 31)) >>> 0);
}

/** 1 byte. */
export function putBool(buf: Uint8Array, pos: number, value: boolean): number {
  if (typeof value !== "boolean") refuseValue("bool", value, pos);
  buf[pos] = value ? 1 : 0;
  return pos + 1;
}

/** 4 bytes. */
export function putFixed32(buf: Uint8Array, pos: number, value: number): number {
  if (typeof value !== "number" || value >>> 0 !== value) refuseValue("fixed32", value, pos);
  return putWord(buf, pos, value);
}

/** 4 bytes. */
export function putSfixed32(buf: Uint8Array, pos: number, value: number): number {
  if (typeof value !== "number" || (value | 0) !== value) refuseValue("sfixed32", value, pos);
  return putWord(buf, pos, value);
}

/** 4 bytes. Finite values that a float rounds to infinity are refused; NaN and the infinities are values. */
export function putFloat(buf: Uint8Array, pos: number, value: number): number {
  if (typeof value !== "number" || (Math.abs(value) >= FLOAT32_OVERFLOW && Number.isFinite(value)))
    refuseValue("float", value, pos);
  scratchFloat[0] = value;
  return putWord(buf, pos, scratchInts[0] as number);
}

/** 8 bytes. */
export function putDouble(buf: Uint8Array, pos: number, value: number): number {
  if (typeof value !== "number") refuseValue("double", value, pos);
  scratchDouble[0] = value;
  return putWords(buf, pos);
}

/** Up to 10 bytes. */
export function putInt64(buf: Uint8Array, pos: number, value: Integer64): number {
  signed("int64", value, pos);
  return putVarint64(buf, pos, scratchInts[LOW] as number, scratchInts[HIGH] as number);
}

/** Up to 10 bytes. */
export function putUint64(buf: Uint8Array, pos: number, value: Integer64): number {
  unsigned("uint64", value, pos);
  return putVarint64(buf, pos, scratchInts[LOW] as number, scratchInts[HIGH] as number);
}

/** Up to 10 bytes. */
export function putSint64(buf: Uint8Array, pos: number, value: Integer64): number {
  signed("sint64", value, pos);
  const low = scratchInts[LOW] as number;
  const high = scratchInts[HIGH] as number;
  const sign = high >> 31;
  return putVarint64(buf, pos, (low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign);
}

/** 8 bytes. */
export function putFixed64(buf: Uint8Array, pos: number, value: Integer64): number {
  unsigned("fixed64", value, pos);
  return putWords(buf, pos);
}

/** 8 bytes. */
export function putSfixed64(buf: Uint8Array, pos: number, value: Integer64): number {
  signed("sfixed64", value, pos);
  return putWords(buf, pos);
}

function putVarint64(buf: Uint8Array, pos: number, low: number, high: number): number {
  if (high === 0) return putVarint32(buf, pos, low >>> 0);
  buf[pos] = low | 0x80;
  buf[pos + 1] = (low >>> 7) | 0x80;
  buf[pos + 2] = (low >>> 14) | 0x80;
  buf[pos + 3] = (low >>> 21) | 0x80;
  const middle = (low >>> 28) | ((high & 7) << 4);
  const rest = high >>> 3;
  if (rest === 0) {
    buf[pos + 4] = middle;
    return pos + 5;
  }
  buf[pos + 4] = middle | 0x80;
  return putVarint32(buf, pos + 5, rest);
}

function putWord(buf: Uint8Array, pos: number, value: number): number {
  buf[pos] = value;
  buf[pos + 1] = value >>> 8;
  buf[pos + 2] = value >>> 16;
  buf[pos + 3] = value >>> 24;
  return pos + 4;
}

/** Writes the eight scratch bytes. */
function putWords(buf: Uint8Array, pos: number): number {
  const low = scratchInts[LOW] as number;
  const high = scratchInts[HIGH] as number;
  return putWord(buf, putWord(buf, pos, low), high);
}

/** `value` into the scratch. */
function signed(kind: string, value: Integer64, pos: number): void {
  const exact = typeof value === "bigint" ? value : toBigint(kind, value, pos);
  scratchSigned[0] = exact;
  if (scratchSigned[0] !== exact) refuseValue(kind, value, pos);
}

function unsigned(kind: string, value: Integer64, pos: number): void {
  const exact = typeof value === "bigint" ? value : toBigint(kind, value, pos);
  scratchUnsigned[0] = exact;
  if (scratchUnsigned[0] !== exact) refuseValue(kind, value, pos);
}

function toBigint(kind: string, value: unknown, pos: number): bigint {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^-?[0-9]{1,20}$/.test(value)) return BigInt(value);
  return refuseValue(kind, value, pos);
}
