// Rate limits: token buckets per connection, identity, method and for all of the server, in calls and in bytes a second.

import { Bucket, type CallContext, type Peer, usageError, VertexError } from "@vertex/protocol";

/** How much of something there may be. At least one of the two rates is named. */
export interface Rate {
  /** Calls a second. */
  readonly callsPerSecond?: number | undefined;
  /** Calls at once beside that. Default: a tenth of a second's, at least 1. */
  readonly callBurst?: number | undefined;
  /** Bytes of requests a second. A call is taken while there is credit left, and what it is over is paid back. */
  readonly bytesPerSecond?: number | undefined;
  /** Bytes at once beside that. Default: a tenth of a second's, at least 65,536. */
  readonly byteBurst?: number | undefined;
}

/** Rate limits of a server. What is not named has none. */
export interface RateLimits {
  /** Each connection. */
  readonly connection?: Rate | undefined;
  /** Each identity, over all its connections: what `key` says, or a call's identity if that is no object. */
  readonly identity?: Rate | undefined;
  /** What of a call counts as one identity; undefined counts as none. Needed where identities are objects. */
  readonly key?: ((call: CallContext) => string | undefined) | undefined;
  /** Methods, by their full names: `package.Service/Method`. */
  readonly methods?: { readonly [path: string]: Rate } | undefined;
  /** All calls together. */
  readonly server?: Rate | undefined;
}

/** What sums of fractions may be off by, in milliseconds. */
const ROUNDING_MS = 1e-6;

/** Identities whose buckets are looked through for full ones, which may be forgotten, when there are more. */
const SWEEP_FROM = 1_024;

/** The two buckets of one thing that is limited. */
class Limited {
  readonly what: string;
  readonly #calls: Bucket | null;
  readonly #bytes: Bucket | null;

  constructor(what: string, rate: Rate, now: number) {
    const { callsPerSecond: calls, bytesPerSecond: bytes } = rate;
    const { callBurst = Math.max(1, (calls ?? 0) / 10), byteBurst = Math.max(65_536, (bytes ?? 0) / 10) } =
      rate;
    this.what = what;
    this.#calls = calls === undefined ? null : new Bucket(calls, callBurst, now);
    this.#bytes = bytes === undefined ? null : new Bucket(bytes, byteBurst, now);
  }

  /** True when nothing of it is used: it need not be kept. */
  full(now: number): boolean {
    return [this.#calls, this.#bytes].every(
      (bucket) => bucket === null || bucket.available(now) >= bucket.burst,
    );
  }

  /** How long a call has to wait, in milliseconds. */
  waitMs(now: number): number {
    return Math.max(this.#calls?.waitMs(1, now) ?? 0, this.#bytes?.waitMs(1, now) ?? 0);
  }

  charge(calls: number, bytes: number, now: number): void {
    if (calls > 0) this.#calls?.charge(calls, now);
    this.#bytes?.charge(bytes, now);
  }
}

/** The rate limits of one server. */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #now: () => number;
  readonly #connections = new WeakMap<Peer, Limited>();
  readonly #identities = new Map<unknown, Limited>();
  readonly #methods = new Map<string, Limited>();
  readonly #server: Limited | null;
  #sweepAt = SWEEP_FROM;

  constructor(limits: RateLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#server = limits.server === undefined ? null : new Limited("server", limits.server, now());
    for (const [path, rate] of Object.entries(limits.methods ?? {})) {
      this.#methods.set(path, new Limited(path, rate, now()));
    }
  }

  /** How many identities there are buckets of. */
  get identities(): number {
    return this.#identities.size;
  }

  /** Takes a call into account, or says why it is refused; nothing is taken from any bucket then. */
  refusal(call: CallContext, bytes: number): VertexError | null {
    const now = this.#now();
    const all = this.#of(call, now);
    let waitMs = 0;
    let what = "";
    for (const limited of all) {
      const itsMs = limited.waitMs(now);
      if (itsMs <= waitMs) continue;
      waitMs = itsMs;
      what = limited.what;
    }
    if (waitMs > ROUNDING_MS) {
      const retryAfterMs = Math.ceil(waitMs - ROUNDING_MS);
      const text = `over the rate limit of this ${what}`;
      return new VertexError("RESOURCE_EXHAUSTED", text, { outcome: "not-executed", retryAfterMs });
    }
    for (const limited of all) limited.charge(1, bytes, now);
    return null;
  }

  /** Further bytes of a call have come: they are paid for by the calls that follow. */
  charge(call: CallContext, bytes: number): void {
    const now = this.#now();
    for (const limited of this.#of(call, now)) limited.charge(0, bytes, now);
  }

  #of(call: CallContext, now: number): Limited[] {
    const { connection, identity } = this.#limits;
    const all: Limited[] = [];
    if (connection !== undefined) all.push(this.#ofConnection(call.peer, connection, now));
    const key = identity === undefined ? undefined : this.#keyOf(call);
    if (identity !== undefined && key !== undefined) all.push(this.#ofIdentity(key, identity, now));
    const method = this.#methods.get(call.method);
    if (method !== undefined) all.push(method);
    if (this.#server !== null) all.push(this.#server);
    return all;
  }

  #keyOf(call: CallContext): unknown {
    if (this.#limits.key !== undefined) return this.#limits.key(call);
    return typeof call.identity === "object" || typeof call.identity === "function"
      ? undefined
      : call.identity;
  }

  #ofConnection(peer: Peer, rate: Rate, now: number): Limited {
    let limited = this.#connections.get(peer);
    if (limited === undefined) {
      limited = new Limited("connection", rate, now);
      this.#connections.set(peer, limited);
    }
    return limited;
  }

  /** An identity keeps its debt when its connections close. */
  #ofIdentity(key: unknown, rate: Rate, now: number): Limited {
    let limited = this.#identities.get(key);
    if (limited === undefined) {
      if (this.#identities.size >= this.#sweepAt) this.#sweep(now);
      limited = new Limited("identity", rate, now);
      this.#identities.set(key, limited);
    }
    return limited;
  }

  #sweep(now: number): void {
    for (const [key, limited] of this.#identities) if (limited.full(now)) this.#identities.delete(key);
    this.#sweepAt = Math.max(SWEEP_FROM, 2 * this.#identities.size);
  }
}

/** @throws VertexError (usage) for a rate that is none. */
export function checkRateLimits(limits: RateLimits): void {
  const known = new Set(["connection", "identity", "key", "methods", "server"]);
  for (const name of Object.keys(limits)) {
    if (!known.has(name)) throw usageError(`there is no rate limit ${JSON.stringify(name)}`);
  }
  const { connection, identity, server, methods = {} } = limits;
  for (const [name, rate] of Object.entries({ connection, identity, server, ...methods })) {
    if (rate !== undefined) checkRate(name, rate);
  }
}

function checkRate(name: string, rate: Rate): void {
  const known = new Set(["callsPerSecond", "callBurst", "bytesPerSecond", "byteBurst"]);
  for (const [field, value] of Object.entries(rate)) {
    if (!known.has(field)) throw usageError(`rateLimits.${name} has no ${field}`);
    const least = field === "callBurst" ? 1 : Number.MIN_VALUE;
    if (value !== undefined && !(value >= least && value < Number.POSITIVE_INFINITY)) {
      throw usageError(
        `rateLimits.${name}.${field} must be a number ${least === 1 ? "from 1" : "above 0"}, not ${String(value)}`,
      );
    }
  }
  if (rate.callsPerSecond === undefined && rate.bytesPerSecond === undefined) {
    throw usageError(`rateLimits.${name} names neither callsPerSecond nor bytesPerSecond`);
  }
}
