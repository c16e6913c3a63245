// The process of the gate: what a call takes at both ends together, in CPU time and in bytes.

import { type CountPlan, cpuMicros, floodCount } from "../load/flood.ts";
import { linkInOneLoop } from "../peers/one-loop.ts";
import { sample } from "../peers/peer.ts";
import { answerParent } from "./child.ts";
import { collections } from "./collections.ts";
import { usage } from "./usage.ts";

const links = { vertex: await linkInOneLoop("vertex"), net: await linkInOneLoop("net") };

interface PeerPlan extends CountPlan {
  readonly peer: keyof typeof links;
}

async function run({ peer, ...plan }: PeerPlan): Promise<void> {
  const failures = await floodCount(plan, () => links[peer].echo(sample));
  if (failures > 0) throw new Error(`${failures} calls failed`);
}

answerParent({
  /** Microseconds a call. No collection is asked for: it would throw away what the compiler has learnt. */
  async cpu(plan: PeerPlan) {
    const before = cpuMicros();
    await run(plan);
    return (cpuMicros() - before) / plan.calls;
  },
  /** Bytes a call, and how many collections came in between. */
  async bytes(plan: PeerPlan) {
    const before = usage(true);
    const collected = await collections();
    await run(plan);
    const after = usage(false);
    return {
      heapBytes: (after.heapBytes - before.heapBytes) / plan.calls,
      bufferBytes: (after.bufferBytes - before.bufferBytes) / plan.calls,
      collections: (await collections()) - collected,
    };
  },
});
