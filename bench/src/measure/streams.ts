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

/** What is sent which way. */
export interface Way {
  readonly id: string;
  readonly name: string;
  readonly direction: Passage["direction"];
  /** Payload of a message; 0: samples of 29 bytes. */
  readonly bytes: number;
  /** Readers let go of each message when they take the next. Only Vertex knows that. */
  readonly lent: boolean;
}

const sizes = [
  { id: "small", name: "29-byte messages", bytes: 0, lent: false },
  { id: "large", name: "64 KiB messages", bytes: LARGE, lent: false },
  { id: "lent", name: "64 KiB messages, lent to their reader", bytes: LARGE, lent: true },
] as const;

export const ways: readonly Way[] = sizes.flatMap(({ id, name, bytes, lent }) => [
  { id: `${id}-up`, name: `${name}, client to server`, direction: "up", bytes, lent },
  { id: `${id}-down`, name: `${name}, server to client`, direction: "down", bytes, lent },
]);

/** Whose small calls are looked at beside an upload; that of grpc-js takes a minute where others take a second. */
const besides = ["vertex", "net"];
/** Small calls in flight beside the upload. */
const depths = [1, 64];

/** What small calls are measured beside. */
const loads = [
  { id: "alone", name: "nothing", lent: false },
  { id: "beside", name: "an upload", lent: false },
  { id: "lent", name: "an upload, lent to its reader", lent: true },
] as const;
type LoadId = (typeof loads)[number]["id"];

/** The uploads that a peer can be measured beside. */
const uploadsOf = (id: string) =>
  loads.filter((load) => load.id !== "alone" && (id === "vertex" || !load.lent));

const besideKey = (id: string, depth: number, load: LoadId) => `${id} ${depth} ${load}`;

/** How much the p99 of small calls is moved, round by round. */
const movedBy = (results: Results<BesideResult>, id: string, depth: number, load: LoadId) =>
  ratiosOf(results, besideKey(id, depth, load), besideKey(id, depth, "alone"), (run) => run.p99Micros);

interface StreamRun extends PassResult, Seen {
  readonly perSecond: number;
}

const keyOf = (id: string, way: Way) => `${id} ${way.id}`;

export async function passOnce(
  pair: NodePair,
  { direction, bytes, lent }: Way,
  messages: number,
): Promise<StreamRun> {
  const plan: PassPlan = { direction, bytes, lent, messages, callsAtOnce: 0 };
  const { result, cpu } = await pair.observe<PassResult>("pass", plan);
  return { ...result, ...seen(result, messages, cpu), perSecond: messages / result.seconds };
}

/** How many messages take about `ms`, found by sending some, which also warms up. */
export async function calibrate(pair: NodePair, way: Way, ms: number): Promise<number> {
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
        loads
          .filter(({ lent }) => id === "vertex" || !lent)
          .map((beside) => {
            const messages = beside.id === "alone" ? 0 : Math.ceil(uploadBytes / LARGE);
            const plan: PassPlan = {
              direction: "up",
              bytes: LARGE,
              lent: beside.lent,
              messages,
              callsAtOnce,
            };
            return {
              key: besideKey(id, callsAtOnce, beside.id),
              run: () => load.ask<BesideResult>("passBeside", plan),
            };
          }),
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
    columns: [
      "peer",
      "calls at once",
      "beside",
      "p99 alone, µs",
      "p99 beside, µs (spread)",
      "moved by",
      "upload MB/s",
    ],
    lines: ready
      .filter(({ id }) => besides.includes(id))
      .flatMap(({ id, name }) =>
        depths.flatMap((depth) =>
          uploadsOf(id).map((load) => {
            const alone = runsOf(results, besideKey(id, depth, "alone"));
            const beside = runsOf(results, besideKey(id, depth, load.id));
            return [
              name,
              String(depth),
              load.name,
              show(spreadOf(alone.map((run) => run.p99Micros)).median),
              showSpread(spreadOf(beside.map((run) => run.p99Micros))),
              `${show(spreadOf(movedBy(results, id, depth, load.id)).median)}x`,
              show(spreadOf(beside.map((run) => (run.messages * LARGE) / run.seconds / 1_000_000)).median),
            ];
          }),
        ),
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
    ...depths.flatMap((depth) =>
      uploadsOf("vertex").map((load) =>
        row(
          `streams-${load.id}-${depth}`,
          `${load.name} beside small calls, ${depth} at once: moves their p99 by`,
          "x",
          movedBy(beside, "vertex", depth, load.id),
          atMost(2),
        ),
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
      about: `One stream at a time, as many messages as take about ${settings.ms} ms. The yardstick counts bytes and builds no messages. Messages that are lent to their reader (\`lent(stream)\`) may be read from memory that is used again for the next.`,
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
