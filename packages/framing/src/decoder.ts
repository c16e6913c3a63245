// Bytes in any slicing to frames. Frames that lie whole in a chunk are handed on in place; only the torn one at
// its end is copied, and that copy grows with the bytes that have come, never with the length announced.

import { checkHeader, HEADER_BYTES, Kind, kindName, readLength, readU32 } from "./frame.ts";
import { FramingError } from "./framing-error.ts";
import { describeStranger } from "./preface.ts";

/** Takes the frames. `buf[start..end)` is the payload; it is valid only until the function returns. */
export interface FrameSink {
  frame(kind: number, callId: number, buf: Uint8Array, start: number, end: number): void;
}

const nothing = new Uint8Array(0);

/** Turns a byte stream into frames. One for each direction of a connection. */
export class FrameDecoder {
  /** Payload limit for the next CALL and DATA frames. May be lowered or raised at any time. */
  maxFrameBytes: number;
  /** Payload limit for the next frames of every kind, where it is below the kind's own. */
  maxPayloadBytes: number = Number.POSITIVE_INFINITY;
  /** Frames handed to the sink in all. */
  frames = 0;
  readonly #sink: FrameSink;
  #torn: Uint8Array = nothing;
  #tornBytes = 0;
  #first = true;
  #stopped = false;

  constructor(sink: FrameSink, maxFrameBytes: number) {
    this.#sink = sink;
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Bytes held of a frame that is not complete yet. */
  get heldBytes(): number {
    return this.#tornBytes;
  }

  /** Ignores everything from here on, also the rest of the chunk in work. */
  stop(): void {
    this.#stopped = true;
    this.#torn = nothing;
    this.#tornBytes = 0;
  }

  /**
   * Takes the next bytes, from `start` on, and hands the frames that are now complete to the sink: all of them, or until
   * they have used up `units`. A frame counts one, and one more for every KiB of its payload.
   * @returns how far it has come: the end of the chunk, or where the next push has to start.
   * @throws FramingError when the bytes are not frames; nothing may be pushed after that.
   */
  push(chunk: Uint8Array, start = 0, units: number = Number.POSITIVE_INFINITY): number {
    let pos = this.#tornBytes > 0 ? this.#mend(chunk, start) : start;
    let left = units;
    const end = chunk.length;
    while (!this.#stopped && end - pos >= HEADER_BYTES) {
      const length = this.#checkedLength(chunk, pos);
      const next = pos + HEADER_BYTES + length;
      if (next > end) break;
      if (left <= 0) return pos;
      left -= 1 + (length >>> 10);
      this.frames++;
      this.#sink.frame(chunk[pos + 3] as number, readU32(chunk, pos + 4), chunk, pos + HEADER_BYTES, next);
      pos = next;
    }
    if (this.#stopped) return end;
    if (pos < end) this.#keep(chunk, pos, end);
    // Kept from torn frame to torn frame while chunks end inside one; an idle connection holds nothing.
    else if (this.#tornBytes === 0) this.#torn = nothing;
    return end;
  }

  /** Completes the torn frame with bytes of `chunk` from `start` on; returns where the rest of the chunk starts. */
  #mend(chunk: Uint8Array, start: number): number {
    let pos = start;
    let wanted = HEADER_BYTES;
    for (;;) {
      const take = Math.min(wanted - this.#tornBytes, chunk.length - pos);
      if (take > 0) {
        this.#keep(chunk, pos, pos + take);
        pos += take;
      }
      if (this.#tornBytes < wanted) return pos;
      if (wanted > HEADER_BYTES || this.#checkedLength(this.#torn, 0) === 0) break;
      wanted = HEADER_BYTES + readLength(this.#torn, 0);
    }
    const torn = this.#torn;
    this.#tornBytes = 0;
    this.frames++;
    this.#sink.frame(torn[3] as number, readU32(torn, 4), torn, HEADER_BYTES, wanted);
    return pos;
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    const bytes = this.#tornBytes + end - start;
    if (bytes > this.#torn.length) {
      const whole = this.#tornBytes < HEADER_BYTES ? bytes : HEADER_BYTES + readLength(this.#torn, 0);
      const grown = new Uint8Array(Math.max(bytes, Math.min(2 * this.#torn.length, whole)));
      grown.set(this.#torn.subarray(0, this.#tornBytes));
      this.#torn = grown;
    }
    this.#torn.set(chunk.subarray(start, end), this.#tornBytes);
    this.#tornBytes = bytes;
    // A torn header is judged as soon as it is whole: an oversized frame is refused before its body comes.
    if (bytes >= HEADER_BYTES && end - start === bytes) this.#checkedLength(this.#torn, 0);
  }

  #checkedLength(buf: Uint8Array, at: number): number {
    const length = readLength(buf, at);
    const kind = buf[at + 3] as number;
    const callId = readU32(buf, at + 4);
    if (this.#first) {
      this.#first = false;
      checkFirst(buf.subarray(at), length, kind, callId, this.maxFrameBytes);
    }
    checkHeader(length, kind, callId, this.maxFrameBytes);
    if (length > this.maxPayloadBytes) {
      throw new FramingError(
        "FRAME_TOO_LARGE",
        `${kindName(kind)} of ${length} bytes is over the limit of ${this.maxPayloadBytes}`,
      );
    }
    return length;
  }
}

/** The first frame decides whether this is Vertex at all: what is malformed there is a stranger, and is named. */
function checkFirst(
  bytes: Uint8Array,
  length: number,
  kind: number,
  callId: number,
  maxFrameBytes: number,
): void {
  try {
    checkHeader(length, kind, callId, maxFrameBytes);
  } catch (error) {
    // No stranger's bytes look like this: the peer speaks Vertex and has more to say than it may.
    if (callId === 0 && (kind === Kind.HELLO || kind === Kind.WELCOME)) throw error;
    throw new FramingError(
      "NOT_VERTEX",
      `the peer does not speak Vertex: it sent ${describeStranger(bytes)}`,
    );
  }
}
