// `bench calls`: unary calls over one connection, Vertex and its peers in turn.

import type { Pair, Run } from "../peers/pair.ts";
import { available, type Peer, peers, versionsOfAll } from "../peers/peers.ts";
import { Child } from "../process/child.ts";
import { cannotPin, coresOf, type Placement } from "../process/cores.ts";
import { atLeast, atMost, type Row, row, unmeasured } from "../report/row.ts";
import type { Chart, Section } from "../report/section.ts";
import { spreadOf } from "../report/statistics.ts";
import { show, showSpread, type Table } from "../report/table.ts";
import { interleave, progress, type Results, ratiosOf, runsOf } from "../runner.ts";

/** How much is measured. */
export interface CallSettings {
  readonly rounds: number;
  readonly ms: number;
}

/** One way to call. */
interface Workload {
  readonly depth: number;
  readonly placement: Placement;
}

const workloads: readonly Workload[] = [
  { depth: 1, placement: "together" },
  { depth: 1, placement: "apart" },
  { depth: 64, placement: "apart" },
  { depth: 128, placement: "apart" },
  { depth: 1, placement: "free" },
  { depth: 64, placement: "free" },
];

const placements: { readonly [placement in Placement]: string } = {
  together: "both ends on one core",
  apart: "each end on a core of its own",
  free: "unpinned",
};

/** What Vertex must do to each peer at depth 64. */
const leads: readonly (readonly [peer: string, times: number])[] = [
  ["grpc-js", 60],
  ["connect", 100],
  ["ws", 3],
  ["nats", 10],
  ["grpc-cpp", 6],
  ["grpc-go", 6],
  ["rust-each", 2],
  ["rust", 0.6],
  ["net", 0.6],
];

const keyOf = ({ depth, placement }: Workload, peer: string) => `${peer} ${depth} ${placement}`;
const perSecond = (run: Run) => run.callsPerSecond;
const median = (runs: readonly Run[], pick: (run: Run) => number) => spreadOf(runs.map(pick)).median;

/** All runs of one placement, with every peer's processes up from start to end. */
async function measurePlacement(
  placement: Placement,
  ready: readonly Peer[],
  { rounds, ms }: CallSettings,
): Promise<Results<Run>> {
  const pairs = new Map<string, Pair>();
  try {
    for (const { id, start } of ready) pairs.set(id, await start(placement));
    for (const pair of pairs.values()) await pair.flood({ depth: 64, ms, timed: false });
    const tasks = workloads
      .filter((workload) => workload.placement === placement)
      .flatMap((workload) =>
        ready.map(({ id }) => ({
          key: keyOf(workload, id),
          run: () =>
            (pairs.get(id) as Pair).flood({ depth: workload.depth, ms, timed: workload.depth === 1 }),
        })),
      );
    return await interleave(rounds, tasks, (text) => progress(`calls, ${placements[placement]}: ${text}`));
  } finally {
    await Promise.all([...pairs.values()].map((pair) => pair.stop()));
  }
}

/** Which end was the busy one, from its share of a core. */
function saturated(runs: readonly Run[]): string {
  const server = median(runs, (run) => run.serverBusy);
  const client = median(runs, (run) => run.clientBusy);
  if (Math.max(server, client) < 0.85) return "neither";
  if (Math.abs(server - client) < 0.1) return "both";
  return server > client ? "server" : "client";
}

function tableOf(workload: Workload, ready: readonly Peer[], results: Results<Run>): Table {
  const timed = workload.depth === 1;
  return {
    title: `Depth ${workload.depth}, ${placements[workload.placement]}`,
    columns: [
      "peer",
      "calls/s (spread)",
      "Vertex is",
      ...(timed ? ["p50 µs", "p99 µs"] : []),
      "server µs/call",
      "client µs/call",
      "saturated",
      "failures",
    ],
    lines: ready.map(({ id, name }) => {
      const runs = runsOf(results, keyOf(workload, id));
      const ratio = ratiosOf(results, keyOf(workload, "vertex"), keyOf(workload, id), perSecond);
      return [
        name,
        showSpread(spreadOf(runs.map(perSecond))),
        id === "vertex" ? "" : `${show(spreadOf(ratio).median)}x`,
        ...(timed
          ? [show(median(runs, (run) => run.p50Micros)), show(median(runs, (run) => run.p99Micros))]
          : []),
        show(median(runs, (run) => run.serverMicros)),
        show(median(runs, (run) => run.clientMicros)),
        saturated(runs),
        String(runs.reduce((sum, run) => sum + run.failures, 0)),
      ];
    }),
  };
}

function chartOf(ready: readonly Peer[], used: readonly Workload[], results: Results<Run>): Chart {
  return {
    id: "calls",
    title: "Unary calls over one connection",
    unit: "calls/s",
    logarithmic: true,
    bars: used.flatMap((workload) =>
      ready.map(({ id, name }) => {
        const { median: value, least, most } = spreadOf(runsOf(results, keyOf(workload, id)).map(perSecond));
        return {
          panel: `depth ${workload.depth}, ${placements[workload.placement]}`,
          label: name,
          value,
          least,
          most,
        };
      }),
    ),
  };
}

function lossesOf(ready: readonly Peer[], used: readonly Workload[], results: Results<Run>): string[] {
  return used.flatMap((workload) =>
    ready
      .filter(({ kind }) => kind === "peer")
      .flatMap(({ id, name }) => {
        const ratio = spreadOf(
          ratiosOf(results, keyOf(workload, "vertex"), keyOf(workload, id), perSecond),
        ).median;
        const where = `depth ${workload.depth}, ${placements[workload.placement]}`;
        return ratio >= 1 ? [] : [`${name}: Vertex makes ${show(ratio)}x its calls/s (${where})`];
      }),
  );
}

/** Nanoseconds that decoding a request and encoding an answer take, in a process of its own. */
async function codecMicros(rounds: number): Promise<number[]> {
  const child = await Child.start("codec-cost", [], {
    core: cannotPin() ? undefined : coresOf("apart").server,
  });
  try {
    const each: number[] = [];
    for (let round = 0; round < rounds; round++) each.push(await child.ask<number>("micros"));
    return each;
  } finally {
    await child.stop();
  }
}

/** The rows of depth 1, for each way in which the two ends can share cores. */
function loneRows(used: readonly Workload[], results: Results<Run>): Row[] {
  const p50 = (run: Run) => run.p50Micros;
  return used
    .filter(({ depth }) => depth === 1)
    .flatMap((workload) => {
      const where = placements[workload.placement];
      const [ours, bare, grpc] = ["vertex", "net", "grpc-js"].map((id) => keyOf(workload, id)) as [
        string,
        string,
        string,
      ];
      return [
        row(
          `calls-lone-${workload.placement}`,
          `unary, depth 1, ${where}: p50 against bare net`,
          "x",
          ratiosOf(results, ours, bare, p50),
          atMost(1.15),
        ),
        row(
          `calls-lone-grpc-js-${workload.placement}`,
          `unary, depth 1, ${where}: grpc-js's p50 against Vertex's`,
          "x",
          ratiosOf(results, grpc, ours, p50),
          atLeast(4),
        ),
      ];
    });
}

function rowsOf(
  ready: readonly Peer[],
  used: readonly Workload[],
  results: Results<Run>,
  codec: readonly number[],
): Row[] {
  const deep = used.find(({ depth }) => depth === 64) as Workload;
  const [ours, bare] = [keyOf(deep, "vertex"), keyOf(deep, "net")];
  const rows = leads.map(([id, times]) => {
    const name = `unary, depth 64: calls/s against ${peers.find((peer) => peer.id === id)?.name ?? id}`;
    if (!ready.some((peer) => peer.id === id)) return unmeasured(`calls-${id}`, name, atLeast(times));
    return row(`calls-${id}`, name, "x", ratiosOf(results, ours, keyOf(deep, id), perSecond), atLeast(times));
  });
  const bareRuns = runsOf(results, bare);
  const over = runsOf(results, ours).map(
    (run, i) => run.serverMicros - (bareRuns[i] as Run).serverMicros - (codec[i % codec.length] as number),
  );
  return [
    ...rows,
    row(
      "calls-server-cpu",
      "unary, depth 64: server CPU a call above bare net and codec",
      "µs",
      over,
      atMost(0.5),
      `codec ${show(spreadOf(codec).median)} µs`,
    ),
    ...loneRows(used, results),
  ];
}

export async function measureCalls(settings: CallSettings): Promise<Section> {
  const { ready, skipped } = available(peers);
  const unpinned = cannotPin();
  const used = workloads.filter(({ placement }) => unpinned === undefined || placement === "free");
  const results = new Map<string, readonly Run[]>();
  for (const placement of new Set(used.map((workload) => workload.placement))) {
    for (const [key, runs] of await measurePlacement(placement, ready, settings)) results.set(key, runs);
  }
  const codec = await codecMicros(settings.rounds);
  return {
    id: "calls",
    title: "Unary calls over one connection",
    about: `A 29-byte message there and back, so many calls in flight, ${settings.ms} ms a run; "Vertex is" is the median of the ratios of runs side by side.`,
    tables: used.map((workload) => tableOf(workload, ready, results)),
    charts: [chartOf(ready, used, results)],
    rows: rowsOf(ready, used, results, codec),
    losses: lossesOf(ready, used, results),
    skipped: unpinned === undefined ? skipped : [...skipped, unpinned],
    versions: versionsOfAll(ready),
    runs: Object.fromEntries(results),
  };
}
