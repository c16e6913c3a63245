#!/usr/bin/env node
// The collector: a server for the commands of schema/fleet/v1/fleet.proto. Start it with
//
//   node dist/collector.js --listen tcp://127.0.0.1:7400 --journal fleet.journal

import { type CallContext, type Connection, createServer, type Server, VertexError } from "@vertex/server";
import { readArguments, runProgram } from "./arguments.ts";
import { endWithParent, say } from "./events.ts";
import { Feed } from "./feed.ts";
import {
  Agent,
  Collector,
  type CollectorHandlers,
  type CollectorStatus,
  type RecentReading,
  type RecentRequest,
  type StatusReply,
} from "./gen/fleet/v1/fleet.ts";
import { sessionOptions } from "./link-options.ts";
import { type NamedReading, Store } from "./store.ts";
import type { SummaryWorkerData } from "./summary-worker.ts";
import { timestampNow } from "./timestamp.ts";

const usage = `usage: collector [options]

  --listen ADDRESS   tcp://host:port or unix:/path (default tcp://127.0.0.1:7400; port 0 takes a free one)
  --journal FILE     where readings are kept (default fleet.journal)
  --help             print this
`;

/** The collector's side of the contract. */
class FleetCollector implements Omit<CollectorHandlers, "summary"> {
  readonly #server: Server;
  readonly #store: Store;
  readonly #feed: Feed<NamedReading>;
  readonly #startedAt = timestampNow();
  #notes = 0n;

  constructor(server: Server, store: Store, feed: Feed<NamedReading>) {
    this.#server = server;
    this.#store = store;
    this.#feed = feed;
  }

  report: CollectorHandlers["report"] = (request, { peer }) => this.#store.report(peer.name, request);

  note: CollectorHandlers["note"] = ({ note }, { peer }) => {
    this.#notes++;
    if (note?.$case === "reconnected") this.#store.record(peer.name).reconnects = note.value.times;
  };

  status: CollectorHandlers["status"] = (): StatusReply => {
    const agents = this.#store.records("").map(({ name: agent, reconnects }) => {
      const connection = this.#connectionOf(agent);
      const measured = connection !== undefined && connection.roundTripMs >= 0;
      return {
        agent,
        reconnects,
        connected: connection !== undefined,
        roundTripMs: measured ? connection.roundTripMs : undefined,
      };
    });
    return { agents, collector: this.#status() };
  };

  async *recent(
    { agent, limit, follow }: RecentRequest,
    context: CallContext,
  ): AsyncGenerator<RecentReading> {
    for (const record of this.#store.records(agent)) {
      for (const reading of record.recent(limit)) yield { agent: record.name, reading, skipped: 0n };
    }
    if (!follow) return;
    for await (const { item, skipped } of this.#feed.follow(context.signal)) {
      if (agent === "" || item.agent === agent) yield { ...item, skipped: BigInt(skipped) };
    }
  }

  /**
   * A call inside a call, the other way: from here to the agent, on the connection that the agent made. Its parent
   * gives it the time that is left, and takes it along when the operator gives up.
   */
  configure: CollectorHandlers["configure"] = async ({ agent, settings }, context) => {
    const connection = this.#connectionOf(agent);
    if (connection === undefined) throw new VertexError("NOT_FOUND", `no agent ${agent} is connected`);
    return connection.use(Agent).configure(settings, { parent: context });
  };

  /** The latest connection under that name. An old one may still be on its way out. */
  #connectionOf(name: string): Connection | undefined {
    return [...this.#server.connections].reverse().find((each) => each.open && each.name === name);
  }

  #status(): CollectorStatus {
    const { connections, servedCalls } = this.#server.stats();
    return {
      startedAt: this.#startedAt,
      residentBytes: BigInt(process.memoryUsage.rss()),
      kept: this.#store.kept,
      replayed: this.#store.replayed,
      connections,
      servedCalls: BigInt(servedCalls),
      notes: this.#notes,
    };
  }
}

async function main(): Promise<void> {
  const values = readArguments(usage, ["listen", "journal"]);
  const feed = new Feed<NamedReading>();
  const journal = values.journal ?? "fleet.journal";
  const store = new Store(journal, feed);
  const server = createServer({ name: "collector", session: sessionOptions });
  server.handle(Collector, new FleetCollector(server, store, feed));
  // One thread: it remembers what it has read of the journal.
  server.workers(new URL("./summary-worker.js", import.meta.url), {
    threads: 1,
    data: { journal } satisfies SummaryWorkerData,
  });
  const address = await server.listen(values.listen ?? "tcp://127.0.0.1:7400");

  // Who follows the feed would go on for ever: it ends well before the shutdown, instead of being cut off by it.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => feed.end());
  server.shutdownOnSignals({ graceMs: 3_000 }, ({ text, cancelled }) => {
    store.close();
    say({ event: "shut-down", text, cancelled });
  });
  // Agents that report all the time are never idle, so no heartbeat measures them.
  setInterval(() => {
    for (const connection of server.connections) connection.ping().catch(() => {});
  }, 1_000).unref();

  endWithParent();
  say({ event: "listening", address, replayed: Number(store.replayed) });
}

await runProgram(usage, main);
