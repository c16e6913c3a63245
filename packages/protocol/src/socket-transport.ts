// A connected socket (TCP, TLS, Unix) as a transport. One of the three files that know node:net.

import { type Server, Socket } from "node:net";
import { Inlet, isReadBuffer } from "./inlet.ts";
import type { Transport, TransportReceiver } from "./transport.ts";

/** How long a socket may take to send what is left when it is closed, in milliseconds. */
const LINGER_MS = 1_000;

/** What a socket knows its transport by: listeners shared by all sockets cost an idle connection nothing. */
const owner = Symbol("transport");
interface Owned extends Socket {
  [owner]: SocketTransport;
}

/** The transport over one connected socket, which it owns from then on. */
export class SocketTransport implements Transport {
  static readonly #listeners = {
    error(this: Owned, error: Error): void {
      this[owner].#error = error;
    },
    data(this: Owned, chunk: Uint8Array): void {
      this[owner].#receiver?.received(chunk);
    },
    drain(this: Owned): void {
      this[owner].#receiver?.drained();
    },
    end(this: Owned): void {
      this[owner].end();
    },
    close(this: Owned): void {
      this[owner].#closed();
    },
  };

  readonly address: string;
  readonly #socket: Socket;
  /** A plain socket that has nothing left to send has handed a chunk to the kernel. TLS may not have read it yet. */
  readonly #reuses: boolean;
  readonly #inlet: Inlet | undefined;
  #receiver: TransportReceiver | null = null;
  #error: Error | undefined;
  #ended = false;

  /**
   * @param address for people.
   * @param inlet what the socket was made to read through; without it, chunks come as events.
   */
  constructor(socket: Socket, address: string, inlet?: Inlet) {
    this.#socket = socket;
    this.address = address;
    this.#inlet = inlet;
    this.#reuses = !("encrypted" in socket);
    socket.setNoDelay(true);
    (socket as Owned)[owner] = this;
    // Before anything else can fail: a socket without this listener takes the process down.
    socket.on("error", SocketTransport.#listeners.error);
  }

  get congested(): boolean {
    return this.#socket.writableNeedDrain;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  /**
   * What was written, less what waits. Node counts a write once all of it is gone, which for one of megabytes takes long
   * on a slow line; how much of it is gone, the handle knows, with TLS the one below it. Those names of Node's are not
   * public: without them, whole writes are counted.
   */
  get takenMark(): number {
    const { bytesWritten, writableLength } = this.#socket;
    const handle = (this.#socket as unknown as SocketParts)._handle;
    const queued = (handle?._parent ?? handle)?.writeQueueSize;
    return bytesWritten - writableLength - (typeof queued === "number" ? queued : 0);
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    const socket = this.#socket;
    const { data, drain, end, close } = SocketTransport.#listeners;
    if (this.#inlet === undefined) socket.on("data", data);
    else this.#inlet.open(receiver);
    socket.on("drain", drain);
    socket.on("end", end);
    socket.on("close", close);
    socket.resume();
    if (socket.destroyed) queueMicrotask(() => this.#closed());
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended || this.#socket.destroyed) return true;
    this.#socket.write(bytes);
    return this.#reuses && this.#socket.writableLength === 0;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.end();
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }

  destroy(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #closed(): void {
    const receiver = this.#receiver;
    this.#receiver = null;
    receiver?.closed(this.#error);
  }
}

/** What of the handle of a socket is used here and not public. */
interface HandleParts {
  readonly useUserBuffer?: unknown;
  readonly writeQueueSize?: unknown;
  /** Of a TLS handle: what it writes to. */
  readonly _parent?: HandleParts;
}

/** The same of a socket. */
interface SocketParts {
  _handle: HandleParts | null;
  _server?: Server | null;
  server?: Server | null;
}

/**
 * An accepted socket that has not read anything, made to read through an inlet. `net.connect` has an option for that;
 * for accepted sockets there is none, so a socket is made anew around the handle. That leans on names of Node's that
 * are not public: each is checked, and where one is missing the chunks come as events, as everywhere.
 *
 * @returns the socket to use, and its inlet if that could be done.
 */
export function readThroughInlet(socket: Socket): { socket: Socket; inlet: Inlet | undefined } {
  const parts = socket as unknown as SocketParts;
  const handle = parts._handle;
  const server = parts._server;
  if (typeof handle?.useUserBuffer !== "function" || server === undefined || server === null) {
    return { socket, inlet: undefined };
  }
  const inlet = new Inlet();
  const made = new Socket({ handle, onread: inlet.onread, manualStart: true } as ConstructorParameters<
    typeof Socket
  >[0]);
  // The server counts its sockets and waits for them when it closes: the new one stands for the old.
  Object.assign(made as unknown as SocketParts, { _server: server, server });
  parts._handle = null;
  parts._server = null;
  parts.server = null;
  return { socket: made, inlet: readsInPlace(made) ? inlet : undefined };
}

/** Whether Node has taken the option. */
function readsInPlace(socket: Socket): boolean {
  const values = socket as unknown as { [key: symbol]: unknown };
  return Object.getOwnPropertySymbols(socket).some((symbol) => isReadBuffer(values[symbol]));
}
