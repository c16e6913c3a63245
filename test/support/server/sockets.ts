// Plain sockets beside Vertex: peers that say nothing, strangers, and a relay that keeps what passes.
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A listening socket that belongs to a test. */
export interface PlainServer {
  readonly address: string;
  readonly port: number;
  /** Everybody who has connected. */
  readonly sockets: Socket[];
  close(): Promise<void>;
}

/** Listens on TCP and gives every socket to `accepted`. */
export async function listenPlain(accepted: (socket: Socket) => void, port = 0): Promise<PlainServer> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    accepted(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    address: `tcp://127.0.0.1:${bound}`,
    port: bound,
    sockets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A server that accepts and never says a word. */
export function muteServer(): Promise<PlainServer> {
  return listenPlain(() => {});
}

/** A TCP port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = await listenPlain(() => {});
  await server.close();
  return server.port;
}

/** Connects a plain socket to a `tcp://`, `tls://` or `unix:` address, without speaking TLS. */
export async function dialPlain(address: string): Promise<Socket> {
  const socket = address.startsWith("unix:")
    ? connect(address.slice("unix:".length))
    : connect(Number(address.slice(address.lastIndexOf(":") + 1)), "127.0.0.1");
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

/** Resolves with all that a socket sends until it is closed. */
export function everythingFrom(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => socket.once("close", () => resolve(Buffer.concat(chunks))));
}

/** A relay between a client and a server on TCP. */
export interface Relay extends PlainServer {
  /** All bytes from the server to the client. */
  toClient(): Buffer;
  /** All bytes from the client to the server. */
  toServer(): Buffer;
  /** Stops passing anything on, in both directions, without closing. */
  freeze(): void;
}

/** Listens, on `port` if it is given, and passes everything on to `target`. */
export async function relayTo(target: string, listenOn = 0): Promise<Relay> {
  const down: Buffer[] = [];
  const up: Buffer[] = [];
  const pairs: [Socket, Socket][] = [];
  const port = Number(target.slice(target.lastIndexOf(":") + 1));
  const server = await listenPlain((near) => {
    const far = connect(port, "127.0.0.1");
    pairs.push([near, far]);
    far.on("error", () => near.destroy());
    near.on("data", (chunk: Buffer) => {
      up.push(chunk);
      far.write(chunk);
    });
    far.on("data", (chunk: Buffer) => {
      down.push(chunk);
      near.write(chunk);
    });
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  }, listenOn);
  return {
    ...server,
    toClient: () => Buffer.concat(down),
    toServer: () => Buffer.concat(up),
    freeze: () => {
      for (const [near, far] of pairs) {
        near.pause();
        far.pause();
      }
    },
  };
}
