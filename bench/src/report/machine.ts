// Where and with what a figure was measured.

import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

/** Facts beside the figures. */
export interface Machine {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  /** Average number of busy tasks over the last minute, before the start: above 1, others work here too. */
  readonly load: number;
}

/** Versions by name. */
export type Versions = { readonly [name: string]: string };

/** Versions of npm packages that the benchmark lists. */
export function versionsOf(packages: readonly string[]): Versions {
  const version = (name: string) => {
    const file = fileURLToPath(new URL(`../node_modules/${name}/package.json`, import.meta.url));
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  };
  return Object.fromEntries([...new Set(packages)].map((name) => [name, version(name)]));
}

export function describeMachine(): Machine {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    load: Number((loadavg()[0] as number).toFixed(2)),
  };
}

/** All in one line. */
export function machineText({ node, platform, cpu, cores, memoryGb, load }: Machine): string {
  return `Node ${node}, ${platform}, ${cores} cores (${cpu}), ${memoryGb} GB, load ${load} at the start`;
}

export function versionsText(versions: Versions): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}
