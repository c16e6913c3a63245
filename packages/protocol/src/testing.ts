// `@vertex/protocol/testing`: a connection without a network, for tests.

export { MemoryTransport, memoryPair } from "./memory-transport.ts";
