// Load in an open loop: calls have a planned time and are sent whether or not earlier ones have been answered. What a
// call took counts from its planned time, so that a pause is seen by all the calls that should have been sent in it.

import { setImmediate as turn } from "node:timers/promises";
import { type Link, sample } from "../peers/peer.ts";
import { cpuMicros, newHistogram } from "./flood.ts";

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
  /** To the last answer: calls that are sent late make it longer, and so does what is open when the last one is sent. */
  readonly seconds: number;
  readonly cpuMicros: number;
  /** From the planned time, in microseconds. */
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly p999Micros: number;
  readonly maxMicros: number;
  /** Calls open when the last one was sent: far above the others' where the rate was more than the peer can do. */
  readonly backlog: number;
}

/** Calls sent at once, at the most: what is overdue after a pause of the sender waits its turn behind answers that have come. */
const BURST = 128;
/** A sender that is behind its plan by this share of the run stops: it would only get later. */
const HOPELESS = 0.5;

export async function pace(plan: PacePlan, link: Link): Promise<PaceResult> {
  const histogram = newHistogram();
  const slow = { ...sample, holdMs: plan.holdMs };
  const gapMs = 1_000 / plan.callsPerSecond;
  const total = Math.max(1, Math.floor(plan.ms / gapMs));
  let [sent, open, failures] = [0, 0, 0];
  const cpuBefore = cpuMicros();
  const startedAt = performance.now();
  const call = async (number: number): Promise<void> => {
    const isSlow = plan.slowEvery > 0 && number % plan.slowEvery === 0;
    open++;
    try {
      if ((await link.echo(isSlow ? slow : sample)).id !== sample.id) failures++;
    } catch {
      failures++;
    }
    open--;
    if (isSlow) return;
    const tookMs = performance.now() - (startedAt + number * gapMs);
    histogram.recordValue(Math.max(1, Math.round(tookMs * 1_000_000)));
  };
  while (sent < total) {
    const passedMs = performance.now() - startedAt;
    if (passedMs - sent * gapMs > plan.ms * HOPELESS) break;
    const due = Math.min(total, sent + BURST, Math.floor(passedMs / gapMs) + 1);
    while (sent < due) void call(sent++);
    await turn();
  }
  const backlog = open;
  while (open > 0) await turn();
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1_000;
  return {
    calls: sent - failures,
    failures,
    seconds: (performance.now() - startedAt) / 1_000,
    cpuMicros: cpuMicros() - cpuBefore,
    p50Micros: at(50),
    p99Micros: at(99),
    p999Micros: at(99.9),
    maxMicros: histogram.maxValue / 1_000,
    backlog,
  };
}
