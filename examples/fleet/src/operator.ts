// The demo's own connection to the collector: asks for summaries, follows one agent's readings, gives settings.

import { type Client, connect, VertexError } from "@vertex/client";
import {
  type AgentLink,
  type AgentSummary,
  Collector,
  type CollectorClient,
  type CollectorStatus,
} from "./gen/fleet/v1/fleet.ts";
import { clientOptions } from "./link-options.ts";
import { Tally } from "./tally.ts";

/** What the journal and the connections say of an agent. */
export type AgentState = AgentSummary & AgentLink;

/** What the collector says of its fleet and of itself. */
export interface FleetState {
  readonly agents: readonly AgentState[];
  readonly collector: CollectorStatus | undefined;
}

/** What an operator tells. */
export interface OperatorEvents {
  /** A new summary, or the old one because there is no new one yet. */
  refreshed(): void;
  /** The stream of readings was cut off with its connection. It is opened again. */
  cut(error: VertexError): void;
}

/** Time between two questions, in milliseconds. */
const REFRESH_MS = 250;

/** Somebody at a console. */
export class Operator {
  readonly tally: Tally = new Tally();
  readonly collector: CollectorClient;
  readonly client: Client;
  /** What the collector said last. */
  latest: FleetState | null = null;
  /** Readings that came through the stream. */
  followed = 0;
  /** Most memory that the collector has said to hold, in bytes. */
  peakBytes = 0n;
  readonly #events: OperatorEvents;
  readonly #timer: NodeJS.Timeout;
  #asking: Promise<void> | null = null;
  #askedAt = 0;
  #closed = false;

  constructor(address: string, events: OperatorEvents) {
    this.#events = events;
    this.client = connect(address, {
      ...clientOptions,
      name: "operator",
      interceptors: [this.tally.interceptor],
    });
    this.collector = this.client.use(Collector);
    this.#timer = setInterval(() => this.#refresh(), REFRESH_MS);
  }

  /** The collector has been asked and takes its time. */
  get waiting(): boolean {
    return this.#asking !== null && performance.now() - this.#askedAt > REFRESH_MS / 2;
  }

  /**
   * Follows the readings of an agent until the stream ends well. One that is lost with its connection is opened again:
   * only the application knows whether a stream can start anew, so the client does not do that by itself.
   * @throws VertexError when the collector refuses.
   */
  async follow(agent: string): Promise<void> {
    const forEver = { timeoutMs: Number.POSITIVE_INFINITY };
    while (!this.#closed) {
      try {
        const readings = this.collector.recent({ agent, limit: 0, follow: true }, forEver);
        for await (const { reading } of readings) if (reading !== undefined) this.followed++;
        return;
      } catch (error) {
        if (this.#closed) return;
        if (!(error instanceof VertexError && error.family === "link")) throw error;
        this.#events.cut(error);
      }
    }
  }

  /** Asks now. */
  async ask(): Promise<FleetState> {
    const [{ agents: summaries }, { agents: links, collector }] = await Promise.all([
      this.collector.summary({ agent: "" }),
      this.collector.status({}),
    ]);
    const byName = new Map(links.map((link) => [link.agent, link]));
    const unknown = { connected: false, roundTripMs: undefined, reconnects: 0 };
    const agents = summaries.map((each) => ({ ...unknown, ...byName.get(each.agent), ...each }));
    const reply = { agents, collector };
    this.latest = reply;
    const bytes = collector?.residentBytes ?? 0n;
    if (bytes > this.peakBytes) this.peakBytes = bytes;
    return reply;
  }

  /** Asks no more by itself. */
  async rest(): Promise<void> {
    clearInterval(this.#timer);
    await this.#asking;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.client.close();
  }

  /**
   * Asks, unless the last answer is still to come. Summaries have no side effects: one that a lost connection
   * swallowed is asked for again by the client itself.
   */
  #refresh(): void {
    if (this.#asking === null) {
      this.#askedAt = performance.now();
      const settled = (): void => {
        this.#asking = null;
      };
      this.#asking = this.ask().then(settled, settled);
    }
    this.#events.refreshed();
  }
}
