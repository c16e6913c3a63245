// The process that calls: `load.js PEER`.

import { type CountPlan, type FloodPlan, flood, floodCount } from "../load/flood.ts";
import { type PacePlan, pace } from "../load/pace.ts";
import { type PassPlan, passAll, passBeside } from "../load/pass.ts";
import { type Connect, type Link, sample } from "../peers/peer.ts";
import { answerParent } from "./child.ts";
import { collections } from "./collections.ts";
import { importPeer } from "./import-peer.ts";
import { profiling } from "./profiling.ts";
import { usage } from "./usage.ts";

/** Connections that are made at once. */
const BATCH = 64;

const { connect } = await importPeer<{ connect: Connect }>("client");
const links: Link[] = [];
let [failed, lost] = [0, 0];

interface ConnectPlan {
  readonly address: string;
  /** Connections to hold, those that are there included. */
  readonly count: number;
  readonly heartbeatMs?: number;
}

async function open({ address, heartbeatMs }: ConnectPlan): Promise<void> {
  try {
    links.push(await connect(address, { heartbeatMs, lost: () => void lost++ }));
  } catch {
    failed++;
  }
}

const first = () => links[0] as Link;

answerParent({
  async connect(plan: ConnectPlan) {
    while (links.length < plan.count && failed === 0) {
      await Promise.all(Array.from({ length: Math.min(BATCH, plan.count - links.length) }, () => open(plan)));
    }
    return links.length;
  },
  /** Over the first connection. */
  flood: (plan: FloodPlan) => flood(plan, () => first().echo(sample)),
  /** A number of calls instead of a time. */
  count: (plan: CountPlan) => floodCount(plan, () => first().echo(sample)),
  /** One call in flight on every connection. */
  spread: (plan: Omit<FloodPlan, "depth">) =>
    flood({ ...plan, depth: links.length }, (lane) => (links[lane] as Link).echo(sample)),
  pace: (plan: PacePlan) => pace(plan, first()),
  pass: (plan: PassPlan) => passAll(plan, first()),
  passBeside: (plan: PassPlan) => passBeside(plan, first()),
  trouble: () => ({ failed, lost }),
  usage,
  collections,
  ...profiling,
});
