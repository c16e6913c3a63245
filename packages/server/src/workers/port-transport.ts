// A MessagePort between two threads as a transport. What is written in one turn travels as one message; large
// messages travel beside the bytes, handed over and not copied.

import type { MessagePort, TransferListItem } from "node:worker_threads";
import type { Transport, TransportReceiver } from "@vertex/protocol";

/** From here on bytes change hands instead of being copied: below, a transfer costs more than the copy. */
export const TRANSFER_BYTES = 16_384;

/** What the two ends tell each other beside the bytes of their session. */
export type Notice =
  /** To the worker: who makes calls under that number. */
  | {
      readonly kind: "peer";
      readonly number: number;
      readonly name: string;
      readonly address: string;
      readonly identity: Uint8Array | null;
      /** Who its call is made for, when that is somebody else. */
      readonly madeFor?: Uint8Array;
    }
  /** To the worker: that peer makes no more calls. */
  | { readonly kind: "gone"; readonly number: number }
  /** From the worker: the module is loaded and has handlers for these methods. */
  | { readonly kind: "loaded"; readonly threadId: number; readonly methods: readonly string[] }
  /** From the worker: the module cannot be used. */
  | { readonly kind: "unusable"; readonly message: string; readonly error: unknown }
  /** From the worker: the handler of a call that was given up has settled. */
  | { readonly kind: "done"; readonly callId: number }
  /** From the worker: a handler threw something that its caller is not shown. */
  | { readonly kind: "threw"; readonly method: string; readonly error: unknown };

interface Bytes {
  readonly kind: "bytes";
  readonly chunks: readonly Uint8Array[];
  /** Number of the first attachment. */
  readonly first: number;
  readonly attached: readonly Uint8Array[];
}

/** One end. */
export class PortTransport implements Transport {
  readonly address: string;
  readonly congested = false;
  readonly bufferedBytes = 0;
  readonly takenMark = 0;
  readonly #port: MessagePort;
  readonly #noticed: (notice: Notice) => void;
  #receiver: TransportReceiver | null = null;
  /** What came before there was somebody to receive it: a worker loads its module first. */
  #early: Bytes[] = [];
  #chunks: Uint8Array[] = [];
  #attaching: Uint8Array[] = [];
  #attachedCount = 0;
  readonly #attached = new Map<number, Uint8Array>();
  #closed = false;

  constructor(port: MessagePort, address: string, noticed: (notice: Notice) => void) {
    this.#port = port;
    this.address = address;
    this.#noticed = noticed;
    port.on("message", (message: Bytes | Notice) => {
      if (message.kind === "bytes") this.#take(message);
      else this.#noticed(message);
    });
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    for (const message of this.#early.splice(0)) this.#take(message);
  }

  /** Always copies: the buffers that sessions write to go round, and must not change hands. */
  write(bytes: Uint8Array): boolean {
    if (this.#closed) return true;
    this.#chunks.push(new Uint8Array(bytes));
    if (this.#chunks.length === 1) process.nextTick(() => this.#post());
    return true;
  }

  /** Sends bytes beside the next message; nobody may use them here from then on. Returns the number to `take`. */
  attach(bytes: Uint8Array): number {
    this.#attaching.push(bytes);
    return this.#attachedCount++;
  }

  /** What the other end has attached under that number. Attachments come in order: earlier ones are dropped. */
  take(number: number): Uint8Array {
    const bytes = this.#attached.get(number);
    if (bytes === undefined) throw new Error(`attachment ${number} is missing`);
    for (const earlier of this.#attached.keys()) {
      if (earlier > number) break;
      this.#attached.delete(earlier);
    }
    return bytes;
  }

  tell(notice: Notice): void {
    if (!this.#closed) this.#port.postMessage(notice);
  }

  pause(): void {}

  resume(): void {}

  end(): void {
    this.#post();
    this.destroy();
  }

  destroy(): void {
    this.lost();
  }

  /** The other end is no more. */
  lost(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#port.close();
    this.#receiver?.closed(error);
  }

  #post(): void {
    if (this.#closed || this.#chunks.length === 0) return;
    const chunks = this.#chunks;
    const attached = this.#attaching;
    const first = this.#attachedCount - attached.length;
    this.#chunks = [];
    this.#attaching = [];
    const large = chunks.filter(({ length }) => length >= TRANSFER_BYTES);
    const transfer = [...large, ...attached].map(({ buffer }) => buffer as TransferListItem);
    this.#port.postMessage({ kind: "bytes", chunks, first, attached } satisfies Bytes, transfer);
  }

  #take(message: Bytes): void {
    if (this.#receiver === null) {
      this.#early.push(message);
      return;
    }
    const { chunks, first, attached } = message;
    for (const [index, bytes] of attached.entries()) this.#attached.set(first + index, bytes);
    for (const chunk of chunks) if (!this.#closed) this.#receiver?.received(chunk);
  }
}
