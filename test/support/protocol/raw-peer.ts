// The other end of a connection under test, which speaks frames and nothing above them: it sends whatever the test
// says, also what no real peer would, and keeps what the session sends.
import * as assert from "uvu/assert";
import {
  FrameDecoder,
  HEADER_BYTES,
  Kind,
  kindName,
  readU32,
  writeCall,
  writeHeader,
  writePreface,
  writeU32,
} from "../../../packages/framing/src/index.ts";
import {
  Failure,
  Goodbye,
  Hello,
  type Limits,
  Metadata,
  Welcome,
} from "../../../packages/protocol/src/gen/vertex/v1/control.ts";
import type { Transport, TransportReceiver } from "../../../packages/protocol/src/transport.ts";

/** A frame as a test writes it. */
export interface RawFrame {
  readonly kind: number;
  readonly flags?: number;
  readonly id?: number;
  readonly payload?: Uint8Array;
}

/** A frame as a test reads it. */
export interface SeenFrame {
  readonly kind: number;
  readonly name: string;
  readonly flags: number;
  readonly id: number;
  readonly payload: Uint8Array;
}

export const noBytes: Uint8Array = new Uint8Array(0);

export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function ascii(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeU32(bytes, 0, value);
  return bytes;
}

/** The bytes of one frame; no rule is checked. */
export function frameBytes({ kind, flags = 0, id = 0, payload = noBytes }: RawFrame): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  writeHeader(bytes, 0, payload.length, kind | flags, id);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** Collects frames from bytes. */
export function decodeFrames(bytes: Uint8Array, maxFrameBytes = 0xffffff): SeenFrame[] {
  const seen: SeenFrame[] = [];
  const decoder = new FrameDecoder(
    {
      frame: (kind, id, buf, start, end) =>
        seen.push({
          kind: kind & 0x0f,
          name: kindName(kind),
          flags: kind & 0xf0,
          id,
          payload: buf.slice(start, end),
        }),
    },
    maxFrameBytes,
  );
  decoder.push(bytes);
  return seen;
}

export interface CallInit {
  readonly methodId: number;
  readonly remainingMs?: number;
  readonly metadata?: Uint8Array;
  readonly message?: Uint8Array;
}

/** The payload of a CALL. */
export function callPayload({
  methodId,
  remainingMs = 10_000,
  metadata = noBytes,
  message = noBytes,
}: CallInit): Uint8Array {
  const fixed = new Uint8Array(10);
  writeCall(fixed, 0, methodId, remainingMs, metadata.length);
  return concat(fixed, metadata, message);
}

const preface = new Uint8Array(5);
writePreface(preface, 0);

const generous: Limits = {
  maxFrameBytes: 65_536,
  maxMessageBytes: 4_194_304,
  maxConcurrentCalls: 1_024,
  initialCreditBytes: 65_536,
};

export function helloPayload(fields: Partial<Hello> = {}): Uint8Array {
  const hello = Hello.fromPartial({ minVersion: 1, maxVersion: 1, limits: generous, name: "raw" });
  return concat(preface, Hello.encode({ ...hello, ...fields }).finish());
}

export function welcomePayload(fields: Partial<Welcome> = {}): Uint8Array {
  const welcome = Welcome.fromPartial({ version: 1, limits: generous, name: "raw" });
  return concat(preface, Welcome.encode({ ...welcome, ...fields }).finish());
}

export function goodbyePayload(fields: Partial<Goodbye>): Uint8Array {
  return Goodbye.encode({ ...Goodbye.fromPartial({}), ...fields }).finish();
}

export function failurePayload(fields: Partial<Failure>): Uint8Array {
  return Failure.encode({ ...Failure.fromPartial({}), ...fields }).finish();
}

export function metadataPayload(pairs: readonly (readonly [string, string])[]): Uint8Array {
  const entries = pairs.map(([key, value]) => ({ key, value: { $case: "text" as const, value } }));
  return Metadata.encode({ entries }).finish();
}

/** The transport of the session under test, and the peer behind it. */
export class RawPeer implements Transport {
  readonly address = "raw:1";
  congested = false;
  bufferedBytes = 0;
  takenMark = 0;
  paused = false;
  ended = false;
  destroyed = false;
  /** True: the memory of what is written stays with the transport, until the test says that nothing is buffered. */
  keeps = false;
  /** Every chunk that was written, and what it held when it was. */
  readonly chunks: { readonly bytes: Uint8Array; readonly copy: Uint8Array }[] = [];
  #receiver: TransportReceiver | null = null;
  #seen: SeenFrame[] = [];
  readonly #decoder = new FrameDecoder(
    {
      frame: (kind, id, buf, start, end) =>
        this.#seen.push({
          kind: kind & 0x0f,
          name: kindName(kind),
          flags: kind & 0xf0,
          id,
          payload: buf.slice(start, end),
        }),
    },
    0xffffff,
  );

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
  }

  write(bytes: Uint8Array): boolean {
    if (this.ended || this.destroyed) return true;
    this.chunks.push({ bytes, copy: bytes.slice() });
    this.#decoder.push(bytes);
    if (this.keeps) this.bufferedBytes += bytes.length;
    return !this.keeps;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
  }

  /** Sends frames in one chunk. */
  send(...frames: RawFrame[]): void {
    this.sendBytes(concat(...frames.map(frameBytes)));
  }

  sendBytes(bytes: Uint8Array): void {
    // A buffer of a socket is reused as soon as the session returns: what it kept of it is wrong from then on.
    const lent = bytes.slice();
    this.#receiver?.received(lent);
    lent.fill(0xaa);
  }

  hello(fields: Partial<Hello> = {}): void {
    this.send({ kind: Kind.HELLO, payload: helloPayload(fields) });
  }

  call(id: number, init: CallInit, flags: number): void {
    this.send({ kind: Kind.CALL, flags, id, payload: callPayload(init) });
  }

  data(id: number, flags: number, payload: Uint8Array): void {
    this.send({ kind: Kind.DATA, flags, id, payload });
  }

  credit(id: number, bytes: number): void {
    this.send({ kind: Kind.CREDIT, id, payload: u32(bytes) });
  }

  /** The transport takes bytes again. */
  drain(): void {
    this.congested = false;
    this.bufferedBytes = 0;
    this.#receiver?.drained();
  }

  /** The connection is gone. */
  lose(error?: Error): void {
    this.destroyed = true;
    this.#receiver?.closed(error);
  }

  /** Frames that came since the last look. */
  take(): SeenFrame[] {
    return this.#seen.splice(0);
  }

  /** The only frame that came since the last look. */
  one(kind: number): SeenFrame {
    const frames = this.take();
    assert.equal(
      frames.map(({ name }) => name),
      [kindName(kind)],
      "the frames that came",
    );
    return frames[0] as SeenFrame;
  }

  /** Takes what came and says it in words: "DATA|END 1". */
  words(): string[] {
    return this.take().map(inWords);
  }
}

/** A frame in words: its name, flags and call id. */
export function inWords({ name, flags, id }: SeenFrame): string {
  const end = (flags & 0x80) === 0 ? "" : "|END";
  const more = (flags & 0x40) === 0 ? "" : "|MORE";
  return `${name}${end}${more} ${id}`;
}

export function failureOf(frame: SeenFrame): Failure {
  assert.is(frame.kind, Kind.FAIL, `${frame.name} is a FAIL`);
  return Failure.decode(frame.payload);
}

export function goodbyeOf(frame: SeenFrame): Goodbye {
  assert.is(frame.kind, Kind.GOAWAY, `${frame.name} is a GOAWAY`);
  return Goodbye.decode(frame.payload);
}

export function creditOf(frame: SeenFrame): number {
  assert.is(frame.kind, Kind.CREDIT, `${frame.name} is a CREDIT`);
  return readU32(frame.payload, 0);
}
