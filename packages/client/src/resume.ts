// A subscription that survives its connection: opened again behind the last message that was delivered.

import { type Random, type ServerStream, VertexError } from "@vertex/protocol";
import { Backoff } from "./backoff.ts";

/** How openings are paced that deliver nothing, in milliseconds. */
const PACE = { initialDelayMs: 100, maxDelayMs: 5_000 };

/** What paces the openings. */
export interface ResumePacer {
  readonly random: Random;
  /** Resolves after `delayMs`, or as soon as waiting is of no use any more. */
  pause(delayMs: number): Promise<void>;
}

/** Reads what `open` opens, again and again behind the last message that was taken, until it ends for another reason than its link. */
export async function* resumed<E>(
  open: (last: E | undefined) => ServerStream<E>,
  { random, pause }: ResumePacer,
): AsyncGenerator<E, void, undefined> {
  const backoff = new Backoff(PACE, random);
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
    await pause(backoff.next());
  }
}

/** The link failed, or the server is closing: the call itself was all right. */
function lost(error: unknown): boolean {
  if (!(error instanceof VertexError)) return false;
  return error.code === "UNAVAILABLE" && (error.family === "link" || error.family === "status");
}
