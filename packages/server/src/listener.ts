// A listening socket: TCP, TLS or Unix. One of the three files that know node:net and node:tls.

import { chmod, lstat, unlink } from "node:fs/promises";
import { connect, createServer, type Server as NetServer, type Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import { usageError, VertexError } from "@vertex/protocol";
import { type Address, formatAddress, readThroughInlet, SocketTransport } from "@vertex/protocol/host";

export type { TlsOptions };

/** How a listener is set up. */
export interface ListenOptions {
  /** Certificate, key and the rest of Node's TLS options, for tls:// addresses. */
  readonly tls?: TlsOptions | undefined;
  /** Length of the kernel's queue of connections not yet accepted. Default 511. */
  readonly backlog?: number | undefined;
  /** File mode of a Unix socket. Default 0o600: only this user. */
  readonly unixMode?: number | undefined;
  /** Sockets at once, TLS handshakes under way included; more are dropped. Default: no limit of its own. */
  readonly maxSockets?: number | undefined;
  /** Time for a TLS handshake, in milliseconds. */
  readonly handshakeTimeoutMs: number;
}

/** What a listener does with what it accepts. */
export interface ListenEvents {
  /** Whether one more socket may come in just now; one that may not is closed at once. Default: yes. */
  opens?(): boolean;
  /** A socket over `maxSockets` was dropped. */
  dropped?(): void;
  accepted(transport: SocketTransport): void;
  /** The listening socket itself has failed, or one connection (then `peer` says whose) has before it was one. */
  failed(error: Error, peer?: string): void;
}

/** One listening socket. */
export class Listener {
  readonly #server: NetServer;
  /** The address that clients dial: with the real port where 0 was asked for. */
  readonly address: string;

  private constructor(server: NetServer, address: string) {
    this.#server = server;
    this.address = address;
  }

  /**
   * Starts listening.
   * @throws VertexError when the address is in use or not allowed, or when a tls:// address has no certificate.
   */
  static async open(address: Address, options: ListenOptions, events: ListenEvents): Promise<Listener> {
    const where = formatAddress(address);
    if (address.scheme === "unix") await removeStaleSocket(address.path);
    const server =
      address.scheme === "tls"
        ? await tlsServer(where, options)
        : createServer({ noDelay: true, pauseOnConnect: true });
    const event = address.scheme === "tls" ? "secureConnection" : "connection";
    if (options.maxSockets !== undefined) server.maxConnections = options.maxSockets;
    server.on("drop", () => events.dropped?.());
    server.prependListener("connection", (socket: Socket) => {
      if (events.opens?.() === false) socket.destroy();
    });
    server.on(event, (accepted: Socket) => {
      if (accepted.destroyed) return;
      const { socket, inlet } = "encrypted" in accepted ? { socket: accepted } : readThroughInlet(accepted);
      events.accepted(new SocketTransport(socket, nameOf(socket, where), inlet));
    });
    server.on("tlsClientError", (error: Error, socket: Socket) => {
      const peer = nameOf(socket, where);
      socket.destroy();
      events.failed(error, peer);
    });
    await listening(server, address, where, options);
    server.on("error", (error) => events.failed(error));
    if (address.scheme === "unix") {
      await chmod(address.path, options.unixMode ?? 0o600).catch((error: Error) => {
        server.close();
        throw cannotListen(where, error);
      });
    }
    return new Listener(server, formatAddress(boundAddress(server, address)));
  }

  /** Accepts no more. What has been accepted is not touched; resolves when the last of it is gone. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

async function tlsServer(where: string, options: ListenOptions): Promise<NetServer> {
  const { tls } = options;
  const certified = tls !== undefined && ((tls.cert && tls.key) || tls.pfx || tls.SNICallback);
  if (!certified) throw usageError(`${where} needs the option tls with a cert and a key`);
  // Loaded by who needs it: it brings all of Node's cryptography into memory.
  const { createServer: createTlsServer } = await import("node:tls");
  try {
    return createTlsServer({
      minVersion: "TLSv1.3",
      ALPNProtocols: ["vertex/1"],
      handshakeTimeout: options.handshakeTimeoutMs,
      ...tls,
    });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw usageError(`${where} cannot use the option tls: ${text}`, undefined, error);
  }
}

function listening(
  server: NetServer,
  address: Address,
  where: string,
  options: ListenOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(cannotListen(where, error));
    server.once("error", failed);
    const { backlog = 511 } = options;
    const target =
      address.scheme === "unix"
        ? { path: address.path, backlog }
        : { host: address.host, port: address.port, backlog };
    server.listen(target, () => {
      server.off("error", failed);
      resolve();
    });
  });
}

function cannotListen(where: string, cause: Error): VertexError {
  const message = `cannot listen on ${where}: ${cause.message}`;
  return new VertexError("UNAVAILABLE", message, { outcome: "not-executed", family: "usage", cause });
}

function boundAddress(server: NetServer, asked: Address): Address {
  const bound = server.address();
  if (asked.scheme === "unix" || bound === null || typeof bound === "string") return asked;
  return { ...asked, port: bound.port };
}

function nameOf(socket: Socket, where: string): string {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined) return where;
  // Joined, not added up: one string and not the tree of its parts, for each connection.
  return [remoteAddress.includes(":") ? `[${remoteAddress}]` : remoteAddress, remotePort].join(":");
}

/** Removes the socket file of a server that is gone. Anything else at that path is left alone. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  if (!found.isSocket())
    throw usageError(`${path} exists and is no socket: remove it or choose another path`);
  if (await answers(path)) throw usageError(`${path} is in use by another server`);
  await unlink(path);
}

/** Only a refusal shows that nobody listens: a full queue (EAGAIN) or a closed door (EACCES) has somebody behind it. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code !== "ECONNREFUSED" && error.code !== "ENOENT");
    });
  });
}
