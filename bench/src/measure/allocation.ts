// What a call leaves to the garbage collector: bytes of heap and of buffers, counted while collections are held off by a
// young generation too large to fill up.

import type { CountPlan } from "../load/flood.ts";
import { NodePair } from "../peers/pair.ts";
import type { Usage } from "../process/usage.ts";

/** Bytes a call, of one process. */
export interface Allocated {
  readonly heapBytes: number;
  readonly bufferBytes: number;
}

/** Both ends. */
export interface Allocation {
  readonly server: Allocated;
  readonly client: Allocated;
}

const nodeFlags = ["--min-semi-space-size=256", "--max-semi-space-size=256"];

/**
 * Counts what calls allocate, after as many have gone before, several times.
 * @throws Error when a collection came in between again and again.
 */
export async function countAllocation(peer: string, plan: CountPlan, times: number): Promise<Allocation[]> {
  const pair = await NodePair.start(peer, "free", { nodeFlags });
  const both = <T>(question: string, argument?: unknown): Promise<[T, T]> =>
    Promise.all([pair.server.ask<T>(question, argument), pair.load.ask<T>(question, argument)]);
  try {
    for (let warm = 0; warm < 3; warm++) await pair.load.ask("count", plan);
    const counts: Allocation[] = [];
    for (let tries = 0; counts.length < times; tries++) {
      if (tries > times + 5) throw new Error("a collection came in between, again and again");
      const before = await both<Usage>("usage", true);
      const collections = await both<number>("collections");
      await pair.load.ask("count", plan);
      const after = await both<Usage>("usage", false);
      if (String(await both<number>("collections")) !== String(collections)) continue;
      const [server, client] = before.map((used, end) => allocated(used, after[end] as Usage, plan.calls));
      counts.push({ server: server as Allocated, client: client as Allocated });
    }
    return counts;
  } finally {
    await pair.stop();
  }
}

/** Bytes a call between two looks. */
function allocated(before: Usage, after: Usage, calls: number): Allocated {
  return {
    heapBytes: (after.heapBytes - before.heapBytes) / calls,
    bufferBytes: (after.bufferBytes - before.bufferBytes) / calls,
  };
}
