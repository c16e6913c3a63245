// A burst of load: one more agent that reports each reading by itself, as fast as the collector keeps it. Latency is
// measured here, on the caller's side, from the call to the answer.

import { connect } from "@vertex/client";
import { build, type Histogram } from "hdr-histogram-js";
import { Collector } from "./gen/fleet/v1/fleet.ts";
import { clientOptions } from "./link-options.ts";
import { loadSensor, processSensor } from "./probes.ts";
import { Tally, type TallyCounts } from "./tally.ts";
import { timestampNow } from "./timestamp.ts";

/** Name of the agent that the burst is. */
export const BURST = "burst";
/** Calls under way at once. */
export const CONCURRENCY = 16;
/** One reading in so many is of the process, which takes longer to measure than the load average. */
const PROCESS_READING_EVERY = 100;

/** How a burst went. */
export interface Burst {
  readonly seconds: number;
  readonly tally: TallyCounts;
  /** In microseconds. */
  readonly latency: Histogram;
  readonly taken: bigint;
}

/** Reports for so long. */
export async function runBurst(address: string, seconds: number): Promise<Burst> {
  const tally = new Tally();
  await using client = connect(address, {
    ...clientOptions,
    name: BURST,
    interceptors: [tally.interceptor],
  });
  const collector = client.use(Collector);
  await client.ready();
  const latency = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
  const run = BigInt(Date.now());
  const process = processSensor();
  let taken = 0n;
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1_000;

  const reportOn = async (): Promise<void> => {
    while (performance.now() < endAt) {
      const sequence = ++taken;
      const value = await (sequence % BigInt(PROCESS_READING_EVERY) === 1n ? process() : loadSensor());
      const readings = [{ sequence, takenAt: timestampNow(), value }];
      const calledAt = performance.now();
      await collector.report({ run, readings, dropped: 0n }).then(
        () => latency.recordValue(Math.round((performance.now() - calledAt) * 1_000)),
        () => {},
      );
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, reportOn));
  return { seconds: (performance.now() - startedAt) / 1_000, tally: tally.counts, latency, taken };
}
