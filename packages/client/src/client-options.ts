// Options of a client: the one place of this layer where they stand.

import {
  type Interceptor,
  type Log,
  type ResolvedSessionOptions,
  resolveSessionOptions,
  type SessionEnd,
  type SessionOptions,
  stderrLog,
  usageError,
  type VertexError,
} from "@vertex/protocol";
import type { ReconnectOptions } from "./backoff.ts";
import type { ConnectionOptions } from "./dialer.ts";

/** A proof of identity; the server's `authenticate` decides what it is worth. */
export interface ClientCredentials {
  /** How to read `data`, for example "bearer". */
  readonly scheme: string;
  readonly data: Uint8Array;
}

/** Options of a client. All have defaults. */
export interface ClientOptions {
  /** Name that the server sees. Not proof of anything. Default "". */
  readonly name?: string | undefined;
  /** Sent in every handshake; a function is asked anew each time. */
  readonly credentials?:
    | ClientCredentials
    | (() => ClientCredentials | Promise<ClientCredentials>)
    | undefined;
  /**
   * For a server that is itself a client: what calls with a `parent` tell the next server of whom they are made for.
   * Is given the parent's `identity`, returns what the next server's `forwardedIdentity` reads; `undefined` makes the call
   * in this process's own name, and throwing fails it. Default: nobody is named.
   */
  readonly forwardIdentity?: ((identity: unknown) => string | Uint8Array | undefined) | undefined;
  /** Limits and times of each connection. */
  readonly session?: SessionOptions | undefined;
  /** Connections to hold; each call takes the one with the fewest calls open. Default 1; 1 to 1,024. */
  readonly connections?: number | undefined;
  /** Time for one try to connect, handshake included, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number | undefined;
  readonly reconnect?: ReconnectOptions | undefined;
  /** Calls that may wait for a connection; further ones fail as RESOURCE_EXHAUSTED. Default 10,000. */
  readonly maxQueuedCalls?: number | undefined;
  /** How often one idempotent call is sent at most. Default 3. */
  readonly maxAttempts?: number | undefined;
  /** Run around every call, the first one outermost. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /**
   * Holds requests to the rules of their schema before they are sent: those that break one fail here, as they would
   * at the server. Default false: the server looks in any case.
   */
  readonly validate?: boolean | undefined;
  /** Run around every handler of this client, for calls that the server makes. */
  readonly reverseInterceptors?: readonly Interceptor[] | undefined;
  /** Options of Node's `tls.connect` for tls:// addresses: ca, cert, key, servername. */
  readonly tls?: ConnectionOptions | undefined;
  /** A connection is ready, at this address. */
  readonly onConnect?: ((address: string) => void) | undefined;
  /** A connection has ended, or a try has failed. The next try comes in `retryInMs`; `null`: there is none. */
  readonly onDisconnect?: ((end: SessionEnd, retryInMs: number | null) => void) | undefined;
  /** A one-way call failed after its promise had resolved. Default: it is logged. */
  readonly onOneWayError?: ((error: VertexError) => void) | undefined;
  /** Takes what nobody else is told of. Default: warnings and errors to stderr, a line of JSON each. */
  readonly log?: Log | undefined;
}

/** The same, complete. */
export interface ResolvedClientOptions extends ClientOptions {
  readonly name: string;
  readonly session: ResolvedSessionOptions;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly reconnect: ReconnectOptions;
  readonly maxQueuedCalls: number;
  readonly maxAttempts: number;
  readonly interceptors: readonly Interceptor[];
  readonly validate: boolean;
  readonly reverseInterceptors: readonly Interceptor[];
  readonly log: Log;
}

const names = new Set([
  "name",
  "credentials",
  "forwardIdentity",
  "session",
  "connections",
  "connectTimeoutMs",
  "reconnect",
  "maxQueuedCalls",
  "maxAttempts",
  "interceptors",
  "validate",
  "reverseInterceptors",
  "tls",
  "onConnect",
  "onDisconnect",
  "onOneWayError",
  "log",
]);

/**
 * Fills in the defaults.
 * @throws VertexError (usage) for a name that does not exist or a value out of its bounds.
 */
export function resolveClientOptions(options: ClientOptions = {}): ResolvedClientOptions {
  for (const name of Object.keys(options)) {
    if (!names.has(name)) throw usageError(`there is no client option ${JSON.stringify(name)}`);
  }
  const whole = (
    name: "connections" | "connectTimeoutMs" | "maxQueuedCalls" | "maxAttempts",
    standard: number,
    max: number,
  ) => {
    const value = options[name] ?? standard;
    if (!Number.isInteger(value) || value < 1 || value > max) {
      throw usageError(`${name} must be a whole number from 1 to ${max}, not ${String(value)}`);
    }
    return value;
  };
  return Object.freeze({
    ...options,
    name: options.name ?? "",
    session: resolveSessionOptions(options.session),
    connections: whole("connections", 1, 1_024),
    connectTimeoutMs: whole("connectTimeoutMs", 5_000, 3_600_000),
    reconnect: options.reconnect ?? {},
    maxQueuedCalls: whole("maxQueuedCalls", 10_000, 10_000_000),
    maxAttempts: whole("maxAttempts", 3, 100),
    interceptors: options.interceptors ?? [],
    validate: options.validate ?? false,
    reverseInterceptors: options.reverseInterceptors ?? [],
    log: options.log ?? stderrLog,
  });
}
