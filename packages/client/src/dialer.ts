// Dialing: an address to a connected socket. One of the three files that know node:net and node:tls.

import { connect as connectNet, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { Transport } from "@vertex/protocol";
import {
  type Address,
  formatAddress,
  type Host,
  Inlet,
  nodeHost,
  SocketTransport,
} from "@vertex/protocol/host";

export type { ConnectionOptions };

/** A dial under way. */
export interface Dialing {
  /** Gives up. Nothing is called back after that. */
  abort(): void;
}

/** What comes of a dial: exactly one of the two. */
export interface DialResult {
  connected(transport: Transport): void;
  failed(error: Error): void;
}

/** What a client runs on. A simulator and tests bring their own. */
export interface ClientHost extends Host {
  dial(address: Address, tls: ConnectionOptions | undefined, result: DialResult): Dialing;
}

/** This event loop and real sockets. */
export function nodeClientHost(): ClientHost {
  return { ...nodeHost(), dial };
}

/** Dials. TLS is verified before `connected`. */
function dial(address: Address, tls: ConnectionOptions | undefined, result: DialResult): Dialing {
  // What TLS decrypts comes in buffers of its own.
  const inlet = address.scheme === "tls" ? undefined : new Inlet();
  const socket = open(address, tls, inlet);
  const event = address.scheme === "tls" ? "secureConnect" : "connect";
  let settled = false;
  const failed = (error: Error): void => {
    if (settled) return;
    settled = true;
    socket.destroy();
    result.failed(error);
  };
  socket.once("error", failed);
  socket.once("close", () => failed(new Error("the connection was closed before it was ready")));
  socket.once(event, () => {
    if (settled) return;
    settled = true;
    const transport = new SocketTransport(socket, formatAddress(address), inlet);
    socket.off("error", failed);
    result.connected(transport);
  });
  return {
    abort: () => {
      settled = true;
      socket.on("error", () => {});
      socket.destroy();
    },
  };
}

function open(address: Address, tls: ConnectionOptions | undefined, inlet: Inlet | undefined): Socket {
  const { onread } = inlet ?? {};
  if (address.scheme === "unix") return connectNet({ path: address.path, onread });
  const { host, port } = address;
  if (address.scheme === "tcp") return connectNet({ host, port, noDelay: true, onread });
  const named = /[a-z]/i.test(host) && !host.includes(":") ? { servername: host } : {};
  return connectTls({ host, port, ALPNProtocols: ["vertex/1"], minVersion: "TLSv1.3", ...named, ...tls });
}
