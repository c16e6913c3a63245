// What an agent measures. A sensor gives one reading each time it is asked; those that measure a rate remember when
// they were asked last. Nothing is made up: what this system does not offer gives no reading.

import { readFile, statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, loadavg, totalmem } from "node:os";
import { Probe, type Reading } from "./gen/fleet/v1/fleet.ts";

type Value = NonNullable<Reading["value"]>;

/** Measures once. `undefined` where there is nothing to measure. */
export type Sensor = () => Promise<Value | undefined>;

const makers: { readonly [probe: number]: () => Sensor } = {
  [Probe.PROBE_CPU]: cpuSensor,
  [Probe.PROBE_MEMORY]: () => memorySensor,
  [Probe.PROBE_LOAD]: () => loadSensor,
  [Probe.PROBE_DISK]: () => diskSensor,
  [Probe.PROBE_NETWORK]: networkSensor,
  [Probe.PROBE_PROCESS]: processSensor,
};

/** A sensor of its own for each probe; those that this version does not know are left out. */
export function makeSensors(probes: readonly Probe[]): Sensor[] {
  return probes.flatMap((probe) => makers[probe]?.() ?? []);
}

/** Share of time that the processors were not idle. */
function cpuSensor(): Sensor {
  let before = cpuTimes();
  return async () => {
    const now = cpuTimes();
    const [busy, total] = [now.busy - before.busy, now.total - before.total];
    // The system counts in ticks of 10 ms: asked again within one, there is nothing new to say.
    if (total <= 0) return undefined;
    before = now;
    return { $case: "cpu", value: { busyPercent: (100 * busy) / total, cores: availableParallelism() } };
  };
}

function cpuTimes(): { busy: number; total: number } {
  let [idle, total] = [0, 0];
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { busy: total - idle, total };
}

const memorySensor: Sensor = async () => {
  const [availableBytes, totalBytes] = [BigInt(freemem()), BigInt(totalmem())];
  return { $case: "memory", value: { availableBytes, totalBytes } };
};

/** Load averages. */
export const loadSensor: Sensor = async () => {
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return { $case: "load", value: { one, five, fifteen } };
};

const diskSensor: Sensor = async () => {
  const path = process.cwd();
  const { bavail, blocks, bsize } = await statfs(path, { bigint: true });
  return { $case: "disk", value: { path, availableBytes: bavail * bsize, totalBytes: blocks * bsize } };
};

/** Bytes through all interfaces, the loopback included. */
function networkSensor(): Sensor {
  let before: { received: number; sent: number; at: number } | undefined;
  return async () => {
    const table = await readFile("/proc/net/dev", "utf8").catch(() => undefined);
    if (table === undefined) return undefined;
    const now = { ...trafficIn(table), at: performance.now() };
    const last = before;
    before = now;
    if (last === undefined) return undefined;
    const seconds = (now.at - last.at) / 1_000;
    return {
      $case: "network",
      value: {
        receivedBytesPerSecond: (now.received - last.received) / seconds,
        sentBytesPerSecond: (now.sent - last.sent) / seconds,
      },
    };
  };
}

/** /proc/net/dev: two lines of head, then `name: received-bytes … (8 columns) sent-bytes …`. */
export function trafficIn(table: string): { received: number; sent: number } {
  let [received, sent] = [0, 0];
  for (const line of table.split("\n").slice(2)) {
    const columns = line
      .slice(line.indexOf(":") + 1)
      .trim()
      .split(/\s+/);
    received += Number(columns[0] ?? 0);
    sent += Number(columns[8] ?? 0);
  }
  return { received, sent };
}

/** This process itself. */
export function processSensor(): Sensor {
  let [cpu, at] = [process.cpuUsage(), performance.now()];
  return async () => {
    const [now, nowAt] = [process.cpuUsage(), performance.now()];
    const usedMs = (now.user - cpu.user + now.system - cpu.system) / 1_000;
    const cpuPercent = nowAt > at ? (100 * usedMs) / (nowAt - at) : 0;
    [cpu, at] = [now, nowAt];
    return { $case: "process", value: { cpuPercent, residentBytes: BigInt(process.memoryUsage.rss()) } };
  };
}
