// Load in an open loop: calls have a planned time and are sent whether or not earlier ones have been answered. What a
// call took counts from its planned time, so that a pause is seen by all the calls that should have been sent in it.

import { setImmediate as turn } from "node:timers/promises";
import { type Link, sample } from "../peers/peer.ts";
import { cpuMicros, newHistogram } from "./flood.ts";
import { Pauses } from "./pauses.ts";

/** How to pace. */
export interface PacePlan {
  readonly callsPerSecond: number;
  readonly ms: number;
  /** Every so many-th call has a slow handler, and is not counted; 0: none. */
  readonly slowEvery: number;
  /** How slow. */
  readonly holdMs: number;
}

/** What came of it. */
export interface PaceResult {
  readonly calls: number;
  readonly failures: number;
  readonly seconds: number;
  readonly cpuMicros: number;
  /** From the planned time, in microseconds. */
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly p999Micros: number;
  readonly maxMicros: number;
  /** The same without the calls in whose time the machine did not run this process. */
  readonly p999RunningMicros: number;
  /** How long it did not run, in milliseconds. */
  readonly pausedMs: number;
  /** Calls open when the last one was sent: far above the others' where the rate was more than the peer can do. */
  readonly backlog: number;
}

export async function pace(plan: PacePlan, link: Link): Promise<PaceResult> {
  const histogram = newHistogram();
  const running = newHistogram();
  const slow = { ...sample, holdMs: plan.holdMs };
  const gapMs = 1_000 / plan.callsPerSecond;
  const total = Math.floor(plan.ms / gapMs);
  let [sent, open, failures] = [0, 0, 0];
  const cpuBefore = cpuMicros();
  const startedAt = performance.now();
  const pauses = new Pauses(startedAt, () => cpuMicros() / 1_000);
  const call = async (number: number): Promise<void> => {
    const isSlow = plan.slowEvery > 0 && number % plan.slowEvery === 0;
    open++;
    try {
      if ((await link.echo(isSlow ? slow : sample)).id !== sample.id) failures++;
    } catch {
      failures++;
    }
    open--;
    const now = performance.now();
    pauses.look(now);
    if (isSlow) return;
    const plannedAt = startedAt + number * gapMs;
    const nanos = Math.max(1, Math.round((now - plannedAt) * 1_000_000));
    histogram.recordValue(nanos);
    if (plannedAt >= pauses.endedAt) running.recordValue(nanos);
  };
  while (sent < total) {
    const now = performance.now();
    pauses.look(now);
    const due = Math.min(total, Math.floor((now - startedAt) / gapMs) + 1);
    while (sent < due) void call(sent++);
    await turn();
  }
  const backlog = open;
  while (open > 0) await turn();
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1_000;
  return {
    calls: total - failures,
    failures,
    seconds: (performance.now() - startedAt) / 1_000,
    cpuMicros: cpuMicros() - cpuBefore,
    p50Micros: at(50),
    p99Micros: at(99),
    p999Micros: at(99.9),
    maxMicros: histogram.maxValue / 1_000,
    p999RunningMicros: running.getValueAtPercentile(99.9) / 1_000,
    pausedMs: pauses.totalMs,
    backlog,
  };
}
