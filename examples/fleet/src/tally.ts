// Counts calls by how they end. An interceptor sees every call of a client, whatever its kind.

import { type Interceptor, type ServerStream, VertexError } from "@vertex/client";

/** Calls by how they ended. */
export interface TallyCounts {
  readonly started: number;
  readonly settled: number;
  /** "CODE, outcome" to the number of calls that failed so. */
  readonly failures: { readonly [kind: string]: number };
}

/** Counts the calls of one client: `connect(url, { interceptors: [tally.interceptor] })`. */
export class Tally {
  #started = 0;
  #settled = 0;
  readonly #failures: { [kind: string]: number } = {};

  readonly interceptor: Interceptor = (call, next) => {
    this.#started++;
    const result = next(call);
    // A stream has ended when its trailers have come; everything else is a promise.
    const end = call.method.kind === "server_stream" ? (result as ServerStream<unknown>).trailers : result;
    Promise.resolve(end).then(
      () => this.#settled++,
      (error: unknown) => {
        this.#settled++;
        const kind = describeFailure(error);
        this.#failures[kind] = (this.#failures[kind] ?? 0) + 1;
      },
    );
    return result;
  };

  get counts(): TallyCounts {
    return { started: this.#started, settled: this.#settled, failures: { ...this.#failures } };
  }
}

/** Code and outcome of a failure, for people. */
export function describeFailure(error: unknown): string {
  return error instanceof VertexError ? `${error.code}, ${error.outcome}` : String(error);
}

/** The sum of several tallies. */
export function addTallies(tallies: readonly TallyCounts[]): TallyCounts {
  const failures: { [kind: string]: number } = {};
  let [started, settled] = [0, 0];
  for (const tally of tallies) {
    started += tally.started;
    settled += tally.settled;
    for (const [kind, count] of Object.entries(tally.failures))
      failures[kind] = (failures[kind] ?? 0) + count;
  }
  return { started, settled, failures };
}
