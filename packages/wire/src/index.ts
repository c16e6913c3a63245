// @vertex/wire: bytes to protobuf fields and back. Imports nothing.

export {
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
export { BinaryReader } from "./reader.ts";
export { WireError, type WireErrorCode } from "./wire-error.ts";
export { BinaryWriter } from "./writer.ts";
