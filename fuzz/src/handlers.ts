// Real handlers of the test services, in a world's time: they answer at once, late, never looking at their signal,
// with streams, and with failures.

import { type CallContext, Router, StatusNumber, statusName, VertexError } from "@vertex/protocol";
import { Blobs, Greeter } from "../../test/gen/greeter.ts";

/** Longest that a handler waits, in milliseconds of the world. */
export const LONGEST_WAIT_MS = 20_000;
const MOST_MESSAGES = 24;

/** Whose time handlers wait in. */
export interface Sleeper {
  sleep(ms: number): Promise<unknown>;
}

/** A router that serves both test services. */
export function serveAll(world: Sleeper): Router {
  const router = new Router();
  router.add(Greeter, greeterIn(world));
  router.add(Blobs, blobHandlers());
  return router;
}

/** Every method that is served, in a fixed order. */
export const methods = [...Object.values(Greeter.methods), ...Object.values(Blobs.methods)];

/** The handlers of Greeter. */
export function greeterIn(world: Sleeper) {
  return {
    hello: ({ name }: { name: string }, context: CallContext) => {
      if (name.length > 8) context.setTrailer("length", String(name.length));
      return { text: `hello ${name}` };
    },
    remember: async ({ name }: { name: string }) => {
      await world.sleep(name.length % 3);
      return { text: name };
    },
    slow: async ({ waitMs, name }: { waitMs: number; name: string }) => {
      await world.sleep(waitMs % LONGEST_WAIT_MS);
      return { text: name };
    },
    async *countdown({ from, intervalMs }: { from: number; intervalMs: number }, context: CallContext) {
      for (let n = Math.min(from, MOST_MESSAGES); n > 0 && !context.cancelled; n--) {
        if (intervalMs > 0) await world.sleep(intervalMs % 1_000);
        yield { n };
      }
    },
    sum: async (ticks: AsyncIterable<{ n: number }>) => {
      let [total, count] = [0n, 0];
      for await (const { n } of ticks) {
        total += BigInt(n);
        count++;
      }
      return { total, count };
    },
    async *chat(lines: AsyncIterable<{ text: string }>) {
      for await (const line of lines) {
        if (line.text === "enough") return;
        yield line;
      }
    },
    notify: async ({ text }: { text: string }) => {
      if (text.startsWith("w")) await world.sleep(text.length);
    },
    fail: ({ code, message, retryAfterMs }: { code: number; message: string; retryAfterMs: number }) => {
      const status = statusName((code % Object.keys(StatusNumber).length) + 1);
      throw new VertexError(status, message, { retryAfterMs });
    },
    greet: ({ name }: { name: string }, context: CallContext) => {
      context.signal.throwIfAborted();
      return { text: name };
    },
  };
}

/** The handlers of Blobs. */
export function blobHandlers() {
  return {
    echo: (blob: { data: Uint8Array }) => blob,
    swallow: () => ({}),
    *produce({ count, size }: { count: number; size: number }) {
      const data = new Uint8Array(size % 5_000);
      for (let i = Math.min(count, MOST_MESSAGES); i > 0; i--) yield { data };
    },
    consume: async (parts: AsyncIterable<{ data: Uint8Array }>) => {
      let total = 0n;
      for await (const { data } of parts) {
        total += BigInt(data.length);
        if (total > 100_000n) break;
      }
      return { total, count: 0 };
    },
  };
}
