// What the collector's worker thread loads: the one command that computes.

import { workerData } from "node:worker_threads";
import { workerHandlers } from "@vertex/server/worker";
import { Collector } from "./gen/fleet/v1/fleet.ts";
import { Summaries } from "./summaries.ts";

/** What the collector gives to its thread. */
export interface SummaryWorkerData {
  /** Path of the journal. */
  readonly journal: string;
}

const summaries = new Summaries((workerData as SummaryWorkerData).journal);

export const collector = workerHandlers(Collector, { summary: ({ agent }) => summaries.of(agent) });
