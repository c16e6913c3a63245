// Short ASCII strings, up to 16 bytes: one call of fromCharCode beats every loop and every call into the host.
// Each function returns undefined when a byte is not ASCII and leaves the verdict on it to utf8.ts.

/** Longest string, in bytes, that `shortAscii` reads. */
export const SHORT_TEXT_BYTES = 16;

/** The `length` bytes of `buf` from `at` as text, for lengths up to SHORT_TEXT_BYTES that lie within `buf`. */
export function shortAscii(buf: Uint8Array, at: number, length: number): string | undefined {
  if (length <= 4) return length === 0 ? "" : upTo4(buf, at, length);
  if (length <= 8) return upTo8(buf, at, length);
  return length <= 12 ? upTo12(buf, at, length) : upTo16(buf, at, length);
}

function upTo4(buf: Uint8Array, at: number, length: number): string | undefined {
  const a = buf[at] as number;
  const b = length > 1 ? (buf[at + 1] as number) : 0;
  const c = length > 2 ? (buf[at + 2] as number) : 0;
  const d = length > 3 ? (buf[at + 3] as number) : 0;
  if ((a | b | c | d) > 0x7f) return undefined;
  if (length === 1) return String.fromCharCode(a);
  if (length === 2) return String.fromCharCode(a, b);
  if (length === 3) return String.fromCharCode(a, b, c);
  return String.fromCharCode(a, b, c, d);
}

function upTo8(buf: Uint8Array, at: number, length: number): string | undefined {
  const a = buf[at] as number;
  const b = buf[at + 1] as number;
  const c = buf[at + 2] as number;
  const d = buf[at + 3] as number;
  const e = buf[at + 4] as number;
  const f = length > 5 ? (buf[at + 5] as number) : 0;
  const g = length > 6 ? (buf[at + 6] as number) : 0;
  const h = length > 7 ? (buf[at + 7] as number) : 0;
  if ((a | b | c | d | e | f | g | h) > 0x7f) return undefined;
  if (length === 5) return String.fromCharCode(a, b, c, d, e);
  if (length === 6) return String.fromCharCode(a, b, c, d, e, f);
  if (length === 7) return String.fromCharCode(a, b, c, d, e, f, g);
  return String.fromCharCode(a, b, c, d, e, f, g, h);
}

function upTo12(buf: Uint8Array, at: number, length: number): string | undefined {
  const a = buf[at] as number;
  const b = buf[at + 1] as number;
  const c = buf[at + 2] as number;
  const d = buf[at + 3] as number;
  const e = buf[at + 4] as number;
  const f = buf[at + 5] as number;
  const g = buf[at + 6] as number;
  const h = buf[at + 7] as number;
  const i = buf[at + 8] as number;
  const j = length > 9 ? (buf[at + 9] as number) : 0;
  const k = length > 10 ? (buf[at + 10] as number) : 0;
  const l = length > 11 ? (buf[at + 11] as number) : 0;
  if ((a | b | c | d | e | f | g | h | i | j | k | l) > 0x7f) return undefined;
  if (length === 9) return String.fromCharCode(a, b, c, d, e, f, g, h, i);
  if (length === 10) return String.fromCharCode(a, b, c, d, e, f, g, h, i, j);
  if (length === 11) return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k);
  return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l);
}

function upTo16(buf: Uint8Array, at: number, length: number): string | undefined {
  const a = buf[at] as number;
  const b = buf[at + 1] as number;
  const c = buf[at + 2] as number;
  const d = buf[at + 3] as number;
  const e = buf[at + 4] as number;
  const f = buf[at + 5] as number;
  const g = buf[at + 6] as number;
  const h = buf[at + 7] as number;
  const i = buf[at + 8] as number;
  const j = buf[at + 9] as number;
  const k = buf[at + 10] as number;
  const l = buf[at + 11] as number;
  const m = buf[at + 12] as number;
  const n = length > 13 ? (buf[at + 13] as number) : 0;
  const o = length > 14 ? (buf[at + 14] as number) : 0;
  const p = length > 15 ? (buf[at + 15] as number) : 0;
  if ((a | b | c | d | e | f | g | h | i | j | k | l | m | n | o | p) > 0x7f) return undefined;
  if (length === 13) return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m);
  if (length === 14) return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
  if (length === 15) return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
  return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
}
