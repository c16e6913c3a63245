// What the collector knows of one agent.

import { VertexError } from "@vertex/server";
import type { AgentSummary, Reading, ReportReply, ReportRequest } from "./gen/fleet/v1/fleet.ts";
import { Sequences } from "./sequences.ts";

/** Readings of one agent that `recent` can go back to. */
const MAX_RECENT = 256;

/** What a record counts: an `AgentSummary` without its metrics. */
export type RecordSummary = Omit<AgentSummary, "metrics">;

/** One agent, over all its connections. */
export class AgentRecord {
  readonly name: string;
  reconnects = 0;
  #run = 0n;
  #sequences = new Sequences();
  #repeated = 0n;
  #dropped = 0n;
  readonly #recent: Reading[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /**
   * Takes what is new of a report and calls `kept` with each new reading.
   * @throws VertexError (FAILED_PRECONDITION) for a report of a run that a later one has followed.
   */
  take({ run, readings, dropped }: ReportRequest, kept: (reading: Reading) => void): ReportReply {
    if (run < this.#run) {
      throw new VertexError("FAILED_PRECONDITION", `${this.name} has been started again since this run`);
    }
    if (run > this.#run) this.#startRun(run);
    this.#dropped = dropped;
    let count = 0;
    for (const reading of readings) {
      if (!this.#sequences.add(reading.sequence)) continue;
      count++;
      this.#keep(reading);
      kept(reading);
    }
    const repeated = readings.length - count;
    this.#repeated += BigInt(repeated);
    return { kept: count, repeated };
  }

  /** The latest readings, oldest first. */
  recent(limit: number): Reading[] {
    return limit === 0 ? [] : this.#recent.slice(-limit);
  }

  counts(): RecordSummary {
    return {
      agent: this.name,
      kept: this.#sequences.kept,
      missing: this.#sequences.missing,
      repeated: this.#repeated,
      dropped: this.#dropped,
    };
  }

  #startRun(run: bigint): void {
    this.#run = run;
    this.#sequences = new Sequences();
    this.#repeated = 0n;
    this.reconnects = 0;
  }

  #keep(reading: Reading): void {
    this.#recent.push(reading);
    if (this.#recent.length > 2 * MAX_RECENT) this.#recent.splice(0, MAX_RECENT);
  }
}
