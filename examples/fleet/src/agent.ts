#!/usr/bin/env node
// An agent: measures, reports, and takes settings from its collector. Start it with
//
//   node dist/agent.js --collector tcp://127.0.0.1:7400 --name kitchen --interval 1000 --probes cpu,memory

import { connect } from "@vertex/client";
import { readArguments, refuse, runProgram, wholeNumber } from "./arguments.ts";
import { endWithParent, say } from "./events.ts";
import {
  Agent,
  type AgentStatus,
  Collector,
  type CollectorClient,
  Probe,
  type Settings,
} from "./gen/fleet/v1/fleet.ts";
import { clientOptions } from "./link-options.ts";
import { makeSensors, type Sensor } from "./probes.ts";
import { Reporter } from "./reporter.ts";
import { Tally } from "./tally.ts";

const probeNames: ReadonlyMap<string, Probe> = new Map([
  ["cpu", Probe.PROBE_CPU],
  ["memory", Probe.PROBE_MEMORY],
  ["load", Probe.PROBE_LOAD],
  ["disk", Probe.PROBE_DISK],
  ["network", Probe.PROBE_NETWORK],
  ["process", Probe.PROBE_PROCESS],
]);
const allProbes = [...probeNames.keys()].join(",");

const usage = `usage: agent [options]

  --collector ADDRESS   where to report (default tcp://127.0.0.1:7400)
  --name NAME           what the collector calls this agent (default agent-PID)
  --interval MS         time between two measurements (default 1000)
  --probes LIST         of ${allProbes} (default all)
  --help                print this
`;

/** Time for the last report of an agent that is asked to stop, in milliseconds. */
const LAST_REPORT_MS = 2_000;

/** Measures at an interval and reports what it has measured. */
class Sampler {
  readonly #reporter: Reporter;
  #settings: Settings = { intervalMs: 0, probes: [] };
  #sensors: Sensor[] = [];
  #timer: NodeJS.Timeout | undefined;
  #measuring: Promise<void> | null = null;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** Goes on with these settings. What was measured before has been reported when the status comes. */
  async configure({ intervalMs, probes }: Settings): Promise<AgentStatus> {
    clearInterval(this.#timer);
    if (probes.length > 0) this.#sensors = makeSensors(probes);
    this.#settings = { intervalMs, probes: probes.length > 0 ? probes : this.#settings.probes };
    await this.#measuring;
    await this.#reporter.flush();
    clearInterval(this.#timer);
    if (intervalMs > 0) this.#timer = setInterval(() => this.#tick(), intervalMs);
    return { settings: this.#settings, ...this.#reporter.counts };
  }

  #tick(): void {
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = null;
    });
  }

  async #measure(): Promise<void> {
    for (const sensor of this.#sensors) {
      const value = await sensor();
      if (value !== undefined) this.#reporter.add(value);
    }
    void this.#reporter.flush();
  }
}

/** Says when the connection is lost, and tells the collector when it is back. */
function watchConnection(collector: () => CollectorClient, reporter: () => Reporter) {
  let times = -1;
  let lostAt: number | null = performance.now();
  return {
    onConnect: (): void => {
      const afterMs = lostAt === null ? 0 : performance.now() - lostAt;
      lostAt = null;
      times++;
      const { backlog } = reporter();
      say({ event: "connected", afterMs, backlog });
      const note =
        times === 0
          ? { $case: "started" as const, value: {} }
          : { $case: "reconnected" as const, value: { times, afterMs, backlog } };
      collector()
        .note({ note })
        .catch(() => {});
    },
    onDisconnect: ({ reason, message }: { reason: string; message: string }): void => {
      // Every try that fails is told too: only the first one is news.
      if (lostAt !== null) return;
      lostAt = performance.now();
      say({ event: "disconnected", reason, message });
    },
  };
}

function readSettings(): { address: string; name: string; settings: Settings } {
  const values = readArguments(usage, ["collector", "name", "interval", "probes"]);
  const probes = (values.probes ?? allProbes)
    .split(",")
    .map((name) => probeNames.get(name) ?? refuse(usage, `there is no probe "${name}"`));
  return {
    address: values.collector ?? "tcp://127.0.0.1:7400",
    name: values.name ?? `agent-${process.pid}`,
    settings: { intervalMs: wholeNumber(usage, "interval", values.interval, [1_000, 10, 3_600_000]), probes },
  };
}

async function main(): Promise<void> {
  const { address, name, settings } = readSettings();
  const tally = new Tally();
  const client = connect(address, {
    ...clientOptions,
    name,
    interceptors: [tally.interceptor],
    ...watchConnection(
      () => collector,
      () => reporter,
    ),
  });
  const collector = client.use(Collector);
  const reporter = new Reporter(collector);
  const sampler = new Sampler(reporter);
  client.handle(Agent, { configure: (request) => sampler.configure(request) });

  const stop = async (): Promise<void> => {
    await Promise.race([
      sampler.configure({ intervalMs: 0, probes: [] }),
      new Promise((resolve) => setTimeout(resolve, LAST_REPORT_MS)),
    ]);
    await client.close();
    say({ event: "stopped", tally: tally.counts, unsent: reporter.backlog });
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  endWithParent();
  await sampler.configure(settings);
}

await runProgram(usage, main);
