// What stands before the handlers of one server: its rate limits and its places, and the count of what they refuse.

import type { CallContext, CallGuard, Placed, RefusalName, Starter, VertexError } from "@vertex/protocol";
import { type Concurrency, Places } from "./places.ts";
import { RateLimiter, type RateLimits } from "./rate-limits.ts";

/** The guard of one server. */
export class ServerGuard implements CallGuard {
  readonly places: Places;
  /** Calls refused before a handler was entered, by reason. */
  readonly refusals: { [K in RefusalName]?: number } = {};
  readonly #rates: RateLimiter | null;

  constructor(concurrency: Concurrency, rateLimits: RateLimits | undefined, now: () => number) {
    this.places = new Places(concurrency, now, () => this.refused("maxRunningCalls"));
    this.#rates = rateLimits === undefined ? null : new RateLimiter(rateLimits, now);
  }

  refusal(call: CallContext, bytes: number): VertexError | null {
    return this.#rates === null ? null : this.#rates.refusal(call, bytes);
  }

  charge(call: CallContext, bytes: number): void {
    this.#rates?.charge(call, bytes);
  }

  enter(call: Placed, starter: Starter): boolean {
    return this.places.enter(call, starter);
  }

  leave(call: Placed): void {
    this.places.leave(call);
  }

  forget(call: Placed): void {
    this.places.forget(call);
  }

  refused(why: RefusalName): void {
    this.refusals[why] = (this.refusals[why] ?? 0) + 1;
  }
}
