// @vertex/framing: bytes to frames and back. Pure: no I/O, no clock, no calls.

export {
  CALL_FIXED_BYTES,
  NO_DEADLINE,
  readCallMessageStart,
  readCallMethod,
  readCallRemaining,
  writeCall,
} from "./call-frame.ts";
export { FrameDecoder, type FrameSink } from "./decoder.ts";
export { Flag, HEADER_BYTES, Kind, kindName, readLength, readU32, writeHeader, writeU32 } from "./frame.ts";
export { FramingError, type FramingErrorCode } from "./framing-error.ts";
export { describeStranger, PREFACE, readPreface, writePreface } from "./preface.ts";
