// `bench memory`: an idle server, its connections, and what a call leaves to the garbage collector.

import { peers } from "../peers/peers.ts";
import { versionsOf } from "../report/machine.ts";
import { atMost, type Row, row } from "../report/row.ts";
import type { Chart, Section } from "../report/section.ts";
import { spreadOf } from "../report/statistics.ts";
import { show, showSpread, type Table } from "../report/table.ts";
import { progress } from "../runner.ts";
import { type Allocation, countAllocation } from "./allocation.ts";
import { type Growth, type GrowthSettings, grow, type Idle, idleNode, MB } from "./growth.ts";

/** How much is measured. */
export interface MemorySettings extends GrowthSettings {
  /** Calls over which allocations are counted. */
  readonly calls: number;
}

const DEPTH = 64;
const servers = ["vertex", "net"] as const;
type Server = (typeof servers)[number];

const nameOf = (id: string) => peers.find((peer) => peer.id === id)?.name ?? id;

interface Measured {
  readonly bare: readonly Idle[];
  readonly growth: { readonly [server in Server]: Growth[] };
  readonly allocation: { readonly [server in Server]: Allocation[] };
}

async function measure(settings: MemorySettings): Promise<Measured> {
  const bare: Idle[] = [];
  const growth = { vertex: [] as Growth[], net: [] as Growth[] };
  for (let round = 1; round <= settings.rounds; round++) {
    progress(`memory, round ${round} of ${settings.rounds}`);
    bare.push(await idleNode(settings.settleMs));
    for (const server of servers) growth[server].push(await grow(server, settings));
  }
  progress("allocations");
  const plan = { depth: DEPTH, calls: settings.calls };
  const vertex = await countAllocation("vertex", plan, settings.rounds);
  const net = await countAllocation("net", plan, settings.rounds);
  return { bare, growth, allocation: { vertex, net } };
}

function processTable({ bare, growth }: Measured, steps: readonly number[]): Table {
  const spread = (values: readonly number[]) => showSpread(spreadOf(values));
  const idle = (processes: readonly Idle[]) => [
    spread(processes.map(({ rssBytes }) => rssBytes / MB)),
    spread(processes.map(({ anonymousBytes }) => anonymousBytes / MB)),
  ];
  return {
    title: `A server process: idle, and for each of up to ${steps.at(-1)} idle connections, after a collection`,
    columns: [
      "server",
      "RSS, MB",
      "anonymous RSS, MB",
      "heap, kB a connection",
      "heap and buffers, kB",
      "RSS, kB",
      "R2",
    ],
    lines: [
      ["a Node process without any code", ...idle(bare), "", "", "", ""],
      ...servers.map((server) => [
        nameOf(server),
        ...idle(growth[server].map((grown) => grown.idle)),
        spread(growth[server].map(({ heap }) => heap.slope)),
        spread(growth[server].map(({ state }) => state.slope)),
        spread(growth[server].map(({ rss }) => rss.slope)),
        show(spreadOf(growth[server].map(({ heap }) => heap.r2)).median),
      ]),
    ],
  };
}

function allocationTable({ allocation }: Measured): Table {
  const spread = (
    counts: readonly Allocation[],
    end: "server" | "client",
    what: "heapBytes" | "bufferBytes",
  ) => showSpread(spreadOf(counts.map((count) => count[end][what])));
  return {
    title: `Bytes that a call leaves to the garbage collector, after the first second, at depth ${DEPTH}`,
    columns: ["peer", "server, heap", "server, buffers", "client, heap", "client, buffers"],
    lines: servers.map((server) => [
      nameOf(server),
      spread(allocation[server], "server", "heapBytes"),
      spread(allocation[server], "server", "bufferBytes"),
      spread(allocation[server], "client", "heapBytes"),
      spread(allocation[server], "client", "bufferBytes"),
    ]),
  };
}

function rowsOf({ bare, growth, allocation }: Measured): Row[] {
  const over = growth.vertex.map(({ heap }, i) => heap.slope - (growth.net[i] as Growth).heap.slope);
  const of = (end: "server" | "client", what: "heapBytes" | "bufferBytes") =>
    allocation.vertex.map((count) => count[end][what]);
  return [
    row(
      "memory-idle",
      "RSS of an idle server process",
      "MB",
      growth.vertex.map(({ idle }) => idle.rssBytes / MB),
      { is: "at most", value: 50 },
      `a Node process without any code: ${show(spreadOf(bare.map(({ rssBytes }) => rssBytes / MB)).median)} MB`,
    ),
    row("memory-connection", "heap of an idle connection above bare net", "kB", over, atMost(1.5)),
    // A buffer now and then, for what the kernel did not take at once, is not one for each message.
    row("memory-buffers-server", "buffers a call, server", "bytes", of("server", "bufferBytes"), atMost(1)),
    row("memory-buffers-client", "buffers a call, client", "bytes", of("client", "bufferBytes"), atMost(1)),
    row("memory-heap-server", "heap growth a call, server", "bytes", of("server", "heapBytes"), null),
    row(
      "memory-heap-client",
      "heap growth a call, client and load together",
      "bytes",
      of("client", "heapBytes"),
      null,
    ),
  ];
}

function chartOf({ growth }: Measured): Chart {
  return {
    id: "memory",
    title: "Heap of an idle connection",
    unit: "kB",
    bars: servers.map((server) => {
      const { median: value, least, most } = spreadOf(growth[server].map(({ heap }) => heap.slope));
      return { panel: "", label: nameOf(server), value, least, most };
    }),
  };
}

export async function measureMemory(settings: MemorySettings): Promise<Section> {
  const measured = await measure(settings);
  return {
    id: "memory",
    title: "Memory",
    about: `A server process of its own each round; what a connection takes is the slope of a line through ${settings.steps.join(", ")} connections.`,
    tables: [processTable(measured, settings.steps), allocationTable(measured)],
    charts: [chartOf(measured)],
    rows: rowsOf(measured),
    losses: [],
    skipped: [],
    versions: versionsOf(["@vertex/server", "@vertex/client"]),
    runs: measured,
  };
}
