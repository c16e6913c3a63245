// `bench streams`: messages one way through one stream, and small calls beside a large upload.

import type { BesideResult, PassPlan, PassResult } from "../load/pass.ts";
import { NodePair, type Seen, seen } from "../peers/pair.ts";
import type { Passage } from "../peers/peer.ts";
import { available, type Peer, peers, versionsOfAll } from "../peers/peers.ts";
import { cannotPin } from "../process/cores.ts";
import { atLeast, atMost, type Row, row } from "../report/row.ts";
import type { Chart, Section } from "../report/section.ts";
import { spreadOf } from "../report/statistics.ts";
import { show, showSpread, type Table } from "../report/table.ts";
import { interleave, progress, type Results, ratiosOf, runsOf } from "../runner.ts";

/** How much is measured. */
export interface StreamSettings {
  readonly rounds: number;
  readonly ms: number;
  /** What is uploaded beside small calls. */
  readonly uploadBytes: number;
}

const wanted = ["vertex", "net", "grpc-js"];
const LARGE = 65_536;

interface Way {
  readonly id: string;
  readonly name: string;
  readonly direction: Passage["direction"];
  /** Payload of a message; 0: samples of 29 bytes. */
  readonly bytes: number;
}

const ways: readonly Way[] = [
  { id: "small-up", name: "29-byte messages, client to server", direction: "up", bytes: 0 },
  { id: "small-down", name: "29-byte messages, server to client", direction: "down", bytes: 0 },
  { id: "large-up", name: "64 KiB messages, client to server", direction: "up", bytes: LARGE },
  { id: "large-down", name: "64 KiB messages, server to client", direction: "down", bytes: LARGE },
];

/** Whose small calls are looked at beside an upload; that of grpc-js takes a minute where others take a second. */
const besides = ["vertex", "net"];
/** Small calls in flight beside the upload. */
const depths = [1, 64];

interface StreamRun extends PassResult, Seen {
  readonly perSecond: number;
}

const keyOf = (id: string, way: Way) => `${id} ${way.id}`;

async function passOnce(pair: NodePair, { direction, bytes }: Way, messages: number): Promise<StreamRun> {
  const plan: PassPlan = { direction, bytes, messages, callsAtOnce: 0 };
  const { result, cpu } = await pair.observe<PassResult>("pass", plan);
  return { ...result, ...seen(result, messages, cpu), perSecond: messages / result.seconds };
}

/** How many messages take about `ms`, found by sending some, which also warms up. */
async function calibrate(pair: NodePair, way: Way, ms: number): Promise<number> {
  let messages = way.bytes === 0 ? 2_000 : 50;
  for (;;) {
    const { seconds, perSecond } = await passOnce(pair, way, messages);
    if (seconds * 1_000 >= ms / 4) return Math.ceil((perSecond * ms) / 1_000);
    messages *= 4;
  }
}

async function measureWays(
  pairs: ReadonlyMap<string, NodePair>,
  { rounds, ms }: StreamSettings,
): Promise<Results<StreamRun>> {
  const tasks: { key: string; run: () => Promise<StreamRun> }[] = [];
  for (const way of ways) {
    for (const [id, pair] of pairs) {
      const messages = await calibrate(pair, way, ms);
      tasks.push({ key: keyOf(id, way), run: () => passOnce(pair, way, messages) });
    }
  }
  return interleave(rounds, tasks, (text) => progress(`streams, ${text}`));
}

/** Small calls without and with the upload, each round one of each. */
function measureBeside(
  pairs: ReadonlyMap<string, NodePair>,
  { rounds, uploadBytes }: StreamSettings,
): Promise<Results<BesideResult>> {
  const tasks = [...pairs]
    .filter(([id]) => besides.includes(id))
    .flatMap(([id, { load }]) =>
      depths.flatMap((callsAtOnce) =>
        [0, Math.ceil(uploadBytes / LARGE)].map((messages) => ({
          key: `${id} ${callsAtOnce} ${messages === 0 ? "alone" : "beside"}`,
          run: () =>
            load.ask<BesideResult>("passBeside", { direction: "up", bytes: LARGE, messages, callsAtOnce }),
        })),
      ),
    );
  return interleave(rounds, tasks, (text) => progress(`small calls beside an upload, ${text}`));
}

/** Messages a second, or megabytes. */
const rateOf =
  ({ bytes }: Way) =>
  ({ perSecond }: StreamRun) =>
    bytes === 0 ? perSecond : (perSecond * bytes) / 1_000_000;

const unitOf = ({ bytes }: Way) => (bytes === 0 ? "messages/s" : "MB/s");

function wayTable(way: Way, ready: readonly Peer[], results: Results<StreamRun>): Table {
  return {
    title: way.name,
    columns: ["peer", `${unitOf(way)} (spread)`, "Vertex is", "server µs/message", "client µs/message"],
    lines: ready.map(({ id, name }) => {
      const runs = runsOf(results, keyOf(id, way));
      const ratio = ratiosOf(results, keyOf("vertex", way), keyOf(id, way), rateOf(way));
      return [
        name,
        showSpread(spreadOf(runs.map(rateOf(way)))),
        id === "vertex" ? "" : `${show(spreadOf(ratio).median)}x`,
        show(spreadOf(runs.map((run) => run.serverMicros)).median),
        show(spreadOf(runs.map((run) => run.clientMicros)).median),
      ];
    }),
  };
}

function besideTable(ready: readonly Peer[], results: Results<BesideResult>, uploadBytes: number): Table {
  return {
    title: `Small calls beside an upload of ${uploadBytes / 1_000_000} MB on the same connection`,
    columns: ["peer", "calls at once", "p99 alone, µs", "p99 beside, µs (spread)", "moved by", "upload MB/s"],
    lines: ready
      .filter(({ id }) => besides.includes(id))
      .flatMap(({ id, name }) =>
        depths.map((depth) => {
          const [alone, beside] = [
            runsOf(results, `${id} ${depth} alone`),
            runsOf(results, `${id} ${depth} beside`),
          ];
          const moved = ratiosOf(
            results,
            `${id} ${depth} beside`,
            `${id} ${depth} alone`,
            (run) => run.p99Micros,
          );
          return [
            name,
            String(depth),
            show(spreadOf(alone.map((run) => run.p99Micros)).median),
            showSpread(spreadOf(beside.map((run) => run.p99Micros))),
            `${show(spreadOf(moved).median)}x`,
            show(spreadOf(beside.map((run) => (run.messages * LARGE) / run.seconds / 1_000_000)).median),
          ];
        }),
      ),
  };
}

function rowsOf(results: Results<StreamRun>, beside: Results<BesideResult>): Row[] {
  const small = ways.filter(({ bytes }) => bytes === 0);
  const large = ways.filter(({ bytes }) => bytes > 0);
  return [
    ...small.map((way) =>
      row(
        `streams-${way.id}`,
        `stream of ${way.name}`,
        "messages/s",
        runsOf(results, keyOf("vertex", way)).map(rateOf(way)),
        atLeast(1_000_000),
      ),
    ),
    ...large.map((way) =>
      row(
        `streams-${way.id}`,
        `stream of ${way.name}: against bare net`,
        "x",
        ratiosOf(results, keyOf("vertex", way), keyOf("net", way), rateOf(way)),
        atLeast(0.8),
      ),
    ),
    ...depths.map((depth) =>
      row(
        `streams-beside-${depth}`,
        `an upload beside small calls, ${depth} at once: moves their p99 by`,
        "x",
        ratiosOf(beside, `vertex ${depth} beside`, `vertex ${depth} alone`, (run) => run.p99Micros),
        atMost(2),
      ),
    ),
  ];
}

function chartOf(ready: readonly Peer[], results: Results<StreamRun>): Chart {
  return {
    id: "streams",
    title: "One stream, one way",
    unit: "messages/s, or MB/s of 64 KiB messages",
    logarithmic: true,
    bars: ways.flatMap((way) =>
      ready.map(({ id, name }) => {
        const { median: value, least, most } = spreadOf(runsOf(results, keyOf(id, way)).map(rateOf(way)));
        return { panel: `${way.name}, ${unitOf(way)}`, label: name, value, least, most };
      }),
    ),
  };
}

function lossesOf(ready: readonly Peer[], results: Results<StreamRun>): string[] {
  return ways.flatMap((way) =>
    ready
      .filter(({ kind }) => kind === "peer")
      .flatMap(({ id, name }) => {
        const ratio = spreadOf(ratiosOf(results, keyOf("vertex", way), keyOf(id, way), rateOf(way))).median;
        return ratio >= 1 ? [] : [`${name}: Vertex moves ${show(ratio)}x its ${way.name}`];
      }),
  );
}

export async function measureStreams(settings: StreamSettings): Promise<Section> {
  const { ready, skipped } = available(peers.filter(({ id }) => wanted.includes(id)));
  const pairs = new Map<string, NodePair>();
  try {
    const placement = cannotPin() === undefined ? "apart" : "free";
    for (const { id } of ready) pairs.set(id, await NodePair.start(id, placement));
    const results = await measureWays(pairs, settings);
    const beside = await measureBeside(pairs, settings);
    return {
      id: "streams",
      title: "Streams",
      about: `One stream at a time, as many messages as take about ${settings.ms} ms. The yardstick counts bytes and builds no messages.`,
      tables: [
        ...ways.map((way) => wayTable(way, ready, results)),
        besideTable(ready, beside, settings.uploadBytes),
      ],
      charts: [chartOf(ready, results)],
      rows: rowsOf(results, beside),
      losses: lossesOf(ready, results),
      skipped,
      versions: versionsOfAll(ready),
      runs: { streams: Object.fromEntries(results), beside: Object.fromEntries(beside) },
    };
  } finally {
    await Promise.all([...pairs.values()].map((pair) => pair.stop()));
  }
}
