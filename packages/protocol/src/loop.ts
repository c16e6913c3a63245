// What all sessions of one event loop share: the clock, the deadlines, one reader, and one output buffer that is
// lent to the connection that is producing. The shared buffers are the one deliberate piece of state that
// connections have in common.

import { Flag, HEADER_BYTES, writeHeader } from "@vertex/framing";
import { BinaryReader, BinaryWriter } from "@vertex/wire";
import { BUFFER_BYTES, Buffers } from "./buffers.ts";
import type { Clock, Environment, Random } from "./clock.ts";
import { Deadlines } from "./deadlines.ts";
import type { Codec } from "./service.ts";
import { Signals } from "./signals.ts";
import type { Transport } from "./transport.ts";
import { Turns } from "./turns.ts";

/**
 * Bytes at which frames are handed to the transport without waiting for the end of the turn. A message of that size
 * which has to wait is not copied: it takes its buffer with it.
 */
const FLUSH_BYTES = 32_768;

/** Buffers that one connection has with its transport and waits for. Those beyond are the garbage collector's. */
const MAX_LENT = 4;

/** The shared parts of one event loop. */
export class Loop {
  readonly clock: Clock;
  readonly random: Random;
  readonly deadlines: Deadlines;
  readonly signals: Signals = new Signals();
  /** Connections with more to take in than one turn has time for. */
  readonly turns: Turns;
  /** When the bytes that are being taken in had come, or their turn had: one look at the clock for many frames. */
  tookInAt = 0;
  /** For decoding in place. Never held across a call into somebody else's code. */
  readonly reader: BinaryReader = new BinaryReader(new Uint8Array(0));
  readonly buffers: Buffers = new Buffers();
  readonly writer: BinaryWriter = new BinaryWriter(0);
  /** Calls back after pending input and timers have had their turn. */
  readonly later: (callback: () => void) => void;
  readonly #defer: (callback: () => void) => void;
  #holder: Outbox | null = null;
  /** Two lists in turn, which keep their memory: a list for each turn would be most of what a small answer leaves behind. */
  #dirty: (Outbox | null)[] = [];
  #flushed: (Outbox | null)[] = [];
  #dirtyCount = 0;
  readonly #flushAll: () => void = () => {
    const dirty = this.#dirty;
    const count = this.#dirtyCount;
    this.#dirty = this.#flushed;
    this.#flushed = dirty;
    this.#dirtyCount = 0;
    for (let i = 0; i < count; i++) {
      const outbox = dirty[i];
      dirty[i] = null;
      outbox?.flushDue();
    }
  };

  constructor(environment: Environment) {
    this.clock = environment.clock;
    this.random = environment.random;
    this.deadlines = new Deadlines(environment.clock);
    this.later = (callback) => environment.later(callback);
    this.turns = new Turns(environment.clock, this.later);
    this.#defer = (callback) => environment.defer(callback);
    this.writer.replaceBuffer(this.buffers.take());
    this.writer.allocate = (bytes) => this.buffers.takeLarge(bytes);
  }

  /**
   * Decodes a message.
   * @param own whether nobody else holds the bytes: a `bytes` field that is most of the message is then a view of them.
   * @throws WireError when they are not a message of that type.
   */
  decode<T>(codec: Codec<T>, buf: Uint8Array, start: number, end: number, own: boolean): T {
    const { reader } = this;
    reader.reset(buf, start, end);
    if (!own) return codec.decode(reader);
    reader.borrowFromByteCount = (end - start) >> 1;
    try {
      return codec.decode(reader);
    } finally {
      reader.borrowFromByteCount = Number.POSITIVE_INFINITY;
    }
  }

  /** Lends the writer to `outbox`. What another one had in it is moved to a buffer of its own first. */
  lend(outbox: Outbox): BinaryWriter {
    if (this.#holder !== outbox) {
      this.#holder?.seal();
      this.#holder = outbox;
    }
    return this.writer;
  }

  /** True while `outbox` has the writer. */
  lentTo(outbox: Outbox): boolean {
    return this.#holder === outbox;
  }

  /** Flushes `outbox` when the code that runs now is done. */
  schedule(outbox: Outbox): void {
    this.#dirty[this.#dirtyCount++] = outbox;
    if (this.#dirtyCount === 1) this.#defer(this.#flushAll);
  }

  /** Takes the writer back and empties it. `reusable` says whether its memory may be written again. */
  reclaim(reusable: boolean): void {
    this.#holder = null;
    const { buf } = this.writer;
    if (reusable && buf.length === BUFFER_BYTES) return this.writer.reset(0);
    if (reusable) this.buffers.giveBack(buf);
    this.writer.replaceBuffer(this.buffers.take());
  }
}

/** Whom an outbox tells that it has handed over what it had. */
export interface OutboxOwner {
  flushed(): void;
}

const none: readonly never[] = [];

/** The frames that one connection has produced and not handed to its transport yet. */
export class Outbox {
  readonly #loop: Loop;
  readonly #transport: Transport;
  readonly #owner: OutboxOwner;
  #sealed: readonly Uint8Array[] = none;
  /** Buffers that the transport holds on to and that come back. */
  #lent: readonly Uint8Array[] = none;
  #scheduled = false;
  #closed = false;
  /** Frames that the transport has not been given yet. */
  unsentFrames = 0;

  constructor(loop: Loop, transport: Transport, owner: OutboxOwner) {
    this.#loop = loop;
    this.#transport = transport;
    this.#owner = owner;
  }

  /** The writer, for what `begin` has begun. */
  get writer(): BinaryWriter {
    return this.#loop.writer;
  }

  /** The writer, with room reserved for a header. Every `begin` is followed by `commit` or `rollback`. */
  begin(): BinaryWriter {
    const writer = this.#loop.lend(this);
    writer.ensure(HEADER_BYTES + 64);
    writer.pos += HEADER_BYTES;
    return writer;
  }

  /** Writes the header at `at` for everything behind it. */
  commit(at: number, kind: number, callId: number): void {
    const writer = this.#loop.writer;
    writeHeader(writer.buf, at, writer.pos - at - HEADER_BYTES, kind, callId);
    this.unsentFrames++;
    this.flushSoon();
    if (writer.pos >= FLUSH_BYTES) this.write();
  }

  /** The same as two frames: what stands before `cut`, and the rest. */
  commitCut(at: number, cut: number, kind: number, restKind: number, callId: number): void {
    const writer = this.#loop.writer;
    writer.ensure(HEADER_BYTES);
    writer.buf.copyWithin(cut + HEADER_BYTES, cut, writer.pos);
    writer.pos += HEADER_BYTES;
    writeHeader(writer.buf, at, cut - at - HEADER_BYTES, kind, callId);
    this.unsentFrames++;
    this.commit(cut, restKind, callId);
  }

  /** Hands everything to the transport when the code that runs now is done, and says so even if nothing is left. */
  flushSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#loop.schedule(this);
  }

  /** Forgets everything behind `at`. */
  rollback(at: number): void {
    this.#loop.writer.reset(at);
  }

  /** One frame whose payload exists already. */
  frame(kind: number, callId: number, payload: Uint8Array): void {
    const writer = this.begin();
    const at = writer.pos - HEADER_BYTES;
    writer.raw(payload);
    this.commit(at, kind, callId);
  }

  /** One piece of a message: `total` is the message's length on the first piece, -1 on the others. */
  piece(kind: number, callId: number, bytes: Uint8Array, total: number): void {
    const writer = this.begin();
    const at = writer.pos - HEADER_BYTES;
    if (total >= 0) writeTotal(writer, total);
    writer.raw(bytes);
    this.commit(at, kind, callId);
  }

  /** One frame around a whole message that was taken out, which it releases. */
  message(kind: number, callId: number, bytes: Uint8Array): void {
    const at = bytes.byteOffset - HEADER_BYTES;
    if (bytes.length < FLUSH_BYTES || at < 0 || this.#closed) {
      this.frame(kind, callId, bytes);
      this.release(bytes);
      return;
    }
    // It left with its buffer, behind the room for a header: it goes from there.
    const buffer = new Uint8Array(bytes.buffer);
    writeHeader(buffer, at, bytes.length, kind, callId);
    this.unsentFrames = 0;
    this.#handOver();
    if (this.#transport.write(buffer.subarray(at, at + HEADER_BYTES + bytes.length))) this.release(buffer);
    else this.#lend(buffer);
    this.#owner.flushed();
  }

  /** Moves what this outbox has in the shared writer into a buffer of its own, to make room for another. */
  seal(): void {
    const writer = this.#loop.writer;
    if (writer.pos > 0) this.#sealed = [...this.#sealed, writer.buf.slice(0, writer.pos)];
    this.#loop.reclaim(true);
  }

  /** Does what `flushSoon` has promised, unless a flush has done it since. */
  flushDue(): void {
    if (this.#scheduled) this.flush();
  }

  /** Hands everything to the transport: the code that ran is done. */
  flush(): void {
    this.#scheduled = false;
    this.write();
  }

  /** Hands what there is to the transport, while the code that runs may go on and add to it. */
  write(): void {
    this.unsentFrames = 0;
    if (this.#closed) {
      this.#sealed = none;
      if (this.#loop.lentTo(this)) this.#loop.reclaim(true);
      return;
    }
    this.#handOver();
    this.#owner.flushed();
  }

  #handOver(): void {
    if (this.#sealed.length > 0) {
      const sealed = this.#sealed;
      this.#sealed = none;
      for (const chunk of sealed) this.#transport.write(chunk);
    }
    if (!this.#loop.lentTo(this)) return;
    const { buf, pos } = this.#loop.writer;
    this.drained();
    const free = pos === 0 || this.#transport.write(buf.subarray(0, pos));
    if (!free) this.#lend(buf);
    this.#loop.reclaim(free);
  }

  /** The transport holds on to `buffer`. */
  #lend(buffer: Uint8Array): void {
    if (this.#lent.length < MAX_LENT) this.#lent = [...this.#lent, buffer];
    else this.#loop.buffers.forget(buffer);
  }

  /** The transport may have sent everything: then it holds nothing any more. */
  drained(): void {
    if (this.#lent.length === 0 || this.#transport.bufferedBytes > 0) return;
    for (const buffer of this.#lent) this.#loop.buffers.giveBack(buffer);
    this.#lent = none;
  }

  /**
   * Takes what lies behind `start` out of the writer. It belongs to the caller alone, who hands it to `release` in the
   * end; what lies before stays.
   */
  takeOut(start: number): Uint8Array {
    const { writer, buffers } = this.#loop;
    const { buf, pos } = writer;
    const grown = buf.length !== BUFFER_BYTES;
    // What is large is not copied: it leaves with the buffer.
    const next = grown ? buffers.take() : pos >= FLUSH_BYTES + 2 * start ? buffers.exchange(buf) : null;
    if (next === null) {
      const copy = buf.slice(start, pos);
      writer.reset(start);
      return copy;
    }
    next.set(buf.subarray(0, start));
    writer.replaceBuffer(next);
    writer.pos = start;
    return buf.subarray(start, pos);
  }

  /** What was taken out has been sent. */
  release(bytes: Uint8Array): void {
    this.#loop.buffers.giveBack(new Uint8Array(bytes.buffer));
  }

  /** Drops what is left and ignores what comes: the transport is gone. */
  close(): void {
    this.#closed = true;
    this.flush();
    for (const buffer of this.#lent) this.#loop.buffers.forget(buffer);
    this.#lent = none;
  }
}

/** Bytes of the length that stands before a message in pieces. */
export const TOTAL_BYTES = 4;

/** Appends the u32 that says how long a message in pieces is. */
export function writeTotal(writer: BinaryWriter, total: number): void {
  writer.ensure(4);
  const { buf, pos } = writer;
  buf[pos] = total >>> 24;
  buf[pos + 1] = total >>> 16;
  buf[pos + 2] = total >>> 8;
  buf[pos + 3] = total;
  writer.pos = pos + 4;
}

/** The kind byte of a DATA or CALL frame. */
export function withFlags(kind: number, more: boolean, end: boolean): number {
  return kind | (more ? Flag.MORE : end ? Flag.END : 0);
}
