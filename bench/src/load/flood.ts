// Load in a closed loop, the same for every peer: so many calls in flight, each answer sends the next.

import { build, type Histogram } from "hdr-histogram-js";
import { sample } from "../peers/peer.ts";

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

/** A histogram of nanoseconds, up to a minute. */
export function newHistogram(): Histogram {
  return build({ highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: 3 });
}

/** CPU time of this process so far, in microseconds. */
export function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Floods through `call`, which is told which of the calls in flight it is. */
export async function flood(
  { depth, ms, timed }: FloodPlan,
  call: (lane: number) => Promise<{ readonly id: number }>,
): Promise<FloodResult> {
  const histogram = newHistogram();
  let [calls, failures, stopped] = [0, 0, false];
  const lane = async (number: number): Promise<void> => {
    while (!stopped) {
      const startedAt = timed ? performance.now() : 0;
      try {
        if ((await call(number)).id === sample.id) calls++;
        else failures++;
      } catch {
        failures++;
      }
      if (timed) histogram.recordValue(Math.round((performance.now() - startedAt) * 1_000_000));
    }
  };
  const cpuBefore = cpuMicros();
  const startedAt = performance.now();
  setTimeout(() => {
    stopped = true;
  }, ms);
  await Promise.all(Array.from({ length: depth }, (_, number) => lane(number)));
  const micros = (nanos: number) => (timed ? nanos / 1_000 : 0);
  return {
    calls,
    failures,
    seconds: (performance.now() - startedAt) / 1_000,
    cpuMicros: cpuMicros() - cpuBefore,
    meanMicros: micros(histogram.mean),
    p50Micros: micros(histogram.getValueAtPercentile(50)),
    p99Micros: micros(histogram.getValueAtPercentile(99)),
  };
}

/** A number of calls. */
export interface CountPlan {
  readonly depth: number;
  readonly calls: number;
}

/** Makes so many calls, so many in flight; resolves to the failures. */
export async function floodCount(
  { depth, calls }: CountPlan,
  call: () => Promise<{ readonly id: number }>,
): Promise<number> {
  let [left, failures] = [calls, 0];
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left--;
      if ((await call()).id !== sample.id) failures++;
    }
  };
  await Promise.all(Array.from({ length: depth }, lane));
  return failures;
}
