// How long to wait before the next try to connect.

import { type Random, usageError } from "@vertex/protocol";

/** How reconnecting is paced. */
export interface ReconnectOptions {
  /** First delay, in milliseconds. Default 1,000. */
  readonly initialDelayMs?: number | undefined;
  /** What each further delay is multiplied with. Default 1.6. */
  readonly factor?: number | undefined;
  /** Longest delay, in milliseconds. Default 120,000. */
  readonly maxDelayMs?: number | undefined;
  /** Share by which every delay varies, up and down: many clients do not come back in step. Default 0.2. */
  readonly jitter?: number | undefined;
}

const names = new Set(["initialDelayMs", "factor", "maxDelayMs", "jitter"]);

/** Delays that grow with every failure and vary from the first one on. */
export class Backoff {
  readonly #initialMs: number;
  readonly #factor: number;
  readonly #maxMs: number;
  readonly #jitter: number;
  readonly #random: Random;
  #failures = 0;

  /** @throws VertexError (usage) for a name that does not exist or a value out of its bounds. */
  constructor(options: ReconnectOptions, random: Random) {
    for (const name of Object.keys(options)) {
      if (!names.has(name)) throw usageError(`there is no option reconnect.${name}`);
    }
    this.#initialMs = within("initialDelayMs", options.initialDelayMs ?? 1_000, 1, 3_600_000);
    this.#factor = within("factor", options.factor ?? 1.6, 1, 100);
    this.#maxMs = within("maxDelayMs", options.maxDelayMs ?? 120_000, 1, 86_400_000);
    this.#jitter = within("jitter", options.jitter ?? 0.2, 0, 1);
    this.#random = random;
  }

  /** The delay before the next try, in milliseconds. */
  next(): number {
    const delay = Math.min(this.#maxMs, this.#initialMs * this.#factor ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 1_000);
    return delay * (1 + this.#jitter * (2 * this.#random() - 1));
  }

  /** A handshake has been completed: the next delay is the first one again. */
  reset(): void {
    this.#failures = 0;
  }
}

function within(name: string, value: number, min: number, max: number): number {
  if (!(value >= min && value <= max)) {
    throw usageError(`reconnect.${name} must be from ${min} to ${max}, not ${String(value)}`);
  }
  return value;
}
