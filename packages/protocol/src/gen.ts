// `@vertex/protocol/gen`: everything that generated code imports, so that a contract package has to list one
// dependency only.

export { BinaryReader, BinaryWriter } from "@vertex/wire";
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
