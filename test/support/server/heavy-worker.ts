// What the tests' worker threads load: handlers that compute, wait, fail and do harm, as they are asked to.
import { threadId } from "node:worker_threads";
import { type CallContext, VertexError, workerHandlers } from "@vertex/server/worker";
import { type Done, HarmRequest_Kind, Heavy, type HeavyHandlers, type Work } from "../../gen/heavy.ts";

let begun = 0;

/** Computes for so long; true when the call was cancelled meanwhile. */
function compute(ms: number, context: CallContext, watch: boolean): boolean {
  const until = performance.now() + ms;
  while (performance.now() < until) if (watch && context.cancelled) return true;
  return false;
}

async function crunch({ ms, watch, wait }: Work, context: CallContext): Promise<Done> {
  begun++;
  let cancelled = false;
  if (wait) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      if (!watch) return;
      context.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
    cancelled = context.cancelled;
  } else cancelled = compute(ms, context, watch);
  return { thread: threadId, total: 0n, begun, cancelled };
}

function fillMemory(): never {
  const held: string[][] = [];
  for (;;) held.push(Array.from({ length: 10_000 }, (_, at) => `${at} of ${held.length}`));
}

function harm({ kind }: { kind: HarmRequest_Kind }): Promise<Done> {
  switch (kind) {
    case HarmRequest_Kind.KIND_CRASH:
      setTimeout(() => {
        throw new Error("nobody catches this");
      });
      return new Promise(() => {});
    case HarmRequest_Kind.KIND_EXIT:
      process.exit(7);
      break;
    case HarmRequest_Kind.KIND_MEMORY:
      return fillMemory();
    case HarmRequest_Kind.KIND_LOOP:
      for (;;);
    case HarmRequest_Kind.KIND_FAIL:
      throw new VertexError("FAILED_PRECONDITION", "as asked", {
        retryAfterMs: 70,
        details: [{ type: "vertex.test.v1.Work", value: Uint8Array.of(1, 2) }],
        trailers: new Map([["why", "asked for"]]),
      });
    default:
      throw new TypeError("the password is hunter2-do-not-leak");
  }
}

const handlers: Omit<HeavyHandlers, "light"> = {
  // What takes no time is answered at once, so that batches are seen.
  crunch: (request, context) => {
    if (request.ms > 0) return crunch(request, context);
    return { thread: threadId, total: 0n, begun: ++begun, cancelled: false };
  },
  mirror: ({ data }) => ({ data }),
  harm,
  about: (_work, context) => {
    const { method, peer, metadata, remainingMs } = context;
    context.setTrailer("thread", String(threadId));
    return {
      method,
      peer: peer.name,
      address: peer.address,
      identity: JSON.stringify(peer.identity ?? null),
      tenant: String(metadata.get("tenant") ?? ""),
      remainingMs,
      thread: threadId,
    };
  },
  async *pour({ count, size }, context) {
    context.setTrailer("poured", String(count));
    for (let n = 0; n < count && !context.cancelled; n++) {
      begun++;
      yield { data: new Uint8Array(size).fill(n) };
    }
  },
  async drain(loads, context) {
    let total = 0n;
    for await (const { data } of loads) total += BigInt(data.length);
    context.setTrailer("drained", String(total));
    return { thread: threadId, total, begun, cancelled: context.cancelled };
  },
  async *echo(loads) {
    yield* loads;
  },
  note: () => {
    begun++;
  },
};

export const heavy = workerHandlers(Heavy, handlers);
