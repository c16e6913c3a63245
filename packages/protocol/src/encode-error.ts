// What to say when a message does not fit its schema: which field it is. Codecs do not carry the names of what they
// write, because that is paid with every message; they are found out when it is too late anyway.

import { BinaryWriter } from "@vertex/wire";
import type { Codec } from "./service.ts";
import { VertexError } from "./vertex-error.ts";

/** Longest path that is shown, in characters: a message can hold itself. */
const MAX_PATH = 120;

/** A message could not be encoded: `cause` is what its codec threw. */
export function encodeError<T>(cause: unknown, codec: Codec<T>, message: T): VertexError {
  const field = culprit(codec, message);
  const text = cause instanceof Error ? cause.message : String(cause);
  return new VertexError("INVALID_ARGUMENT", `the message cannot be encoded: ${field}${text}`, {
    outcome: "not-executed",
    family: "usage",
    cause,
  });
}

/** The field that was read last before encoding failed, such as `lines[2].price: `; empty when no field was to blame. */
function culprit<T>(codec: Codec<T>, message: T): string {
  let last = "";
  const watched = (value: unknown, path: string): unknown => {
    if (typeof value !== "object" || value === null) return value;
    // Their methods look at what they are called on, which has to be the thing itself.
    if (ArrayBuffer.isView(value) || value instanceof Map || value instanceof Date) return value;
    // Not the value itself: of frozen objects a proxy may not show other properties than those that are there.
    return new Proxy(Array.isArray(value) ? [] : {}, {
      get(_, key) {
        const inner: unknown = Reflect.get(value, key);
        if (typeof key === "symbol" || key === "length" || typeof inner === "function") return inner;
        const at = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
        last = at;
        return watched(inner, at);
      },
    });
  };
  try {
    codec.encode(watched(message, "") as T, new BinaryWriter());
    return "";
  } catch {
    return last === "" ? "" : `${last.length > MAX_PATH ? `…${last.slice(-MAX_PATH)}` : last}: `;
  }
}
