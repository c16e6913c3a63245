// The fleet of the demo: one collector, several agents, and what they have told so far.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, Children, type Exit } from "./children.ts";
import type { FleetEvent } from "./events.ts";
import type { TallyCounts } from "./tally.ts";

/** An agent as the demo sees it. */
export interface Seat {
  readonly name: string;
  readonly child: Child;
  connected: boolean;
  /** Connections made. */
  connects: number;
  /** Why the connection was lost, each time. */
  readonly losses: { readonly reason: string; readonly at: number }[];
  /** Readings that waited when the connection came back, the last time. */
  backlog: number;
  stopped: { readonly tally: TallyCounts; readonly unsent: number } | null;
}

/** What agents differ in: how often they measure, and what. All measure their own process. */
const rota: readonly (readonly [intervalMs: number, probes: string])[] = [
  [100, "cpu,memory,network,process"],
  [150, "cpu,load,process"],
  [200, "memory,disk,process"],
  [250, "cpu,memory,load,disk,network,process"],
];

/** A collector and its agents. */
export class Fleet {
  readonly children: Children = new Children();
  readonly seats: Seat[] = [];
  /** Where the collector listens: a free port that the first one was given, and that later ones take again. */
  address = "tcp://127.0.0.1:0";
  collector: Child | undefined;
  /** Readings that the collector found in the journal. */
  replayed = 0;
  /** What the collector said of its shutdown. */
  goodbye: { readonly text: string; readonly cancelled: number } | null = null;
  readonly #journal: string;

  /** @param folder for the journal. */
  constructor(folder: string) {
    this.#journal = join(folder, "fleet.journal");
  }

  /** Starts a collector, the first one or the next. Resolves with false when it does not listen in time. */
  async startCollector(): Promise<boolean> {
    let listening = false;
    const args = ["--listen", this.address, "--journal", this.#journal];
    const collector = this.children.start("collector", "collector", args, (event) => {
      if (event.event === "listening") {
        listening = true;
        this.address = event.address;
        this.replayed = event.replayed;
      }
      if (event.event === "shut-down") this.goodbye = event;
    });
    this.collector = collector;
    await this.until(() => listening || collector.exit !== null, 10_000);
    return listening;
  }

  /** Starts one more agent. */
  startAgent(): void {
    const [intervalMs, probes] = rota[this.seats.length % rota.length] as (typeof rota)[number];
    const name = `agent-${this.seats.length + 1}`;
    const args = ["--collector", this.address, "--name", name];
    args.push("--interval", String(intervalMs), "--probes", probes);
    const child = this.children.start("agent", name, args, (event) => {
      this.#heard(seat, event);
    });
    const seat: Seat = {
      name,
      child,
      connected: false,
      connects: 0,
      losses: [],
      backlog: 0,
      stopped: null,
    };
    this.seats.push(seat);
  }

  /** What the children that ended without being asked to have said last. */
  get accidents(): string[] {
    return [this.collector, ...this.seats.map(({ child }) => child)].flatMap((child) =>
      child === undefined || child.exit === null ? [] : [`${child.name} has ended:`, ...child.complaints],
    );
  }

  /** Waits until `condition` holds. False when it does not within the time. */
  async until(condition: () => boolean, withinMs: number): Promise<boolean> {
    const giveUpAt = performance.now() + withinMs;
    while (!condition()) {
      if (performance.now() > giveUpAt) return false;
      await sleep(10);
    }
    return true;
  }

  /** Asks the agents to stop and waits for them. */
  async stopAgents(): Promise<Exit[]> {
    for (const { child } of this.seats) child.signal("SIGTERM");
    return Promise.all(this.seats.map(({ child }) => child.exited));
  }

  #heard(seat: Seat, event: FleetEvent): void {
    if (event.event === "connected") {
      seat.connected = true;
      seat.connects++;
      seat.backlog = event.backlog;
    } else if (event.event === "disconnected") {
      seat.connected = false;
      seat.losses.push({ reason: event.reason, at: performance.now() });
    } else if (event.event === "stopped") {
      seat.stopped = event;
    }
  }
}
