// What a call that a handler makes takes over from the call that the handler serves: the time that is left, the
// cancellation, the trace.

import type { CallOptions, MetadataInit } from "./call.ts";

/** Metadata that follows a call by itself. Source: W3C Trace Context and Baggage. */
const TRACE_KEYS: readonly string[] = ["traceparent", "tracestate", "baggage"];

/** The time that a call may take: its own, but not longer than its parent has left. Milliseconds. */
export function inheritedTimeout(ownMs: number, options: CallOptions | undefined): number {
  return options?.parent === undefined ? ownMs : Math.min(ownMs, options.parent.remainingMs);
}

/** The call's own metadata over what it takes from its parent. `undefined` when there is none at all. */
export function inheritedMetadata(options: CallOptions | undefined): MetadataInit | undefined {
  if (options?.parent === undefined) return options?.metadata;
  const { parent, metadata, forward } = options;
  const merged = new Map<string, string | Uint8Array>();
  for (const key of forward === undefined ? TRACE_KEYS : [...TRACE_KEYS, ...forward]) {
    const value = parent.metadata.get(key);
    if (value !== undefined) merged.set(key, value);
  }
  const own = metadata === undefined ? [] : metadata instanceof Map ? metadata : Object.entries(metadata);
  for (const [key, value] of own) merged.set(key, value);
  return merged.size === 0 ? undefined : merged;
}
