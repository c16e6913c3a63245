// The yardstick's frames, laid out as Vertex's are so that as many bytes travel: u24 length, u8 kind, u32 id, payload.
// Nothing is decoded, nothing is checked.

import { once } from "node:events";
import type { Socket } from "node:net";

export const HEADER_BYTES = 8;
/** A unary CALL of Vertex has 10 bytes between header and message: method, deadline, metadata size. */
export const CALL_FIXED_BYTES = 10;
/** One sample, encoded. */
export const SAMPLE_BYTES = 29;

/** What a frame asks for. */
export const kinds = { echo: 1, hold: 2, order: 3, data: 4, end: 5 } as const;

const OUTBOX_BYTES = 65_536;

export const nothing: Buffer = Buffer.alloc(0);

/** Takes frames out of a byte stream: `took` gets kind, id, and where the payload lies. A data frame's payload is only counted. */
export class FrameReader {
  readonly #took: (kind: number, id: number, bytes: Buffer, start: number, end: number) => void;
  #rest: Buffer | undefined;
  #skip = 0;

  constructor(took: (kind: number, id: number, bytes: Buffer, start: number, end: number) => void) {
    this.#took = took;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    let at = Math.min(this.#skip, bytes.length);
    this.#skip -= at;
    while (at < bytes.length) {
      if (bytes.length - at < HEADER_BYTES) break;
      const kind = bytes[at + 3] as number;
      const start = at + HEADER_BYTES;
      const end = start + bytes.readUIntBE(at, 3);
      if (kind !== kinds.data && end > bytes.length) break;
      this.#took(kind, bytes.readUInt32BE(at + 4), bytes, start, end);
      at = Math.min(end, bytes.length);
      this.#skip = end - at;
    }
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
  }
}

/** Sends frames: all of a turn in one write, or each in one of its own. */
export class Outbox {
  readonly #socket: Socket;
  readonly #coalesce: boolean;
  /** None before the first frame: an idle connection holds nothing. */
  #buffer = nothing;
  #used = 0;
  readonly #flush = () => this.flush();

  constructor(socket: Socket, coalesce: boolean) {
    this.#socket = socket;
    this.#coalesce = coalesce;
  }

  /** Sends what lies in `bytes` from `start` to `end`. */
  send(kind: number, id: number, bytes: Buffer, start: number, end: number): void {
    const size = HEADER_BYTES + end - start;
    if (this.#used + size > OUTBOX_BYTES) this.flush();
    if (this.#buffer === nothing) this.#buffer = Buffer.allocUnsafe(OUTBOX_BYTES);
    if (this.#used === 0 && this.#coalesce) process.nextTick(this.#flush);
    const at = this.#used;
    this.#buffer.writeUIntBE(end - start, at, 3);
    this.#buffer[at + 3] = kind;
    this.#buffer.writeUInt32BE(id, at + 4);
    bytes.copy(this.#buffer, at + HEADER_BYTES, start, end);
    this.#used = at + size;
    if (!this.#coalesce) this.flush();
  }

  flush(): void {
    if (this.#used === 0) return;
    this.#socket.write(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
    // Otherwise the kernel took it all, and the buffer is free again.
    if (this.#socket.writableLength > 0) this.#buffer = nothing;
  }

  /** Sends so many data frames, as fast as the other side takes them. */
  async sendData(count: number, payload: Buffer): Promise<void> {
    const large = HEADER_BYTES + payload.length > OUTBOX_BYTES / 4 ? dataFrame(payload) : undefined;
    for (let sent = 0; sent < count; sent++) {
      if (large === undefined) this.send(kinds.data, 0, payload, 0, payload.length);
      else this.#socket.write(large);
      if (this.#socket.writableNeedDrain) await once(this.#socket, "drain");
    }
    this.flush();
  }
}

function dataFrame(payload: Buffer): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = kinds.data;
  payload.copy(bytes, HEADER_BYTES);
  return bytes;
}
