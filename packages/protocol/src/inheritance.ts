// What a call that a handler makes takes over from the call that the handler serves: the time that is left, the
// cancellation, the trace, and, where a client is told so, the identity it is made for.

import type { CallOptions, MetadataInit } from "./call.ts";
import { usageError } from "./vertex-error.ts";

/** Metadata that follows a call by itself. Source: W3C Trace Context and Baggage. */
const TRACE_KEYS: readonly string[] = ["traceparent", "tracestate", "baggage"];

/** Metadata that names whom a call is made for. Nobody can set it by hand, and no handler sees it. */
export const IDENTITY_KEY = "vertex-identity";

/** What the next server is told of an identity; `undefined`: nothing, the call is made for this process itself. */
export type ForwardIdentity = (identity: unknown) => string | Uint8Array | undefined;

/** The time that a call may take: its own, but not longer than its parent has left. Milliseconds. */
export function inheritedTimeout(ownMs: number, options: CallOptions | undefined): number {
  return options?.parent === undefined ? ownMs : Math.min(ownMs, options.parent.remainingMs);
}

/**
 * The call's own metadata over what it takes from its parent. `undefined` when there is none at all.
 * @throws VertexError (usage) when it names an identity by hand.
 */
export function inheritedMetadata(
  options: CallOptions | undefined,
  forwardIdentity: ForwardIdentity | undefined,
): MetadataInit | undefined {
  if (options === undefined) return undefined;
  const { parent, metadata, forward } = options;
  if (metadata !== undefined && names(metadata, IDENTITY_KEY)) {
    throw usageError(`metadata ${IDENTITY_KEY} is set by the option forwardIdentity of a client only`);
  }
  if (parent === undefined) return metadata;
  const merged = new Map<string, string | Uint8Array>();
  for (const key of forward === undefined ? TRACE_KEYS : [...TRACE_KEYS, ...forward]) {
    const value = parent.metadata.get(key);
    if (value !== undefined) merged.set(key, value);
  }
  const own = metadata === undefined ? [] : metadata instanceof Map ? metadata : Object.entries(metadata);
  for (const [key, value] of own) merged.set(key, value);
  const named = options.forwardIdentity === false ? undefined : forwardIdentity?.(parent.identity);
  if (named !== undefined) merged.set(IDENTITY_KEY, named);
  return merged.size === 0 ? undefined : merged;
}

function names(metadata: MetadataInit, key: string): boolean {
  return metadata instanceof Map ? metadata.has(key) : Object.hasOwn(metadata, key);
}
