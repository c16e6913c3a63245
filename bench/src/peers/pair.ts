// A peer that runs: a process that serves, a process that calls, and how both are looked at.

import type { FloodPlan, FloodResult } from "../load/flood.ts";
import { Child } from "../process/child.ts";
import { coresOf, type Placement } from "../process/cores.ts";
import type { Usage } from "../process/usage.ts";

/** A run seen from both ends. */
export interface Seen {
  /** What the server used for each call, in microseconds of CPU time. */
  readonly serverMicros: number;
  readonly clientMicros: number;
  /** How busy each end was: 1 is one core. */
  readonly serverBusy: number;
  readonly clientBusy: number;
}

/** A flood seen from both ends. */
export interface Run extends FloodResult, Seen {
  readonly callsPerSecond: number;
}

/** What every load process answers with. */
export interface LoadResult {
  readonly seconds: number;
  readonly cpuMicros: number;
}

/** Server and load of one peer. */
export interface Pair {
  flood(plan: FloodPlan): Promise<Run>;
  stop(): Promise<void>;
}

/** What both ends used, for each of `calls`. */
export function seen({ seconds, cpuMicros }: LoadResult, calls: number, serverCpuMicros: number): Seen {
  const each = Math.max(1, calls);
  return {
    serverMicros: serverCpuMicros / each,
    clientMicros: cpuMicros / each,
    serverBusy: serverCpuMicros / seconds / 1_000_000,
    clientBusy: cpuMicros / seconds / 1_000_000,
  };
}

/** A flood and what the server used for it. */
export function seenRun(result: FloodResult, serverCpuMicros: number): Run {
  const callsPerSecond = result.calls / result.seconds;
  return { ...result, ...seen(result, result.calls, serverCpuMicros), callsPerSecond };
}

/** Which connections to make, and how to start the processes. */
export interface StartPlan {
  readonly connections?: number;
  /** Idle time before a heartbeat, where the protocol has one. Default: the protocol's own. */
  readonly heartbeatMs?: number;
  /** Flags of Node, for both. */
  readonly nodeFlags?: readonly string[];
}

/** A peer written in JavaScript. */
export class NodePair implements Pair {
  readonly server: Child;
  readonly load: Child;
  readonly address: string;

  private constructor(server: Child, load: Child, address: string) {
    this.server = server;
    this.load = load;
    this.address = address;
  }

  /** Both processes, connected. */
  static async start(
    peer: string,
    placement: Placement = "free",
    { connections: count = 1, heartbeatMs, nodeFlags = [] }: StartPlan = {},
  ): Promise<NodePair> {
    const cores = coresOf(placement);
    const server = await Child.start("server", [peer], { core: cores.server, nodeFlags });
    const load = await Child.start("load", [peer], { core: cores.load, nodeFlags });
    const address = await server.ask<string>("listen");
    await load.ask("connect", { address, count, heartbeatMs });
    return new NodePair(server, load, address);
  }

  /** Asks the load process for something, and measures what the server uses for it. */
  async observe<T extends LoadResult>(question: string, plan: unknown): Promise<{ result: T; cpu: number }> {
    const before = await this.server.ask<Usage>("usage", false);
    const result = await this.load.ask<T>(question, plan);
    const after = await this.server.ask<Usage>("usage", false);
    return { result, cpu: after.cpuMicros - before.cpuMicros };
  }

  async flood(plan: FloodPlan): Promise<Run> {
    const { result, cpu } = await this.observe<FloodResult>("flood", plan);
    return seenRun(result, cpu);
  }

  /** One call in flight on each of the load's connections. */
  async spread(plan: Omit<FloodPlan, "depth">): Promise<Run> {
    const { result, cpu } = await this.observe<FloodResult>("spread", plan);
    return seenRun(result, cpu);
  }

  /** Connections that the server holds. */
  connections(): Promise<number> {
    return this.server.ask("connections");
  }

  /** Connections that could not be made, and those that went. */
  trouble(): Promise<{ readonly failed: number; readonly lost: number }> {
    return this.load.ask("trouble");
  }

  async stop(): Promise<void> {
    await Promise.all([this.server.stop(), this.load.stop()]);
  }
}
