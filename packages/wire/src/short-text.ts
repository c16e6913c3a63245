// Short ASCII strings, up to 28 bytes: one call of fromCharCode beats every loop and every call into the host.
// Each function returns undefined when a byte is not ASCII and leaves the verdict on it to utf8.ts.

/** Longest string, in bytes, that `shortAscii` reads. */
export const SHORT_TEXT_BYTES = 28;

const of = String.fromCharCode;

/** The `length` bytes of `buf` from `at` as text, for lengths up to SHORT_TEXT_BYTES that lie within `buf`. */
export function shortAscii(buf: Uint8Array, at: number, length: number): string | undefined {
  if (length <= 4) return length === 0 ? "" : upTo4(buf, at, length);
  if (length <= 8) return upTo8(buf, at, length);
  if (length <= 12) return upTo12(buf, at, length);
  if (length <= 16) return upTo16(buf, at, length);
  if (length <= 20) return upTo20(buf, at, length);
  return length <= 24 ? upTo24(buf, at, length) : upTo28(buf, at, length);
}

function upTo4(buf: Uint8Array, at: number, n: number): string | undefined {
  const a = buf[at] as number;
  const b = n > 1 ? (buf[at + 1] as number) : 0;
  const c = n > 2 ? (buf[at + 2] as number) : 0;
  const d = n > 3 ? (buf[at + 3] as number) : 0;
  if ((a | b | c | d) > 0x7f) return undefined;
  if (n === 1) return of(a);
  if (n === 2) return of(a, b);
  if (n === 3) return of(a, b, c);
  return of(a, b, c, d);
}

function upTo8(buf: Uint8Array, at: number, n: number): string | undefined {
  const a = buf[at] as number;
  const b = buf[at + 1] as number;
  const c = buf[at + 2] as number;
  const d = buf[at + 3] as number;
  const e = buf[at + 4] as number;
  const f = n > 5 ? (buf[at + 5] as number) : 0;
  const g = n > 6 ? (buf[at + 6] as number) : 0;
  const h = n > 7 ? (buf[at + 7] as number) : 0;
  if ((a | b | c | d | e | f | g | h) > 0x7f) return undefined;
  if (n === 5) return of(a, b, c, d, e);
  if (n === 6) return of(a, b, c, d, e, f);
  if (n === 7) return of(a, b, c, d, e, f, g);
  return of(a, b, c, d, e, f, g, h);
}

function upTo12(buf: Uint8Array, at: number, n: number): string | undefined {
  const a = buf[at] as number;
  const b = buf[at + 1] as number;
  const c = buf[at + 2] as number;
  const d = buf[at + 3] as number;
  const e = buf[at + 4] as number;
  const f = buf[at + 5] as number;
  const g = buf[at + 6] as number;
  const h = buf[at + 7] as number;
  const i = buf[at + 8] as number;
  const j = n > 9 ? (buf[at + 9] as number) : 0;
  const k = n > 10 ? (buf[at + 10] as number) : 0;
  const l = n > 11 ? (buf[at + 11] as number) : 0;
  if ((a | b | c | d | e | f | g | h | i | j | k | l) > 0x7f) return undefined;
  if (n === 9) return of(a, b, c, d, e, f, g, h, i);
  if (n === 10) return of(a, b, c, d, e, f, g, h, i, j);
  if (n === 11) return of(a, b, c, d, e, f, g, h, i, j, k);
  return of(a, b, c, d, e, f, g, h, i, j, k, l);
}

function upTo16(buf: Uint8Array, at: number, n: number): string | undefined {
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
  const o = n > 13 ? (buf[at + 13] as number) : 0;
  const p = n > 14 ? (buf[at + 14] as number) : 0;
  const q = n > 15 ? (buf[at + 15] as number) : 0;
  if ((a | b | c | d | e | f | g | h | i | j | k | l | m | o | p | q) > 0x7f) return undefined;
  if (n === 13) return of(a, b, c, d, e, f, g, h, i, j, k, l, m);
  if (n === 14) return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o);
  if (n === 15) return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p);
  return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q);
}

function upTo20(buf: Uint8Array, at: number, n: number): string | undefined {
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
  const o = buf[at + 13] as number;
  const p = buf[at + 14] as number;
  const q = buf[at + 15] as number;
  const r = buf[at + 16] as number;
  const s = n > 17 ? (buf[at + 17] as number) : 0;
  const t = n > 18 ? (buf[at + 18] as number) : 0;
  const u = n > 19 ? (buf[at + 19] as number) : 0;
  const head = a | b | c | d | e | f | g | h | i | j | k | l | m | o | p | q;
  if ((head | r | s | t | u) > 0x7f) return undefined;
  if (n === 17) return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r);
  if (n === 18) return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s);
  if (n === 19) return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t);
  return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u);
}

function upTo24(buf: Uint8Array, at: number, n: number): string | undefined {
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
  const o = buf[at + 13] as number;
  const p = buf[at + 14] as number;
  const q = buf[at + 15] as number;
  const r = buf[at + 16] as number;
  const s = buf[at + 17] as number;
  const t = buf[at + 18] as number;
  const u = buf[at + 19] as number;
  const v = buf[at + 20] as number;
  const w = n > 21 ? (buf[at + 21] as number) : 0;
  const x = n > 22 ? (buf[at + 22] as number) : 0;
  const y = n > 23 ? (buf[at + 23] as number) : 0;
  const head = a | b | c | d | e | f | g | h | i | j | k | l | m | o | p | q;
  if ((head | r | s | t | u | v | w | x | y) > 0x7f) return undefined;
  if (n === 21) return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v);
  if (n === 22) return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w);
  if (n === 23) return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w, x);
  return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w, x, y);
}

function upTo28(buf: Uint8Array, at: number, n: number): string | undefined {
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
  const o = buf[at + 13] as number;
  const p = buf[at + 14] as number;
  const q = buf[at + 15] as number;
  const r = buf[at + 16] as number;
  const s = buf[at + 17] as number;
  const t = buf[at + 18] as number;
  const u = buf[at + 19] as number;
  const v = buf[at + 20] as number;
  const w = buf[at + 21] as number;
  const x = buf[at + 22] as number;
  const y = buf[at + 23] as number;
  const z = buf[at + 24] as number;
  const A = n > 25 ? (buf[at + 25] as number) : 0;
  const B = n > 26 ? (buf[at + 26] as number) : 0;
  const C = n > 27 ? (buf[at + 27] as number) : 0;
  const head = a | b | c | d | e | f | g | h | i | j | k | l | m | o | p | q;
  if ((head | r | s | t | u | v | w | x | y | z | A | B | C) > 0x7f) return undefined;
  if (n === 25) return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w, x, y, z);
  if (n === 26) return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w, x, y, z, A);
  if (n === 27) return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w, x, y, z, A, B);
  return of(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w, x, y, z, A, B, C);
}
