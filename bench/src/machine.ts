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
  readonly versions: { readonly [name: string]: string };
}

function versionOf(name: string): string {
  const file = fileURLToPath(new URL(`../node_modules/${name}/package.json`, import.meta.url));
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

export function describeMachine(): Machine {
  const peers = ["@vertex/server", "@vertex/client", "@grpc/grpc-js", "protobufjs"];
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    load: Number((loadavg()[0] as number).toFixed(2)),
    versions: Object.fromEntries(peers.map((name) => [name, versionOf(name)])),
  };
}
