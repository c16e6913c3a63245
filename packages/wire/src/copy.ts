// Copies of byte strings out of a buffer that will be written to again. A buffer of its own costs 0.5 µs from
// 65 bytes on, so the copies of middle size share slabs.

const SLAB_BYTES = 32_768;
/** V8 keeps arrays up to this size on its own heap, where they cost little. */
const ON_HEAP_BYTES = 64;
/** From here on an array of its own, whose allocation is then small next to the copy. */
const SHARED_BYTES = 2048;

/** All copies of nothing: it cannot be written to. */
const NOTHING: Uint8Array = new Uint8Array(0);

/** The slab being filled. Shared by the whole event loop on purpose: no byte of it is written twice. */
const slab: { memory: ArrayBuffer; used: number } = { memory: new ArrayBuffer(0), used: 0 };

/** A copy of the bytes from `start` to `end`. Its `buffer` may hold other copies, as with Node's pooled Buffers. */
export function copyBytes(from: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length === 0) return NOTHING;
  if (length <= ON_HEAP_BYTES || length > SHARED_BYTES) {
    // A Buffer's slice would be a Buffer.
    return from.constructor === Uint8Array
      ? from.slice(start, end)
      : new Uint8Array(viewBytes(from, start, end));
  }
  if (slab.used + length > slab.memory.byteLength) {
    slab.memory = new ArrayBuffer(SLAB_BYTES);
    slab.used = 0;
  }
  const copy = new Uint8Array(slab.memory, slab.used, length);
  copy.set(from.subarray(start, end));
  slab.used += length;
  return copy;
}

/** The bytes from `start` to `end` themselves, as a plain Uint8Array also where `from` is a Buffer. */
export function viewBytes(from: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(from.buffer, from.byteOffset + start, end - start);
}
