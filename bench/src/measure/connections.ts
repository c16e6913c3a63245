// `bench connections`: one call in flight on each of many connections, and many more that do nothing.

import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { NodePair, type Run } from "../peers/pair.ts";
import { available, type Peer, peers, versionsOfAll } from "../peers/peers.ts";
import { cannotPin } from "../process/cores.ts";
import type { Usage } from "../process/usage.ts";
import { atLeast, atMost, type Row, row } from "../report/row.ts";
import type { Chart, Section } from "../report/section.ts";
import { spreadOf } from "../report/statistics.ts";
import { show, showSpread, type Table } from "../report/table.ts";
import { interleave, progress, type Results, ratiosOf, runsOf } from "../runner.ts";

/** How much is measured. */
export interface ConnectionSettings {
  readonly rounds: number;
  readonly ms: number;
  /** Connections with a call in flight each. */
  readonly busy: number;
  /** Connections that are held with heartbeats alone. */
  readonly idle: number;
  /** For how long, in milliseconds: about whole heartbeats. Connections that were made together have theirs in one second. */
  readonly holdMs: number;
}

const wanted = ["vertex", "net", "ws"];
/** Files that a process has open beside its connections. */
const OTHER_FILES = 100;
/** Before idle connections are looked at: Node collects what so many beginnings have left behind, on all its threads. */
export const SETTLE_MS = 15_000;

const perSecond = (run: Run) => run.callsPerSecond;

interface Crowd {
  readonly failed: number;
  readonly lost: number;
}

async function measureBusy(
  pairs: ReadonlyMap<string, NodePair>,
  { rounds, ms }: ConnectionSettings,
): Promise<Results<Run>> {
  for (const pair of pairs.values()) await pair.spread({ ms, timed: true });
  const tasks = [...pairs].map(([key, pair]) => ({ key, run: () => pair.spread({ ms, timed: true }) }));
  return interleave(rounds, tasks, (text) => progress(`busy connections, ${text}`));
}

/** Connections held, CPU of the server meanwhile as a share of a core, and what went wrong. */
interface Held extends Crowd {
  readonly peer: string;
  readonly held: number;
  readonly share: number;
}

/** Idle connections, held for as long as they are looked at. */
export async function withIdle<T>(
  peer: string,
  count: number,
  settleMs: number,
  look: (pair: NodePair) => Promise<T>,
  nodeFlags: readonly string[] = [],
): Promise<T> {
  progress(`${count} idle connections, ${peer}`);
  const pair = await NodePair.start(peer, "free", { connections: count, nodeFlags });
  try {
    await sleep(settleMs);
    return await look(pair);
  } finally {
    await pair.stop();
  }
}

function hold(peer: string, count: number, holdMs: number): Promise<Held> {
  return withIdle(peer, count, Math.min(SETTLE_MS, holdMs), async (pair) => {
    const before = await pair.server.ask<Usage>("usage", false);
    await sleep(holdMs);
    const after = await pair.server.ask<Usage>("usage", false);
    const share = (after.cpuMicros - before.cpuMicros) / 1_000 / holdMs;
    return { peer, held: await pair.connections(), share, ...(await pair.trouble()) };
  });
}

/** How many connections the open-files limit leaves room for. */
export function affordable(count: number): number {
  const limit = Number(spawnSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).stdout);
  return Number.isFinite(limit) && limit > 0 ? Math.min(count, limit - OTHER_FILES) : count;
}

function busyTable(
  busy: number,
  ready: readonly Peer[],
  results: Results<Run>,
  trouble: ReadonlyMap<string, Crowd>,
): Table {
  const median = (runs: readonly Run[], pick: (run: Run) => number) => show(spreadOf(runs.map(pick)).median);
  return {
    title: `${busy} connections, depth 1 each`,
    columns: [
      "peer",
      "calls/s (spread)",
      "Vertex is",
      "p50 µs",
      "p99 µs",
      "server µs/call",
      "client µs/call",
      "failures",
      "lost",
    ],
    lines: ready.map(({ id, name }) => {
      const runs = runsOf(results, id);
      const { failed, lost } = trouble.get(id) as Crowd;
      return [
        name,
        showSpread(spreadOf(runs.map(perSecond))),
        id === "vertex" ? "" : `${show(spreadOf(ratiosOf(results, "vertex", id, perSecond)).median)}x`,
        median(runs, (run) => run.p50Micros),
        median(runs, (run) => run.p99Micros),
        median(runs, (run) => run.serverMicros),
        median(runs, (run) => run.clientMicros),
        String(runs.reduce((sum, run) => sum + run.failures, 0)),
        String(failed + lost),
      ];
    }),
  };
}

function idleTable(held: readonly Held[], holdMs: number): Table {
  return {
    title: `Idle connections, held for ${holdMs / 1_000} s with the heartbeat that the protocol has by itself`,
    columns: ["peer", "held", "server CPU, share of a core", "failed", "lost"],
    lines: held.map(({ peer, held: count, share, failed, lost }) => [
      peers.find(({ id }) => id === peer)?.name ?? peer,
      String(count),
      `${(share * 100).toFixed(2)} %`,
      String(failed),
      String(lost),
    ]),
  };
}

function rowsOf(
  { busy }: ConnectionSettings,
  results: Results<Run>,
  trouble: Crowd,
  held: readonly Held[],
): Row[] {
  const runs = runsOf(results, "vertex");
  const failures = runs.reduce((sum, run) => sum + run.failures, 0) + trouble.failed + trouble.lost;
  const own = held.find(({ peer }) => peer === "vertex") as Held;
  return [
    row(
      "connections-busy",
      `${busy} connections, depth 1 each`,
      "calls/s",
      runs.map(perSecond),
      atLeast(100_000),
    ),
    row(
      "connections-failures",
      `${busy} connections: failed calls and connections`,
      "",
      [failures],
      atMost(0),
    ),
    row(
      "connections-idle",
      `${own.held} idle connections with heartbeats: server CPU`,
      "% of a core",
      [own.share * 100],
      atMost(2),
      `${own.failed} failed, ${own.lost} lost`,
    ),
    row("connections-held", "idle connections held", "", [own.held], atLeast(10_000)),
  ];
}

function chartOf(busy: number, ready: readonly Peer[], results: Results<Run>): Chart {
  return {
    id: "connections",
    title: `${busy} connections, one call in flight on each`,
    unit: "calls/s",
    bars: ready.map(({ id, name }) => {
      const { median: value, least, most } = spreadOf(runsOf(results, id).map(perSecond));
      return { panel: "", label: name, value, least, most };
    }),
  };
}

export async function measureConnections(settings: ConnectionSettings): Promise<Section> {
  const { busy, holdMs } = settings;
  const { ready, skipped } = available(peers.filter(({ id }) => wanted.includes(id)));
  const pairs = new Map<string, NodePair>();
  const trouble = new Map<string, Crowd>();
  let results: Results<Run>;
  try {
    const placement = cannotPin() === undefined ? "apart" : "free";
    for (const { id } of ready) pairs.set(id, await NodePair.start(id, placement, { connections: busy }));
    results = await measureBusy(pairs, settings);
    for (const [id, pair] of pairs) trouble.set(id, await pair.trouble());
  } finally {
    await Promise.all([...pairs.values()].map((pair) => pair.stop()));
  }
  const idle = affordable(settings.idle);
  const held = [await hold("vertex", idle, holdMs), await hold("net", idle, holdMs)];
  const few = `${idle} idle connections instead of ${settings.idle}: raise the limit of open files (ulimit -n)`;
  const ratio = spreadOf(ratiosOf(results, "vertex", "ws", perSecond)).median;
  return {
    id: "connections",
    title: "Many connections",
    about: `One server process, one client process, ${settings.ms} ms a run.`,
    tables: [busyTable(busy, ready, results, trouble), idleTable(held, holdMs)],
    charts: [chartOf(busy, ready, results)],
    rows: rowsOf(settings, results, trouble.get("vertex") as Crowd, held),
    losses:
      ratio >= 1 ? [] : [`ws + protobuf: Vertex makes ${show(ratio)}x its calls/s over ${busy} connections`],
    skipped: idle < settings.idle ? [...skipped, few] : skipped,
    versions: versionsOfAll(ready),
    runs: { busy: Object.fromEntries(results), held },
  };
}
