// A subscription that survives its connection: opened again behind the last message that was delivered.

import { type ServerStream, VertexError } from "@vertex/protocol";
import { Backoff } from "./backoff.ts";

/** How openings are paced that deliver nothing, in milliseconds. */
const PACE = { initialDelayMs: 100, maxDelayMs: 5_000 };

/**
 * Reads a server stream for ever: when its connection is lost, it is opened again, and goes on behind the last
 * message that was taken. `open` is given that message (`undefined` at first) and makes the call, usually without a
 * deadline. Ends when the stream ends well, when the loop over it is left, or with any other error.
 *
 * ```ts
 * for await (const price of resume((last?: Price) => market.watch({ after: last?.cursor ?? 0n }, { timeoutMs: Infinity }))) …
 * ```
 */
export async function* resume<E>(
  open: (last: E | undefined) => ServerStream<E>,
): AsyncGenerator<E, void, undefined> {
  const backoff = new Backoff(PACE, Math.random);
  let last: E | undefined;
  for (;;) {
    try {
      for await (const message of open(last)) {
        last = message;
        backoff.reset();
        yield message;
      }
      return;
    } catch (error) {
      if (!lost(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, backoff.next()));
  }
}

/** The link failed, or the server is closing: the call itself was all right. */
function lost(error: unknown): boolean {
  if (!(error instanceof VertexError)) return false;
  return error.code === "UNAVAILABLE" && (error.family === "link" || error.family === "status");
}
