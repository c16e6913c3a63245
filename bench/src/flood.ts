// Load in a closed loop, the same for every protocol: so many calls in flight, each answer sends the next.

import { build } from "hdr-histogram-js";

/** What a flood came to. */
export interface FloodResult {
  readonly calls: number;
  readonly failures: number;
  readonly seconds: number;
  /** CPU time of the calling process, in microseconds. */
  readonly cpuMicros: number;
  /** Round trips in microseconds; 0 when they were not timed. */
  readonly meanMicros: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
}

/** How to flood. */
export interface FloodPlan {
  /** Calls in flight. */
  readonly depth: number;
  readonly ms: number;
  /** Times every call, which costs about 0.1 µs a call. */
  readonly timed: boolean;
}

/** Floods through `call`, which is told which of the calls in flight it is and resolves to whether all was well. */
export async function flood(
  { depth, ms, timed }: FloodPlan,
  call: (lane: number) => Promise<boolean>,
): Promise<FloodResult> {
  const histogram = build({ highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: 3 });
  let [calls, failures, stopped] = [0, 0, false];
  const lane = async (number: number): Promise<void> => {
    while (!stopped) {
      const startedAt = timed ? performance.now() : 0;
      const good = await call(number).catch(() => false);
      if (timed) histogram.recordValue(Math.round((performance.now() - startedAt) * 1_000_000));
      if (good) calls++;
      else failures++;
    }
  };
  const { user, system } = process.cpuUsage();
  const startedAt = performance.now();
  setTimeout(() => {
    stopped = true;
  }, ms);
  await Promise.all(Array.from({ length: depth }, (_, number) => lane(number)));
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = process.cpuUsage();
  const micros = (nanos: number) => (timed ? nanos / 1_000 : 0);
  return {
    calls,
    failures,
    seconds,
    cpuMicros: cpu.user + cpu.system - user - system,
    meanMicros: micros(histogram.mean),
    p50Micros: micros(histogram.getValueAtPercentile(50)),
    p99Micros: micros(histogram.getValueAtPercentile(99)),
  };
}

/** The message that travels: 31 bytes encoded. */
export const sample = { id: 4_711, source: "eu-1/rack-7", delta: -5, value: 36.6, urgent: true };
