// `@vertex/protocol/testing`: connections without a network, and a simulator of whole systems, for tests.

export { MemoryTransport, memoryPair } from "./memory-transport.ts";
export { Dice, seededRandom } from "./simulation/random.ts";
export { calmPath, type DialPolicy, type SimPath, type WriteMode } from "./simulation/sim-conditions.ts";
export type { SimLife } from "./simulation/sim-life.ts";
export {
  type SimConnection,
  type SimDialing,
  type SimDialResult,
  type SimHost,
  type SimListener,
  SimNetwork,
} from "./simulation/sim-network.ts";
export { SimNode } from "./simulation/sim-node.ts";
export type { SimTransport } from "./simulation/sim-transport.ts";
export { type TestPair, type TestPairOptions, testPair } from "./simulation/test-pair.ts";
export type { Trace } from "./simulation/trace.ts";
export { VirtualTime, type VirtualTimeOptions } from "./simulation/virtual-time.ts";
