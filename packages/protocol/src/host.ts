// `@vertex/protocol/host`: what the server and the client share of this machine: Node's clock and its sockets.

export { type Address, formatAddress, parseAddress } from "./address.ts";
export { Inlet } from "./inlet.ts";
export { type Host, nodeEnvironment, nodeHost } from "./node-environment.ts";
export { readThroughInlet, SocketTransport } from "./socket-transport.ts";
export { SWEEP_MS, Sweeper, type Swept } from "./sweeper.ts";
