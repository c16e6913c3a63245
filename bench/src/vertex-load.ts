// The process that calls Vertex.

import { type Client, connect } from "@vertex/client";
import { Bench, type BenchClient } from "../gen/bench.ts";
import { answerParent } from "./child.ts";
import { type FloodPlan, flood, sample } from "./flood.ts";

/** Connections that are made at once. */
const BATCH = 64;

const clients: Client[] = [];
const stubs: BenchClient[] = [];
let [failed, lost] = [0, 0];

async function open(address: string): Promise<void> {
  // A heartbeat a second: that all are alive is known, not assumed.
  const session = { heartbeatIntervalMs: 1_000, heartbeatTimeoutMs: 5_000 };
  const client = connect(address, { session, onDisconnect: () => void lost++ });
  try {
    await client.ready();
    clients.push(client);
    stubs.push(client.use(Bench));
  } catch {
    failed++;
  }
}

async function connectTo({ address, count }: { address: string; count: number }): Promise<number> {
  while (clients.length < count && failed === 0) {
    const missing = Math.min(BATCH, count - clients.length);
    await Promise.all(Array.from({ length: missing }, () => open(address)));
  }
  return clients.length;
}

const good = (answer: { id: number }) => answer.id === sample.id;

answerParent({
  connect: connectTo,
  /** Over the first connection. */
  flood: (plan: FloodPlan) => {
    const [stub] = stubs as [BenchClient];
    return flood(plan, async () => good(await stub.echo(sample)));
  },
  /** One call in flight on every connection. */
  spread: (ms: number) =>
    flood({ depth: stubs.length, ms, timed: true }, async (lane) =>
      good(await (stubs[lane] as BenchClient).echo(sample)),
    ),
  trouble: () => ({ failed, lost }),
});
