// `bench seed`: the headline figures that Vertex starts from. Server and client are processes of their own; runs of
// one round follow each other directly and the rounds are repeated, so that a busy neighbour hits all alike.

import { Child } from "./child.ts";
import type { FloodPlan, FloodResult } from "./flood.ts";
import { measureMemory } from "./memory.ts";
import { type Row, row } from "./row.ts";
import { spreadOf } from "./statistics.ts";
import type { Usage } from "./usage.ts";

/** How much is measured. */
export interface SeedSettings {
  readonly rounds: number;
  /** Length of one run. */
  readonly ms: number;
  readonly connections: number;
  /** Time that all connections are held without a call. */
  readonly holdMs: number;
  /** Connections at which memory is read. */
  readonly steps: readonly number[];
  readonly settleMs: number;
}

export const fullSettings: SeedSettings = {
  rounds: 5,
  ms: 2_000,
  connections: 1_050,
  holdMs: 5_000,
  steps: [250, 500, 750, 1_000],
  settleMs: 1_000,
};

/** Enough to see that everything works; the figures mean nothing. */
export const quickSettings: SeedSettings = {
  rounds: 2,
  ms: 100,
  connections: 40,
  holdMs: 100,
  steps: [10, 20, 30, 40],
  settleMs: 50,
};

const report = (text: string) => void process.stderr.write(`${text}\n`);

/** Server and client of one protocol. */
interface Pair {
  readonly server: Child;
  readonly load: Child;
}

/** A run seen from both ends. */
interface Run extends FloodResult {
  readonly callsPerSecond: number;
  readonly serverMicros: number;
  readonly clientMicros: number;
}

async function startPair(protocol: "vertex" | "grpc"): Promise<Pair> {
  const server = await Child.start(`${protocol}-server`);
  const load = await Child.start(`${protocol}-load`);
  const address = await server.ask<string>("listen");
  await load.ask("connect", { address, count: 1 });
  return { server, load };
}

async function stopPair({ server, load }: Pair): Promise<void> {
  await Promise.all([server.stop(), load.stop()]);
}

async function observed(server: Child, run: () => Promise<FloodResult>): Promise<Run> {
  const before = await server.ask<Usage>("usage", false);
  const result = await run();
  const after = await server.ask<Usage>("usage", false);
  const calls = Math.max(1, result.calls);
  return {
    ...result,
    callsPerSecond: result.calls / result.seconds,
    serverMicros: (after.cpuMicros - before.cpuMicros) / calls,
    clientMicros: result.cpuMicros / calls,
  };
}

const flood = ({ server, load }: Pair, plan: FloodPlan) =>
  observed(server, () => load.ask<FloodResult>("flood", plan));

const median = (runs: readonly Run[], pick: (run: Run) => number) => spreadOf(runs.map(pick)).median;

function cpuNote(runs: readonly Run[]): string {
  const [server, client] = [median(runs, (run) => run.serverMicros), median(runs, (run) => run.clientMicros)];
  const failures = runs.reduce((sum, run) => sum + run.failures, 0);
  return `CPU a call: server ${server.toFixed(2)} µs, client ${client.toFixed(2)} µs; ${failures} failures`;
}

const rate = (id: string, name: string, runs: readonly Run[]) =>
  row(
    id,
    name,
    "calls/s",
    runs.map((run) => run.callsPerSecond),
    null,
    cpuNote(runs),
  );

/** One connection: latency at depth 1, throughput at depth 64 and 128, grpc-js beside it. */
async function measureCalls({ rounds, ms }: SeedSettings): Promise<Row[]> {
  const vertex = await startPair("vertex");
  const grpc = await startPair("grpc");
  const runs = {
    lone: [] as Run[],
    deep: [] as Run[],
    deeper: [] as Run[],
    grpcLone: [] as Run[],
    grpcDeep: [] as Run[],
  };
  for (const pair of [vertex, grpc]) await flood(pair, { depth: 64, ms: Math.min(1_000, ms), timed: false });
  for (let round = 1; round <= rounds; round++) {
    report(`calls over one connection, round ${round} of ${rounds}`);
    runs.lone.push(await flood(vertex, { depth: 1, ms, timed: true }));
    runs.grpcLone.push(await flood(grpc, { depth: 1, ms, timed: true }));
    runs.deep.push(await flood(vertex, { depth: 64, ms, timed: false }));
    runs.grpcDeep.push(await flood(grpc, { depth: 64, ms, timed: false }));
    runs.deeper.push(await flood(vertex, { depth: 128, ms, timed: false }));
  }
  await stopPair(vertex);
  await stopPair(grpc);
  const ratios = (ours: Run[], theirs: Run[], pick: (run: Run) => number) =>
    ours.map((run, i) => pick(run) / pick(theirs[i] as Run));
  const percentiles = (list: Run[]) =>
    `p50 ${median(list, (run) => run.p50Micros).toFixed(0)} µs, p99 ${median(list, (run) => run.p99Micros).toFixed(0)} µs; ${cpuNote(list)}`;
  const lone = runs.lone.map((run) => run.meanMicros / 1_000);
  const grpcLone = runs.grpcLone.map((run) => run.meanMicros / 1_000);
  const perSecond = (run: Run) => run.callsPerSecond;
  const both = "depth 64, both ends together; the ratio that busy neighbours change least";
  const cpu = (run: Run) => run.serverMicros + run.clientMicros;
  return [
    row("latency", "mean latency, depth 1", "ms", lone, { is: "below", value: 1 }, percentiles(runs.lone)),
    row("grpc-latency", "  grpc-js, depth 1", "ms", grpcLone, null, percentiles(runs.grpcLone)),
    row(
      "latency-ratio",
      "  grpc-js / Vertex, p50",
      "x",
      ratios(runs.grpcLone, runs.lone, (run) => run.p50Micros),
      {
        is: "at least",
        value: 4,
        goal: true,
      },
    ),
    rate("depth-64", "1 connection, depth 64", runs.deep),
    rate("depth-128", "1 connection, depth 128", runs.deeper),
    rate("grpc-depth-64", "  grpc-js, depth 64", runs.grpcDeep),
    row("grpc-ratio", "  Vertex / grpc-js, depth 64", "x", ratios(runs.deep, runs.grpcDeep, perSecond), {
      is: "at least",
      value: 60,
      goal: true,
    }),
    row(
      "cpu-ratio",
      "  grpc-js / Vertex, CPU a call",
      "x",
      ratios(runs.grpcDeep, runs.deep, cpu),
      null,
      both,
    ),
  ];
}

/** Many connections: held for a while, then one call in flight on each. */
async function measureCrowd({ connections, holdMs, rounds, ms }: SeedSettings): Promise<Row[]> {
  report(`${connections} connections`);
  const pair = await startPair("vertex");
  const address = await pair.server.ask<string>("listen");
  await pair.load.ask("connect", { address, count: connections });
  const runs: Run[] = [];
  const held: number[] = [];
  await new Promise((resolve) => setTimeout(resolve, holdMs));
  for (let round = 0; round < rounds; round++) {
    held.push(await pair.server.ask<number>("connections"));
    runs.push(await observed(pair.server, () => pair.load.ask<FloodResult>("spread", ms)));
  }
  held.push(await pair.server.ask<number>("connections"));
  const { failed, lost } = await pair.load.ask<{ failed: number; lost: number }>("trouble");
  await stopPair(pair);
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
      runs.map((run) => run.callsPerSecond),
      { is: "at least", value: 10_000 },
      `p99 ${p99} ms; ${cpuNote(runs)}`,
    ),
  ];
}

/** All figures. */
export async function measureSeed(settings: SeedSettings): Promise<Row[]> {
  const memory = await measureMemory(settings, report);
  return [...(await measureCrowd(settings)), ...(await measureCalls(settings)), ...memory];
}
