// Options of a server: the one place of this layer where they stand.

import {
  type Interceptor,
  type Log,
  type Peer,
  type PeerIntroduction,
  type ResolvedSessionOptions,
  resolveSessionOptions,
  type SessionOptions,
  stderrLog,
  usageError,
} from "@vertex/protocol";
import type { DoorOptions } from "./door.ts";
import type { TlsOptions } from "./listener.ts";
import { type Concurrency, checkConcurrency } from "./places.ts";
import { checkRateLimits, type RateLimits } from "./rate-limits.ts";

/** How a server takes calls that one of its clients, itself a server, makes for somebody else. */
export interface ForwardedIdentity {
  /**
   * Whether this client's word is taken. It has been authenticated: without an identity of its own it is not asked for.
   * Only `true` is yes.
   */
  trusts(forwarder: Peer): boolean;
  /**
   * Who it is that the forwarder names; becomes `context.identity`. `undefined` refuses the call as PERMISSION_DENIED,
   * what it throws refuses the call too, with the text of a VertexError and of nothing else. Not asynchronous.
   */
  read(named: string | Uint8Array): unknown;
}

/** Options of a server. All have defaults. */
export interface ServerOptions {
  /** Name that clients see. Default "vertex". */
  readonly name?: string | undefined;
  /** Limits and times of each connection. */
  readonly session?: SessionOptions | undefined;
  /** Connections at once; those above are told so and closed. Default 10,000. */
  readonly maxConnections?: number | undefined;
  /** Connections in their handshake at once; beyond, the oldest of them is dismissed. Default 1,024. */
  readonly maxHandshakes?: number | undefined;
  /** Connections accepted a second, and at once; those beyond are closed without a word. Default 10,000. */
  readonly maxAcceptsPerSecond?: number | undefined;
  /** Answers that clients have not read, all together, in bytes; beyond, who leaves most unread is dismissed. Default 268,435,456. */
  readonly maxUnsentBytes?: number | undefined;
  /** Messages that are in pieces or wait to be taken, of all clients together, in bytes; beyond, whose are most is dismissed. Default 268,435,456. */
  readonly maxHeldBytes?: number | undefined;
  /** Age, in milliseconds and give or take a tenth, at which a connection is drained; its client makes a new one. Default "unlimited". */
  readonly maxConnectionAgeMs?: number | "unlimited" | undefined;
  /** Time, in milliseconds, that the calls of such a connection have to finish. Default 10,000. */
  readonly connectionAgeGraceMs?: number | undefined;
  /** Calls, and bytes of requests, a second. Default: none are limited. */
  readonly rateLimits?: RateLimits | undefined;
  /** How many calls may run at once, and wait for that. */
  readonly concurrency?: Concurrency | undefined;
  /**
   * Decides who a client is. What it returns, or resolves to, becomes `context.peer.identity`; what it throws
   * refuses the connection as UNAUTHENTICATED (as INTERNAL, so that clients come back, for a VertexError of any other code than that and PERMISSION_DENIED), with the text of a VertexError and of nothing else. Default: everybody.
   */
  readonly authenticate?: ((peer: PeerIntroduction, address: string) => unknown) | undefined;
  /** Which clients may make calls for others, and who those are. Default: none may. */
  readonly forwardedIdentity?: ForwardedIdentity | undefined;
  /** Run around every handler, the first one outermost. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Run around every call from here to a client (`connection.use`), and once around one to many (`server.all`). */
  readonly reverseInterceptors?: readonly Interceptor[] | undefined;
  /** Certificate and key for tls:// addresses. TLS 1.3 is the least that is spoken. */
  readonly tls?: TlsOptions | undefined;
  /** File mode of Unix sockets. Default 0o600. */
  readonly unixMode?: number | undefined;
  /** Takes what happens. Default: warnings and errors to stderr, a line of JSON each. */
  readonly log?: Log | undefined;
}

/** The same, complete. */
export interface ResolvedServerOptions extends DoorOptions {
  readonly name: string;
  readonly session: ResolvedSessionOptions;
  readonly rateLimits: RateLimits | undefined;
  readonly concurrency: Concurrency;
  readonly authenticate: ServerOptions["authenticate"];
  readonly forwardedIdentity: ForwardedIdentity | undefined;
  readonly interceptors: readonly Interceptor[];
  readonly reverseInterceptors: readonly Interceptor[];
  readonly tls: TlsOptions | undefined;
  readonly unixMode: number;
  readonly log: Log;
}

const names = new Set([
  "name",
  "session",
  "maxConnections",
  "maxHandshakes",
  "maxAcceptsPerSecond",
  "maxUnsentBytes",
  "maxHeldBytes",
  "maxConnectionAgeMs",
  "connectionAgeGraceMs",
  "rateLimits",
  "concurrency",
  "authenticate",
  "forwardedIdentity",
  "interceptors",
  "reverseInterceptors",
  "tls",
  "unixMode",
  "log",
]);

function resolveDoor(options: ServerOptions): DoorOptions {
  const { maxConnectionAgeMs = "unlimited" } = options;
  return {
    maxConnections: whole(options, "maxConnections", 10_000, 1),
    maxHandshakes: whole(options, "maxHandshakes", 1_024, 1),
    maxAcceptsPerSecond: whole(options, "maxAcceptsPerSecond", 10_000, 1),
    maxUnsentBytes: whole(options, "maxUnsentBytes", 268_435_456, 65_536),
    maxHeldBytes: whole(options, "maxHeldBytes", 268_435_456, 65_536),
    maxConnectionAgeMs:
      maxConnectionAgeMs === "unlimited" ? "unlimited" : whole(options, "maxConnectionAgeMs", 0, 1_000),
    connectionAgeGraceMs: whole(options, "connectionAgeGraceMs", 10_000, 0),
  };
}

function whole(options: ServerOptions, name: keyof DoorOptions, standard: number, min: number): number {
  const value = options[name] ?? standard;
  if (typeof value === "number" && Number.isInteger(value) && value >= min) return value;
  throw usageError(`${name} must be a whole number from ${min}, not ${String(value)}`);
}

/**
 * Fills in the defaults.
 * @throws VertexError (usage) for a name that does not exist or a value out of its bounds.
 */
export function resolveServerOptions(options: ServerOptions = {}): ResolvedServerOptions {
  for (const name of Object.keys(options)) {
    if (!names.has(name)) throw usageError(`there is no server option ${JSON.stringify(name)}`);
  }
  if (options.rateLimits !== undefined) checkRateLimits(options.rateLimits);
  if (options.concurrency !== undefined) checkConcurrency(options.concurrency);
  const unixMode = options.unixMode ?? 0o600;
  if (!Number.isInteger(unixMode) || unixMode < 0 || unixMode > 0o777) {
    throw usageError(`unixMode must be a file mode from 0 to 0o777, not ${String(unixMode)}`);
  }
  return Object.freeze({
    name: options.name ?? "vertex",
    session: resolveSessionOptions(options.session),
    ...resolveDoor(options),
    rateLimits: options.rateLimits,
    concurrency: options.concurrency ?? {},
    authenticate: options.authenticate,
    forwardedIdentity: options.forwardedIdentity,
    interceptors: options.interceptors ?? [],
    reverseInterceptors: options.reverseInterceptors ?? [],
    tls: options.tls,
    unixMode,
    log: options.log ?? stderrLog,
  });
}
