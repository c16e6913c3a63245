// The closing summary: what the demo has done, in figures, and which promises held.

import type { Check } from "./checks.ts";
import type { Seat } from "./fleet.ts";
import { Metric } from "./gen/fleet/v1/fleet.ts";
import { type Burst, CONCURRENCY } from "./load.ts";
import type { FleetState } from "./operator.ts";
import { count, findMetric, megabytes } from "./table.ts";
import { addTallies, type TallyCounts } from "./tally.ts";

/** What the summary is made from. */
export interface Results {
  readonly seats: readonly Seat[];
  readonly operator: TallyCounts;
  readonly burst: Burst;
  /** What the collector said last. */
  readonly last: FleetState;
  readonly peakBytes: bigint;
  readonly followed: number;
  readonly seconds: number;
}

/** The figures, a line each. */
export function summaryLines(results: Results): string[] {
  const { seats, operator, burst, last, followed, seconds } = results;
  const { agents } = last;
  const calls = addTallies([operator, burst.tally, ...seats.flatMap(({ stopped }) => stopped?.tally ?? [])]);
  const failed = Object.values(calls.failures).reduce((sum, times) => sum + times, 0);
  const reconnects = seats.map(({ connects }) => connects - 1);
  const perSecond = burst.tally.settled / burst.seconds;
  const ms = (microseconds: number): string => `${(microseconds / 1_000).toFixed(2)} ms`;
  const at = (percentile: number): string => ms(burst.latency.getValueAtPercentile(percentile));
  const total = (field: "kept" | "repeated" | "missing" | "dropped"): string =>
    count(agents.reduce((sum, agent) => sum + agent[field], 0n));
  return [
    line("agents", `${seats.length}`),
    line(
      "calls",
      `${count(calls.started)} made, ${count(calls.settled - failed)} answered, ${failed} failed`,
    ),
    ...Object.entries(calls.failures).map(([kind, times]) => line("", `${times} x ${kind}`)),
    line("reconnects", `${reconnects.reduce((sum, each) => sum + each, 0)} (${reconnects.join(", ")})`),
    line("burst", `${count(Math.round(perSecond))} calls/s, ${CONCURRENCY} at a time`),
    line("messages", `${count(Math.round(2 * perSecond))} messages/s: every call is a request and an answer`),
    line("latency", `p50 ${at(50)}, p99 ${at(99)}, max ${ms(burst.latency.maxValue)} from call to answer`),
    line("readings", `${total("kept")} kept, ${total("missing")} missing, ${total("dropped")} dropped`),
    line(
      "",
      `${total("repeated")} came twice and were kept once; ${count(followed)} seen on the live stream`,
    ),
    line("memory", memoryText(results)),
    line("duration", `${seconds.toFixed(1)} s`),
  ];
}

/** Each promise, and whether it held. */
export function checkLines(checks: readonly Check[]): string[] {
  return checks.map(({ what, held, seen }) =>
    held ? `  ok    ${what}` : `  FAIL  ${what}${seen === "" ? "" : `: ${seen}`}`,
  );
}

function memoryText({ last, peakBytes }: Results): string {
  const resident = last.agents
    .filter(({ agent }) => agent.startsWith("agent-"))
    .flatMap((agent) => findMetric(agent, Metric.METRIC_PROCESS_RESIDENT_BYTES)?.last ?? []);
  const now = Number(last.collector?.residentBytes ?? 0n);
  const agents = `${megabytes(Math.min(...resident))} to ${megabytes(Math.max(...resident))} MB`;
  return `collector ${megabytes(now)} MB, at most ${megabytes(Number(peakBytes))} MB; each agent ${agents} (resident)`;
}

function line(name: string, text: string): string {
  return `  ${name.padEnd(11)} ${text}`;
}
