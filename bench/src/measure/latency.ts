// `bench latency`: round trips in an open loop, at shares of what each peer keeps up with there.

import type { PacePlan, PaceResult } from "../load/pace.ts";
import { NodePair, type Seen, seen } from "../peers/pair.ts";
import { available, type Peer, peers, versionsOfAll } from "../peers/peers.ts";
import { cannotPin } from "../process/cores.ts";
import { atMost, type Row, row } from "../report/row.ts";
import type { Chart, Section } from "../report/section.ts";
import { spreadOf } from "../report/statistics.ts";
import { show, showSpread, type Table } from "../report/table.ts";
import { interleave, progress, type Results, ratiosOf, runsOf } from "../runner.ts";
import { highestKept, keptUp } from "./ladder.ts";

/** How much is measured. */
export interface LatencySettings {
  readonly rounds: number;
  readonly ms: number;
  /** Of each step on the way to a peer's maximum. */
  readonly stepMs: number;
}

const wanted = ["vertex", "net", "ws", "grpc-js"];
const shares = [0.25, 0.5, 0.7, 0.9];
/** Beside slow handlers: 1 % of the calls, 5 ms each, at 70 % of Vertex's maximum. */
const slow = { share: 0.7, slowEvery: 100, holdMs: 5 };
/** Rounds beside slow handlers, for each of the others: a p99.9 is made by a few moments of a second. */
const SLOW_ROUNDS = 3;

interface PacedRun extends PaceResult, Seen {}

interface Running {
  readonly peer: Peer;
  readonly pair: NodePair;
  /** The most calls a second that it keeps up with in an open loop. */
  readonly most: number;
}

const median = (runs: readonly PacedRun[], pick: (run: PacedRun) => number) =>
  spreadOf(runs.map(pick)).median;

async function paced(pair: NodePair, plan: PacePlan): Promise<PacedRun> {
  const { result, cpu } = await pair.observe<PaceResult>("pace", plan);
  return { ...result, ...seen(result, result.calls, cpu) };
}

async function start(peer: Peer, { ms, stepMs }: LatencySettings): Promise<Running> {
  const pair = await NodePair.start(peer.id, cannotPin() === undefined ? "apart" : "free");
  progress(`latency, the maximum of ${peer.name}`);
  await pair.flood({ depth: 128, ms, timed: false });
  const most = await highestKept(async (callsPerSecond) =>
    keptUp(await paced(pair, { callsPerSecond, ms: stepMs, slowEvery: 0, holdMs: 0 }), callsPerSecond),
  );
  return { peer, pair, most };
}

const keyOf = (id: string, share: number) => `${id} ${share}`;
const slowKey = (id: string) => `${id} slow`;

const vertexOf = (running: readonly Running[]) => running.find(({ peer }) => peer.id === "vertex") as Running;

function tasksAtShares(running: readonly Running[], { ms }: LatencySettings) {
  return shares.flatMap((share) =>
    running.map(({ peer, pair, most }) => ({
      key: keyOf(peer.id, share),
      run: () => paced(pair, { callsPerSecond: most * share, ms, slowEvery: 0, holdMs: 0 }),
    })),
  );
}

function tasksBesideSlow(running: readonly Running[], { ms }: LatencySettings) {
  const { most } = vertexOf(running);
  return running
    .filter(({ peer }) => ["vertex", "net"].includes(peer.id))
    .map(({ peer, pair }) => ({
      key: slowKey(peer.id),
      run: () => paced(pair, { callsPerSecond: most * slow.share, ms, ...slow }),
    }));
}

function lineOf(name: string, load: string, planned: number, runs: readonly PacedRun[]): string[] {
  const behind = runs.filter((run) => !keptUp(run, planned)).length;
  return [
    name,
    load,
    show(planned),
    showSpread(spreadOf(runs.map((run) => run.p50Micros))),
    showSpread(spreadOf(runs.map((run) => run.p99Micros))),
    showSpread(spreadOf(runs.map((run) => run.p999Micros))),
    show(median(runs, (run) => run.maxMicros)),
    `${Math.round(median(runs, (run) => run.serverBusy) * 100)} %`,
    behind === 0 ? "" : `fell behind ${behind} of ${runs.length} times`,
  ];
}

function tableOf(running: readonly Running[], results: Results<PacedRun>): Table {
  const vertex = vertexOf(running);
  return {
    title: "Round trips from the planned time, in µs",
    columns: [
      "peer",
      "load",
      "calls/s",
      "p50 (spread)",
      "p99 (spread)",
      "p99.9 (spread)",
      "max",
      "server busy",
      "",
    ],
    lines: [
      ...running.flatMap(({ peer, most }) =>
        shares.map((share) =>
          lineOf(peer.name, `${share * 100} %`, most * share, runsOf(results, keyOf(peer.id, share))),
        ),
      ),
      ...running
        .filter(({ peer }) => results.has(slowKey(peer.id)))
        .map(({ peer }) =>
          lineOf(
            peer.name,
            "70 % of Vertex's, 1 % slow",
            vertex.most * slow.share,
            runsOf(results, slowKey(peer.id)),
          ),
        ),
    ],
  };
}

function chartOf(running: readonly Running[], results: Results<PacedRun>): Chart {
  return {
    id: "latency",
    title: "Open loop: p99 from the planned time, at shares of each peer's maximum",
    unit: "µs",
    logarithmic: true,
    bars: shares.flatMap((share) =>
      running.map(({ peer }) => {
        const {
          median: value,
          least,
          most,
        } = spreadOf(runsOf(results, keyOf(peer.id, share)).map((run) => run.p99Micros));
        return { panel: `${share * 100} %`, label: peer.name, value, least, most };
      }),
    ),
  };
}

function rowsOf(results: Results<PacedRun>, planned: number): Row[] {
  const net = runsOf(results, slowKey("net"));
  const all = ratiosOf(results, slowKey("vertex"), slowKey("net"), (run) => run.p999Micros);
  // A round in which one of the two fell behind compares nothing; where that is most of them, that is the figure.
  const sound = runsOf(results, slowKey("vertex")).map(
    (run, round) => keptUp(run, planned) && keptUp(net[round] as PacedRun, planned),
  );
  const kept = all.filter((_, round) => sound[round]);
  const ratios = kept.length * 2 > all.length ? kept : all;
  const at = (id: string) => show(median(runsOf(results, slowKey(id)), (run) => run.p999Micros));
  return [
    row(
      "latency-slow",
      "open loop at 70 %, 1 % slow handlers of 5 ms: p99.9 of the others against bare net",
      "x",
      ratios,
      atMost(2),
      `${at("vertex")} µs against ${at("net")} µs at the same rate; ${kept.length} of ${all.length} rounds in which both kept up`,
    ),
  ];
}

function lossesOf(running: readonly Running[], results: Results<PacedRun>): string[] {
  return shares.flatMap((share) =>
    running
      .filter(({ peer }) => peer.kind === "peer")
      .flatMap(({ peer }) => {
        const ratio = spreadOf(
          ratiosOf(results, keyOf("vertex", share), keyOf(peer.id, share), (run) => run.p99Micros),
        ).median;
        if (ratio <= 1) return [];
        return [
          `${peer.name}: Vertex's p99 is ${show(ratio)}x as long, each at ${share * 100} % of its own maximum`,
        ];
      }),
  );
}

export async function measureLatency(settings: LatencySettings): Promise<Section> {
  const { ready, skipped } = available(peers.filter(({ id }) => wanted.includes(id)));
  const running: Running[] = [];
  try {
    for (const peer of ready) running.push(await start(peer, settings));
    const said = (text: string) => progress(`latency, ${text}`);
    const atShares = await interleave(settings.rounds, tasksAtShares(running, settings), said);
    const slowRounds = settings.rounds * SLOW_ROUNDS;
    const besideSlow = await interleave(slowRounds, tasksBesideSlow(running, settings), said);
    const results = new Map([...atShares, ...besideSlow]);
    return {
      id: "latency",
      title: "Latency in an open loop",
      about: `Calls are sent at planned times, whether or not earlier ones have been answered, ${settings.ms} ms a run. 100 % is the highest rate that the peer keeps up with in just this way, in most of three tries of ${settings.stepMs} ms: nothing fails, and the last answer comes at most 5 % later than planned; the next step, a quarter more, was too much. The sending process never sleeps, so that it is not late itself; what it could not send while the machine paused it goes 128 at a time, and counts from its planned time like all; where it is late by half a run, the run ends.`,
      tables: [tableOf(running, results)],
      charts: [chartOf(running, results)],
      rows: rowsOf(results, vertexOf(running).most * slow.share),
      losses: lossesOf(running, results),
      skipped,
      versions: versionsOfAll(ready),
      runs: Object.fromEntries(results),
    };
  } finally {
    await Promise.all(running.map(({ pair }) => pair.stop()));
  }
}
