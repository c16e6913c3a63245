// Metadata: what keys and values may be, and their bytes.

import { BinaryReader, BinaryWriter, WireError } from "@vertex/wire";
import type { Metadata, MetadataInit } from "./call.ts";
import { Metadata as MetadataMessage } from "./gen/vertex/v1/control.ts";
import { usageError, VertexError } from "./vertex-error.ts";

/** Most pairs in one block. */
export const MAX_METADATA_ENTRIES = 64;
/** Most bytes of one block, encoded. */
export const MAX_METADATA_BYTES = 8_192;

/** The one empty metadata. */
export const emptyMetadata: Metadata = new Map();

const keyPattern = /^[a-z0-9][a-z0-9._-]{0,127}$/;

function pairs(init: MetadataInit): Iterable<[string, string | Uint8Array]> {
  return init instanceof Map ? init.entries() : Object.entries(init);
}

/**
 * Encodes metadata.
 * @throws VertexError (usage) when a key or the whole is not allowed.
 */
export function encodeMetadata(init: MetadataInit): Uint8Array {
  const entries: MetadataMessage["entries"] = [];
  for (const [key, value] of pairs(init)) {
    if (!keyPattern.test(key)) {
      throw usageError(
        `metadata key ${JSON.stringify(key.slice(0, 64))} must be lower case letters, digits, - _ . only`,
      );
    }
    const text = typeof value === "string";
    if (!text && !(value instanceof Uint8Array))
      throw usageError(`metadata ${key} must be a string or a Uint8Array`);
    entries.push({ key, value: text ? { $case: "text", value } : { $case: "binary", value } });
  }
  if (entries.length > MAX_METADATA_ENTRIES) {
    throw usageError(`metadata has ${entries.length} entries, the limit is ${MAX_METADATA_ENTRIES}`);
  }
  const bytes = MetadataMessage.encode({ entries }, new BinaryWriter()).finish();
  if (bytes.length > MAX_METADATA_BYTES) {
    throw usageError(`metadata has ${bytes.length} bytes, the limit is ${MAX_METADATA_BYTES}`);
  }
  return bytes;
}

/**
 * Decodes metadata of a peer. The count of entries is checked before any of them is made.
 * @throws VertexError when it is over a limit, malformed, or names a key twice.
 */
export function decodeMetadata(buf: Uint8Array, start: number, end: number): Metadata {
  if (start === end) return emptyMetadata;
  if (end - start > MAX_METADATA_BYTES)
    throw refused(`${end - start} bytes, the limit is ${MAX_METADATA_BYTES}`);
  try {
    const bytes = buf.subarray(start, end);
    if (countEntries(bytes) > MAX_METADATA_ENTRIES) throw refused(`over ${MAX_METADATA_ENTRIES} entries`);
    return fromMessage(MetadataMessage.decode(new BinaryReader(bytes)));
  } catch (error) {
    if (error instanceof WireError) throw refused(error.message);
    throw error;
  }
}

/** Metadata as it stands inside a control message, for example the trailers of a failure. */
export function fromMessage(message: MetadataMessage): Metadata {
  if (message.entries.length === 0) return emptyMetadata;
  if (message.entries.length > MAX_METADATA_ENTRIES) throw refused(`over ${MAX_METADATA_ENTRIES} entries`);
  const metadata = new Map<string, string | Uint8Array>();
  for (const { key, value } of message.entries) {
    if (!keyPattern.test(key)) throw refused("a key that is not allowed");
    if (value === undefined) throw refused(`no value for ${key}`);
    if (metadata.has(key)) throw refused(`${key} twice`);
    metadata.set(key, value.value);
  }
  return metadata;
}

/** Metadata as a control message carries it. */
export function toMessage(metadata: Metadata): MetadataMessage | undefined {
  if (metadata.size === 0) return undefined;
  return MetadataMessage.decode(encodeMetadata(metadata));
}

function countEntries(bytes: Uint8Array): number {
  const reader = new BinaryReader(bytes);
  let count = 0;
  while (reader.pos < reader.len) {
    reader.skip(reader.nextTag());
    count++;
  }
  return count;
}

function refused(what: string): VertexError {
  return new VertexError("RESOURCE_EXHAUSTED", `metadata refused: ${what}`, {
    outcome: "not-executed",
    family: "protocol",
  });
}
