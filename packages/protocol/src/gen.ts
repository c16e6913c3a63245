// `@vertex/protocol/gen`: everything that generated code imports, so that a contract package has to list one
// dependency only.

export {
  BinaryReader,
  BinaryWriter,
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
} from "@vertex/wire";
export type {
  CallContext,
  CallOptions,
  ClientStream,
  DuplexStream,
  ServerStream,
} from "./call.ts";
export type {
  Caller,
  ClientStreamHandler,
  DuplexHandler,
  ErrorType,
  Method,
  OneWayHandler,
  ServerStreamHandler,
  Service,
  UnaryHandler,
} from "./service.ts";
