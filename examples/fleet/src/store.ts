// Everything the collector keeps: a record for each agent, in memory and in the journal.

import { VertexError } from "@vertex/server";
import { AgentRecord } from "./agent-record.ts";
import type { Feed } from "./feed.ts";
import type { Reading, ReportReply, ReportRequest } from "./gen/fleet/v1/fleet.ts";
import { Journal } from "./journal.ts";

/** Names come from outside: without a bound, whoever connects could fill the memory with them. */
const MAX_AGENTS = 1_000;

/** A reading and who took it. */
export interface NamedReading {
  readonly agent: string;
  readonly reading: Reading;
}

/** The readings of a fleet. */
export class Store {
  /** Readings kept in all. */
  kept = 0n;
  /** Readings that were in the journal at the start. */
  readonly replayed: bigint;
  readonly #records = new Map<string, AgentRecord>();
  readonly #journal: Journal;
  readonly #feed: Feed<NamedReading>;

  constructor(journalPath: string, feed: Feed<NamedReading>) {
    this.#journal = Journal.open(journalPath, ({ agent, report }) => {
      if (report !== undefined) this.#take(this.record(agent), report, () => {});
    });
    this.replayed = this.kept;
    this.#feed = feed;
  }

  /**
   * Keeps what is new of a report, in the journal first. What a report may hold, the schema says: nothing else gets here.
   * @throws VertexError for an agent that cannot be one.
   */
  report(agent: string, report: ReportRequest): ReportReply {
    const record = this.record(agent);
    this.#journal.append({ agent, report });
    return this.#take(record, report, (reading) => this.#feed.publish({ agent, reading }));
  }

  /**
   * The record of an agent, made when it is first heard of.
   * @throws VertexError for a name that is none, or one too many.
   */
  record(agent: string): AgentRecord {
    const known = this.#records.get(agent);
    if (known !== undefined) return known;
    if (agent === "" || agent.length > 100) {
      throw new VertexError("INVALID_ARGUMENT", "an agent gives itself a name: connect(url, { name })");
    }
    if (this.#records.size >= MAX_AGENTS) {
      throw new VertexError("RESOURCE_EXHAUSTED", `this collector keeps ${MAX_AGENTS} agents`);
    }
    const record = new AgentRecord(agent);
    this.#records.set(agent, record);
    return record;
  }

  /** The records asked for: of one agent, or of all where `agent` is empty. */
  records(agent: string): AgentRecord[] {
    if (agent === "") return [...this.#records.values()];
    const record = this.#records.get(agent);
    if (record === undefined) throw new VertexError("NOT_FOUND", `nothing is known of an agent ${agent}`);
    return [record];
  }

  close(): void {
    this.#journal.close();
  }

  #take(record: AgentRecord, report: ReportRequest, kept: (reading: Reading) => void): ReportReply {
    const reply = record.take(report, kept);
    this.kept += BigInt(reply.kept);
    return reply;
  }
}
