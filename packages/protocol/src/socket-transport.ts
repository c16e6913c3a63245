// A connected socket (TCP, TLS, Unix) as a transport. One of the three files that know node:net.

import type { Socket } from "node:net";
import type { Transport, TransportReceiver } from "./transport.ts";

/** How long a socket may take to send what is left when it is closed, in milliseconds. */
const LINGER_MS = 1_000;

/** The transport over one connected socket, which it owns from then on. */
export class SocketTransport implements Transport {
  readonly address: string;
  readonly #socket: Socket;
  /** The memory of a chunk can be used again once a plain socket has handed it to the kernel; TLS keeps it. */
  readonly #reuses: boolean;
  #receiver: TransportReceiver | null = null;
  #error: Error | undefined;
  #ended = false;

  /** @param address for people; taken from the socket when it is a TCP one. */
  constructor(socket: Socket, address: string) {
    this.#socket = socket;
    this.address = address;
    this.#reuses = !("encrypted" in socket);
    socket.setNoDelay(true);
    // Before anything else can fail: a socket without this listener takes the process down.
    socket.on("error", (error) => {
      this.#error = error;
    });
  }

  get congested(): boolean {
    return this.#socket.writableNeedDrain;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    const socket = this.#socket;
    socket.on("data", (chunk: Uint8Array) => receiver.received(chunk));
    socket.on("drain", () => receiver.drained());
    socket.on("end", () => this.end());
    socket.on("close", () => this.#closed());
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
