// Eight bytes that turn integers into floats and bigints and back without a DataView. Loop-wide and shared by
// every reader and writer on purpose: each use fills it and empties it before anything else can run.

const memory = new ArrayBuffer(8);

const scratchBytes: Uint8Array = new Uint8Array(memory);
export const scratchInts: Int32Array = new Int32Array(memory);
export const scratchFloat: Float32Array = new Float32Array(memory);
export const scratchDouble: Float64Array = new Float64Array(memory);
export const scratchSigned: BigInt64Array = new BigInt64Array(memory);
export const scratchUnsigned: BigUint64Array = new BigUint64Array(memory);

scratchInts[0] = 1;
/** Whether this machine has numbers in memory as protobuf has them on the wire. */
export const LITTLE_ENDIAN: boolean = scratchBytes[0] === 1;
/** Index into `scratchInts` of the low and the high half of a 64-bit value: machines differ. */
export const LOW: 0 | 1 = LITTLE_ENDIAN ? 0 : 1;
export const HIGH: 0 | 1 = LOW === 0 ? 1 : 0;
