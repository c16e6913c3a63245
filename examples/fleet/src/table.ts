// The live table: one row for each agent, from the collector's summary.

import { type AgentSummary, Metric, type MetricSummary } from "./gen/fleet/v1/fleet.ts";
import type { AgentState, FleetState } from "./operator.ts";

interface Column {
  readonly head: string;
  readonly width: number;
  cell(agent: AgentState): string;
}

const columns: readonly Column[] = [
  { head: "agent", width: -10, cell: ({ agent }) => agent },
  { head: "link", width: -5, cell: ({ connected }) => (connected ? "up" : "-") },
  { head: "readings", width: 9, cell: ({ kept }) => count(kept) },
  { head: "cpu %", width: 6, cell: metric(Metric.METRIC_CPU_BUSY_PERCENT, ({ last }) => last.toFixed(1)) },
  { head: "p99", width: 6, cell: metric(Metric.METRIC_CPU_BUSY_PERCENT, ({ p99 }) => p99.toFixed(1)) },
  { head: "mem %", width: 6, cell: metric(Metric.METRIC_MEMORY_USED_PERCENT, ({ last }) => last.toFixed(1)) },
  { head: "load", width: 6, cell: metric(Metric.METRIC_LOAD_ONE_MINUTE, ({ last }) => last.toFixed(2)) },
  { head: "disk %", width: 7, cell: metric(Metric.METRIC_DISK_USED_PERCENT, ({ last }) => last.toFixed(1)) },
  {
    head: "net KB/s",
    width: 9,
    cell: metric(Metric.METRIC_NETWORK_RECEIVED_BYTES_PER_SECOND, ({ last }) => (last / 1e3).toFixed(0)),
  },
  {
    head: "own MB",
    width: 7,
    cell: metric(Metric.METRIC_PROCESS_RESIDENT_BYTES, ({ last }) => megabytes(last)),
  },
  {
    head: "own cpu%",
    width: 9,
    cell: metric(Metric.METRIC_PROCESS_CPU_PERCENT, ({ mean }) => mean.toFixed(1)),
  },
  { head: "rtt ms", width: 7, cell: ({ roundTripMs }) => roundTripMs?.toFixed(2) ?? "-" },
  { head: "back", width: 5, cell: ({ reconnects }) => String(reconnects) },
];

/** The table as lines of text. `waiting`: the collector does not answer, and these are old figures. */
export function tableLines(summary: FleetState, waiting: boolean): string[] {
  const row = (text: (column: Column) => string): string =>
    columns.map((column) => pad(text(column), column.width)).join(" ");
  const { collector } = summary;
  const figures =
    collector === undefined
      ? ""
      : `${megabytes(Number(collector.residentBytes))} MB, ${collector.connections} connections, ` +
        `${count(collector.servedCalls)} calls served, ${count(collector.kept)} readings kept`;
  return [
    row(({ head }) => head),
    ...[...summary.agents].sort(byName).map((agent) => row(({ cell }) => cell(agent))),
    `collector: ${waiting ? "does not answer; it last said: " : ""}${figures}`,
  ];
}

/** Whole number with separators. */
export function count(value: number | bigint): string {
  return value.toLocaleString("en-US");
}

/** Bytes as megabytes. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

/** One metric of an agent; undefined where it does not measure it. */
export function findMetric(agent: AgentSummary, metric: Metric): MetricSummary | undefined {
  return agent.metrics.find((each) => each.metric === metric);
}

function metric(which: Metric, show: (found: MetricSummary) => string): Column["cell"] {
  return (agent) => {
    const found = findMetric(agent, which);
    return found === undefined ? "" : show(found);
  };
}

function byName(a: AgentState, b: AgentState): number {
  return a.agent.localeCompare(b.agent, "en", { numeric: true });
}

function pad(text: string, width: number): string {
  return width < 0 ? text.padEnd(-width) : text.padStart(width);
}
