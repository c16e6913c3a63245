// The one error of this layer: bytes that are not protobuf, or a value that protobuf cannot carry.

/**
 * Why bytes or a value were refused. The strings are stable.
 *
 * From the reader, about the peer's bytes:
 * - `truncated`: a value runs past the end of its message or packed field, or the bytes end in the middle of one.
 * - `varint`: a varint of more than 10 bytes, or a tag or length of more than 5 bytes or 32 bits.
 * - `field-number`: a tag with field number 0.
 * - `wire-type`: a tag with wire type 6 or 7, which mean nothing.
 * - `group`: a group that ends without a start, or under another field number.
 * - `depth`: messages and groups nested more than 100 deep. From the writer, too, of messages.
 * - `elements`: more than a million messages, map entries, strings, byte strings and 64-bit integers.
 * - `utf8`: a string whose bytes are not UTF-8.
 *
 * About what the caller hands in, mostly to the writer:
 * - `value`: a value outside the field's domain, such as a fraction for uint32 or a number for string.
 * - `position`: a position to truncate to that does not lie in what was written, or to read that the bytes lack.
 * - `size`: a message of more than 2 GiB.
 */
export type WireErrorCode =
  | "truncated"
  | "varint"
  | "field-number"
  | "wire-type"
  | "group"
  | "depth"
  | "elements"
  | "utf8"
  | "value"
  | "position"
  | "size";

/** Bytes that are not protobuf, or a value that protobuf cannot carry. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code: WireErrorCode;
  /** Where in the reader's or writer's buffer, in bytes from the buffer's start. */
  readonly offset: number;

  constructor(code: WireErrorCode, message: string, offset: number) {
    super(code === "value" ? message : `${message} (at byte ${offset})`);
    this.code = code;
    this.offset = offset;
  }
}

/** Refuses a value that a field of `kind` cannot carry. */
export function refuseValue(kind: string, value: unknown, offset: number): never {
  throw new WireError("value", `not a value of a ${kind} field: ${shown(value)}`, offset);
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object") return Object.prototype.toString.call(value).slice("[object ".length, -1);
  return `${typeof value} ${String(value).slice(0, 40)}`;
}
