// Frames and control messages as PROTOCOL.md lays them out, written and read by hand. Shares nothing with the code
// under test: an error that both made would not be seen.

/** The kinds, by name. */
export const kinds = {
  HELLO: 1,
  WELCOME: 2,
  CALL: 3,
  DATA: 4,
  FINISH: 5,
  FAIL: 6,
  CANCEL: 7,
  CREDIT: 8,
  PING: 9,
  PONG: 10,
  GOAWAY: 11,
} as const;
export type KindName = keyof typeof kinds;

export const END = 0x80;
export const MORE = 0x40;
export const FOR_EVER = 0xffffffff;
/** `last_call_id` of a GOAWAY that only announces. */
export const ANNOUNCED = 0xffffffff;

const statusNames: readonly string[] =
  "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED".split(
    " ",
  );
const outcomeNames: readonly string[] = ["UNSPECIFIED", "NOT_EXECUTED", "EXECUTED", "UNKNOWN"];
const reasonNames: readonly string[] =
  "UNSPECIFIED SHUTDOWN PROTOCOL_ERROR VERSION UNAUTHENTICATED TOO_MANY_CONNECTIONS HANDSHAKE_TIMEOUT HEARTBEAT_TIMEOUT WRITE_STALLED LIMIT INTERNAL".split(
    " ",
  );

export const none: Uint8Array = new Uint8Array(0);

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function ascii(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

export function zeros(count: number): Uint8Array {
  return new Uint8Array(count);
}

export function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** A header alone: `kind` carries the flags, `length` may lie. */
export function header(length: number, kind: number, id: number): Uint8Array {
  return join(Uint8Array.of(length >>> 16, length >>> 8, length, kind), u32(id));
}

/** A frame; no rule is checked. */
export function frame(kind: KindName | number, id = 0, payload: Uint8Array = none, flags = 0): Uint8Array {
  const number = typeof kind === "number" ? kind : kinds[kind];
  return join(header(payload.length, number | flags, id), payload);
}

// Protobuf, as much of it as control messages and the test services need.

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

/** A field: numbers as varints, strings and bytes with their length. */
export function field(number: number, value: number | string | Uint8Array): Uint8Array {
  if (typeof value === "number") return Uint8Array.of(...varint(number << 3), ...varint(value));
  const bytes = typeof value === "string" ? new Uint8Array(Buffer.from(value)) : value;
  return join(Uint8Array.of(...varint((number << 3) | 2), ...varint(bytes.length)), bytes);
}

/** The fields of a message: the last number of each, and all byte strings of each. */
export interface Fields {
  number(field: number): number;
  bytes(field: number): Uint8Array | undefined;
  text(field: number): string;
}

/** Reads a message. Fixed-width fields are passed over. */
export function readFields(message: Uint8Array): Fields {
  const numbers = new Map<number, number>();
  const strings = new Map<number, Uint8Array>();
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = next();
    const type = tag & 7;
    if (type === 0) numbers.set(tag >>> 3, next());
    else if (type === 2) {
      const length = next();
      strings.set(tag >>> 3, message.subarray(at, at + length));
      at += length;
    } else at += type === 5 ? 4 : 8;
  }
  return {
    number: (wanted) => numbers.get(wanted) ?? 0,
    bytes: (wanted) => strings.get(wanted),
    text: (wanted) => Buffer.from(strings.get(wanted) ?? none).toString(),
  };
}

/** FNV-1a over the path of a method. */
function methodId(path: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(path)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

// What the frames of the suite carry.

export const preface: Uint8Array = Uint8Array.of(0x56, 0x52, 0x54, 0x58, 1);

/** What one side is ready to receive. */
export interface Limits {
  readonly frame: number;
  readonly message: number;
  readonly calls: number;
  readonly credit: number;
}

export const generous: Limits = { frame: 65_536, message: 4_194_304, calls: 1_024, credit: 1_048_576 };

export function limitsMessage({ frame: bytes, message, calls, credit }: Limits): Uint8Array {
  return join(field(1, bytes), field(2, message), field(3, calls), field(4, credit));
}

/** HELLO. `more` is put behind the usual fields, so that it replaces them. */
export function hello(more: Uint8Array = none, limits: Limits = generous): Uint8Array {
  const usual = join(field(1, 1), field(2, 1), field(3, limitsMessage(limits)), field(5, "wire suite"));
  return frame("HELLO", 0, join(preface, usual, more));
}

export function welcome(more: Uint8Array = none, limits: Limits = generous): Uint8Array {
  const usual = join(field(1, 1), field(2, limitsMessage(limits)), field(4, "wire suite"));
  return frame("WELCOME", 0, join(preface, usual, more));
}

const service = "vertex.test.v1.Greeter/";

/** What a CALL is made of; the deadline is ten seconds away unless it says otherwise. */
export interface CallFields {
  readonly message?: Uint8Array;
  readonly flags?: number;
  readonly remainingMs?: number;
  readonly metadata?: Uint8Array;
  /** What the frame says of the metadata's size, if not the truth. */
  readonly metadataBytes?: number;
}

export function callPayload(method: string, fields: CallFields = {}): Uint8Array {
  const { message = none, remainingMs = 10_000, metadata = none } = fields;
  const { metadataBytes = metadata.length } = fields;
  const size = Uint8Array.of(metadataBytes >>> 8, metadataBytes);
  return join(u32(methodId(service + method)), u32(remainingMs), size, metadata, message);
}

/** CALL of a method of the Greeter: with END if it carries a message and says nothing else. */
export function call(id: number, method: string, fields: CallFields = {}): Uint8Array {
  const { flags = fields.message === undefined ? 0 : END } = fields;
  return frame("CALL", id, callPayload(method, fields), flags);
}

/** A request or an answer that holds one text, in field 1. */
export function line(text: string): Uint8Array {
  return field(1, text);
}

/** A text message of exactly that many bytes, from 200. */
export function lineOf(bytes: number): Uint8Array {
  for (let text = bytes - 6; text < bytes; text++) {
    const message = line("x".repeat(text));
    if (message.length === bytes) return message;
  }
  throw new RangeError(`no line has ${bytes} bytes`);
}

export function slow(waitMs: number): Uint8Array {
  return join(field(1, waitMs), field(2, "Ada"));
}

export function hi(id: number, name = "Ada"): Uint8Array {
  return call(id, "Hello", { message: line(name) });
}

export function data(id: number, payload: Uint8Array = none, flags = 0): Uint8Array {
  return frame("DATA", id, payload, flags);
}

export function credit(id: number, bytes: number): Uint8Array {
  return frame("CREDIT", id, u32(bytes));
}

export function ping(fill: number): Uint8Array {
  return frame("PING", 0, zeros(8).fill(fill));
}

export function goaway(last: number, reason: number, more: Uint8Array = none): Uint8Array {
  return frame("GOAWAY", 0, join(field(1, last), field(2, reason), more));
}

/** One pair of metadata; `value` absent leaves it without one. */
export function pair(key: string | Uint8Array, value?: string): Uint8Array {
  return field(1, value === undefined ? field(1, key) : join(field(1, key), field(2, value)));
}

// Frames as they are seen.

export interface Seen {
  readonly kind: KindName;
  readonly flags: number;
  readonly id: number;
  readonly payload: Uint8Array;
}

/** A frame in words: "DATA|END 1 Hello Ada", "FAIL 1 NOT_FOUND EXECUTED", "GOAWAY 0 PROTOCOL_ERROR". */
export function inWords({ kind, flags, id, payload }: Seen): string {
  const name = `${kind}${(flags & END) === 0 ? "" : "|END"}${(flags & MORE) === 0 ? "" : "|MORE"} ${id}`;
  if (kind === "DATA" && payload[0] === 10 && payload.length < 200)
    return `${name} ${readFields(payload).text(1)}`;
  if (kind === "PONG") return `${name} ${Buffer.from(payload).toString("hex")}`;
  if (kind === "FAIL") {
    const fields = readFields(payload);
    return `${name} ${statusNames[fields.number(1)]} ${outcomeNames[fields.number(3)]}`;
  }
  if (kind === "GOAWAY") {
    const fields = readFields(payload);
    const reach = fields.number(1) === ANNOUNCED ? " announced" : "";
    return `${name} ${reasonNames[fields.number(2)]}${reach}: ${fields.text(3)}`;
  }
  return name;
}

const nameOfKind = new Map(
  Object.entries(kinds).map(([name, number]) => [number as number, name as KindName]),
);

/** Takes whole frames off the front of `bytes`. @throws Error for bytes that are no frames. */
export function takeFrames(bytes: Uint8Array): { frames: Seen[]; rest: Uint8Array } {
  const frames: Seen[] = [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  while (bytes.length - at >= 8) {
    const end = at + 8 + buffer.readUIntBE(at, 3);
    const byte = buffer.readUInt8(at + 3);
    const kind = nameOfKind.get(byte & 15);
    if (kind === undefined || (byte & 0x30) !== 0)
      throw new Error(`a frame of kind 0x${byte.toString(16)} came`);
    if (end > bytes.length) break;
    frames.push({
      kind,
      flags: byte & 0xf0,
      id: buffer.readUInt32BE(at + 4),
      payload: bytes.slice(at + 8, end),
    });
    at = end;
  }
  return { frames, rest: bytes.slice(at) };
}
