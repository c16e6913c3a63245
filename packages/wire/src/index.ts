// @vertex/wire: bytes to protobuf fields and back. Imports nothing.

export { BinaryReader } from "./reader.ts";
export { WireError, type WireErrorCode } from "./wire-error.ts";
export { BinaryWriter, type Integer64 } from "./writer.ts";
