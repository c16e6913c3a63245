// Where protobufjs and generated code are known to differ. Everything else is a finding. A row that
// the generated code has outgrown is to be removed here.

import type protobuf from "protobufjs";
import type { MessageType } from "./message-types.ts";

/** The tags of google.protobuf.Value's kinds. */
const VALUE_TAGS = new Set([8, 17, 26, 32, 42, 50]);

/** Why one side may refuse what the other takes: a sentence, or null when it may not. */
export function expectedRefusal(type: MessageType, bytes: Uint8Array, refusal: Error): string | null {
  const found = walk(type, bytes);
  if (/missing required/.test(refusal.message)) return found.has(LEGACY) ? LEGACY : null;
  if (/UTF-8/.test(refusal.message))
    return found.has(LEGACY) ? "protobufjs checks strings of proto3 only" : null;
  if (/end group/.test(refusal.message)) return found.has(EMPTY_GROUP) ? EMPTY_GROUP : null;
  if (/more than 10 bytes/.test(refusal.message)) return found.has(LONG_VARINT) ? LONG_VARINT : null;
  return null;
}

/** Why both may read different values from these bytes: a sentence, or null when they may not. */
export function expectedValue(type: MessageType, bytes: Uint8Array): string | null {
  const found = walk(type, bytes);
  return [NO_KEY, NO_KIND].find((why) => found.has(why)) ?? null;
}

const LEGACY = "proto2: generated code checks no required fields, protobufjs no UTF-8";
const NO_KEY = "protobufjs holds an absent 64-bit key and an explicit 0 for two keys";
const NO_KIND = "a google.protobuf.Value without a kind is an absent one to generated code";
const LONG_VARINT = "protobufjs skips a varint of more than 10 bytes";
const EMPTY_GROUP = "protobufjs mistakes the end of a group in a message without fields";

/** Whether two values are the same but for what generated code is known to lose: there is one null value only. */
export function sameButForLosses(got: unknown, wanted: unknown, path: string): boolean {
  if (path.endsWith("/nullValue")) return typeof got === typeof wanted;
  return Object.is(got, wanted);
}

function walk({ shape }: MessageType, bytes: Uint8Array): Set<string> {
  const walk = new Walk(bytes);
  walk.message(shape, 0, bytes.length);
  return walk.found;
}

/** Goes through bytes that one side has taken, looking for what the other reads differently. */
class Walk {
  readonly found = new Set<string>();
  readonly #bytes: Uint8Array;
  #pos = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  message(shape: protobuf.Type, from: number, to: number): void {
    if (shape.name === "Legacy") this.found.add(LEGACY);
    const seen = new Set<number>();
    for (this.#pos = from; this.#pos < to; ) {
      const tag = this.#varint();
      const field = shape.fieldsById[tag >>> 3];
      const start = this.#skip(tag & 7, tag >>> 3);
      const end = this.#pos;
      if ((tag & 7) === 3 && shape.fieldsArray.length === 0) this.found.add(EMPTY_GROUP);
      if (VALUE_TAGS.has(tag)) seen.add(0);
      if ((tag & 7) !== 2 || field === undefined) continue;
      if (field.map) this.#entry(field, start, end);
      else if (isMessage(field)) {
        seen.add(field.id);
        this.message(field.resolvedType as protobuf.Type, start, end);
      }
      this.#pos = end;
    }
    if (shape.fullName === ".google.protobuf.Value" && !seen.has(0)) this.found.add(NO_KIND);
  }

  #entry(field: protobuf.Field, from: number, to: number): void {
    let keys = 0;
    for (this.#pos = from; this.#pos < to; ) {
      const tag = this.#varint();
      const start = this.#skip(tag & 7, tag >>> 3);
      const end = this.#pos;
      if (tag >>> 3 === 1) keys++;
      if (tag !== 18 || !isMessage(field)) continue;
      this.message(field.resolvedType as protobuf.Type, start, end);
      this.#pos = end;
    }
    if (keys === 0 && /64$/.test((field as unknown as protobuf.MapField).keyType)) this.found.add(NO_KEY);
  }

  /** Moves behind a value; returns where its content starts. */
  #skip(wireType: number, id: number): number {
    const at = this.#pos;
    if (wireType === 0) this.#varint();
    if (this.#pos - at > 10) this.found.add(LONG_VARINT);
    const length = wireType === 2 ? this.#varint() : wireType === 1 ? 8 : wireType === 5 ? 4 : 0;
    const start = this.#pos;
    this.#pos += length;
    if (wireType === 3) {
      for (
        let tag = this.#varint();
        tag !== id * 8 + 4 && this.#pos < this.#bytes.length;
        tag = this.#varint()
      )
        this.#skip(tag & 7, tag >>> 3);
    }
    return start;
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; this.#pos < this.#bytes.length; shift += 7) {
      const byte = this.#bytes[this.#pos++] as number;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value >>> 0;
  }
}

function isMessage({ resolvedType }: protobuf.Field): boolean {
  return resolvedType !== null && "fieldsById" in resolvedType;
}
