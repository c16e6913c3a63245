// `bench seed`: the headline figures that Vertex starts from.

import { NodePair, type Run } from "../peers/pair.ts";
import { type Row, row } from "../report/row.ts";
import { spreadOf } from "../report/statistics.ts";
import { interleave, progress, ratiosOf, runsOf } from "../runner.ts";
import { type GrowthSettings, measureGrowth } from "./growth.ts";

/** How much is measured. */
export interface SeedSettings extends GrowthSettings {
  /** Length of one run. */
  readonly ms: number;
  readonly connections: number;
  /** Time that all connections are held without a call. */
  readonly holdMs: number;
}

export const fullSeed: SeedSettings = {
  rounds: 5,
  ms: 2_000,
  connections: 1_050,
  holdMs: 5_000,
  steps: [250, 500, 750, 1_000],
  settleMs: 1_000,
};

/** Enough to see that everything works; the figures mean nothing. */
export const quickSeed: SeedSettings = {
  rounds: 2,
  ms: 100,
  connections: 40,
  holdMs: 100,
  steps: [10, 20, 30, 40],
  settleMs: 50,
};

const median = (runs: readonly Run[], pick: (run: Run) => number) => spreadOf(runs.map(pick)).median;

function cpuNote(runs: readonly Run[]): string {
  const [server, client] = [median(runs, (run) => run.serverMicros), median(runs, (run) => run.clientMicros)];
  const failures = runs.reduce((sum, run) => sum + run.failures, 0);
  return `CPU a call: server ${server.toFixed(2)} µs, client ${client.toFixed(2)} µs; ${failures} failures`;
}

function latencyNote(runs: readonly Run[]): string {
  const [p50, p99] = [median(runs, (run) => run.p50Micros), median(runs, (run) => run.p99Micros)];
  return `p50 ${p50.toFixed(0)} µs, p99 ${p99.toFixed(0)} µs; ${cpuNote(runs)}`;
}

const perSecond = (run: Run) => run.callsPerSecond;

const rate = (id: string, name: string, runs: readonly Run[]) =>
  row(id, name, "calls/s", runs.map(perSecond), null, cpuNote(runs));

/** One connection: latency at depth 1, throughput at depth 64 and 128, grpc-js beside it. */
async function measureCalls({ rounds, ms }: SeedSettings): Promise<Row[]> {
  const vertex = await NodePair.start("vertex");
  const grpc = await NodePair.start("grpc-js");
  for (const pair of [vertex, grpc]) await pair.flood({ depth: 64, ms: Math.min(1_000, ms), timed: false });
  const task = (key: string, pair: NodePair, depth: number) => ({
    key,
    run: () => pair.flood({ depth, ms, timed: depth === 1 }),
  });
  const results = await interleave(
    rounds,
    [
      task("lone", vertex, 1),
      task("grpc lone", grpc, 1),
      task("deep", vertex, 64),
      task("grpc deep", grpc, 64),
      task("deeper", vertex, 128),
    ],
    (text) => progress(`calls over one connection, ${text}`),
  );
  await Promise.all([vertex.stop(), grpc.stop()]);
  const [lone, grpcLone] = [runsOf(results, "lone"), runsOf(results, "grpc lone")];
  const ms50 = (runs: readonly Run[]) => runs.map((run) => run.meanMicros / 1_000);
  const ratio = (ours: string, theirs: string, pick: (run: Run) => number) =>
    ratiosOf(results, ours, theirs, pick);
  const cpu = (run: Run) => run.serverMicros + run.clientMicros;
  const both = "depth 64, both ends together; the ratio that busy neighbours change least";
  return [
    row("latency", "mean latency, depth 1", "ms", ms50(lone), { is: "below", value: 1 }, latencyNote(lone)),
    row("grpc-latency", "  grpc-js, depth 1", "ms", ms50(grpcLone), null, latencyNote(grpcLone)),
    row(
      "latency-ratio",
      "  grpc-js / Vertex, p50",
      "x",
      ratio("grpc lone", "lone", (run) => run.p50Micros),
      { is: "at least", value: 4, goal: true },
    ),
    rate("depth-64", "1 connection, depth 64", runsOf(results, "deep")),
    rate("depth-128", "1 connection, depth 128", runsOf(results, "deeper")),
    rate("grpc-depth-64", "  grpc-js, depth 64", runsOf(results, "grpc deep")),
    row("grpc-ratio", "  Vertex / grpc-js, depth 64", "x", ratio("deep", "grpc deep", perSecond), {
      is: "at least",
      value: 60,
      goal: true,
    }),
    row("cpu-ratio", "  grpc-js / Vertex, CPU a call", "x", ratio("grpc deep", "deep", cpu), null, both),
  ];
}

/** Many connections: held for a while, then one call in flight on each. */
async function measureCrowd({ connections, holdMs, rounds, ms }: SeedSettings): Promise<Row[]> {
  progress(`${connections} connections`);
  // A heartbeat a second: that all are alive is known, not assumed.
  const pair = await NodePair.start("vertex", "free", { connections, heartbeatMs: 1_000 });
  const runs: Run[] = [];
  const held: number[] = [];
  await new Promise((resolve) => setTimeout(resolve, holdMs));
  for (let round = 0; round < rounds; round++) {
    held.push(await pair.connections());
    runs.push(await pair.spread({ ms, timed: true }));
  }
  held.push(await pair.connections());
  const { failed, lost } = await pair.trouble();
  await pair.stop();
  const p99 = (median(runs, (run) => run.p99Micros) / 1_000).toFixed(1);
  return [
    row(
      "connections",
      "simultaneous connections",
      "",
      [Math.min(...held)],
      { is: "at least", value: 1_000 },
      `${failed} failed to connect, ${lost} lost; held idle for ${holdMs / 1_000} s and under load`,
    ),
    row(
      "messages",
      `calls over ${connections} connections, depth 1 each`,
      "calls/s",
      runs.map(perSecond),
      { is: "at least", value: 10_000 },
      `p99 ${p99} ms; ${cpuNote(runs)}`,
    ),
  ];
}

/** All figures. */
export async function measureSeed(settings: SeedSettings): Promise<Row[]> {
  const growth = await measureGrowth("vertex", settings);
  return [...(await measureCrowd(settings)), ...(await measureCalls(settings)), ...growth];
}
