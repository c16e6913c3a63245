// Load through streams: how fast messages go one way, and what a large upload does to small calls beside it.

import { type Link, type Passage, sample } from "../peers/peer.ts";
import { cpuMicros, newHistogram } from "./flood.ts";

/** What to send, and beside how many small calls at once. */
export interface PassPlan extends Passage {
  readonly callsAtOnce: number;
}

/** What came through. */
export interface PassResult {
  readonly messages: number;
  readonly seconds: number;
  readonly cpuMicros: number;
}

/** Round trips of small calls. */
export interface BesideResult {
  readonly calls: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  /** What the stream moved meanwhile; 0 without one. */
  readonly messages: number;
  readonly seconds: number;
}

async function pass(passage: Passage, link: Link): Promise<number> {
  if (link.pass === undefined) throw new Error("this peer has no streams");
  const messages = await link.pass(passage);
  if (messages !== passage.messages) throw new Error(`${messages} of ${passage.messages} messages came`);
  return messages;
}

export async function passAll(plan: PassPlan, link: Link): Promise<PassResult> {
  const cpuBefore = cpuMicros();
  const startedAt = performance.now();
  const messages = await pass(plan, link);
  const seconds = (performance.now() - startedAt) / 1_000;
  return { messages, seconds, cpuMicros: cpuMicros() - cpuBefore };
}

/** Makes small calls for as long as the stream takes; with no messages to send, 500 ms. */
export async function passBeside(plan: PassPlan, link: Link): Promise<BesideResult> {
  const histogram = newHistogram();
  let stopped = false;
  const lane = async (): Promise<void> => {
    while (!stopped) {
      const startedAt = performance.now();
      await link.echo(sample);
      histogram.recordValue(Math.round((performance.now() - startedAt) * 1_000_000));
    }
  };
  const startedAt = performance.now();
  const lanes = Array.from({ length: plan.callsAtOnce }, lane);
  if (plan.messages === 0) await new Promise((resolve) => setTimeout(resolve, 500));
  else await pass(plan, link);
  const seconds = (performance.now() - startedAt) / 1_000;
  stopped = true;
  await Promise.all(lanes);
  return {
    calls: histogram.totalCount,
    p50Micros: histogram.getValueAtPercentile(50) / 1_000,
    p99Micros: histogram.getValueAtPercentile(99) / 1_000,
    messages: plan.messages,
    seconds,
  };
}
