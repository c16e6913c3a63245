// What the journal says of each agent. Kept up by reading on where the last reading of it stopped; what costs is to
// decode what came since, and to sort the windows.

import { VertexError } from "@vertex/server/worker";
import { AgentRecord } from "./agent-record.ts";
import type { AgentSummary, JournalEntry, Metric, Reading, SummaryReply } from "./gen/fleet/v1/fleet.ts";
import { JournalReader } from "./journal.ts";
import { metricsOf } from "./metrics.ts";
import { Window } from "./window.ts";

/** The metrics of one agent. */
class AgentMetrics {
  readonly #windows = new Map<Metric, Window>();

  add(reading: Reading): void {
    for (const [metric, value] of metricsOf(reading)) {
      let window = this.#windows.get(metric);
      if (window === undefined) {
        window = new Window();
        this.#windows.set(metric, window);
      }
      window.add(value);
    }
  }

  summaries(): AgentSummary["metrics"] {
    return [...this.#windows].map(([metric, window]) => ({ metric, ...window.aggregate() }));
  }
}

/** The summaries of a fleet. */
export class Summaries {
  readonly #journal: JournalReader;
  readonly #agents = new Map<string, { readonly record: AgentRecord; readonly metrics: AgentMetrics }>();

  constructor(journalPath: string) {
    this.#journal = new JournalReader(journalPath);
  }

  /**
   * The summary of one agent, or of all where the name is empty, as of now.
   * @throws VertexError (NOT_FOUND) for an agent that the journal does not know.
   */
  of(name: string): SummaryReply {
    this.#journal.read((entry) => this.#take(entry));
    if (name !== "" && !this.#agents.has(name)) {
      throw new VertexError("NOT_FOUND", `nothing is known of an agent ${name}`);
    }
    const asked = [...this.#agents.values()].filter(({ record }) => name === "" || record.name === name);
    const agents = asked.map(({ record, metrics }) => ({ ...record.counts(), metrics: metrics.summaries() }));
    return { agents };
  }

  close(): void {
    this.#journal.close();
  }

  #take({ agent, report }: JournalEntry): void {
    if (report === undefined) return;
    let known = this.#agents.get(agent);
    if (known === undefined) {
      known = { record: new AgentRecord(agent), metrics: new AgentMetrics() };
      this.#agents.set(agent, known);
    }
    const { record, metrics } = known;
    try {
      record.take(report, (reading) => metrics.add(reading));
    } catch {
      // A report that its agent was refused: it stands in the journal, because that comes first.
    }
  }
}
