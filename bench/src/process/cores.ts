// Which cores the two ends of a peer run on.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** "free": wherever the kernel puts them; "apart": a core each; "together": both on one core. */
export type Placement = "free" | "apart" | "together";

/** The cores of both ends; undefined stands for all. */
export interface Cores {
  readonly server: number | undefined;
  readonly load: number | undefined;
}

/** "0-2,5" as numbers. */
export function parseCores(list: string): number[] {
  return list
    .trim()
    .split(",")
    .flatMap((range) => {
      const [from, to = from] = range.split("-").map(Number) as [number, number?];
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}

function allowed(): number[] {
  try {
    const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return list === undefined ? [] : parseCores(list);
  } catch {
    return [];
  }
}

const canPin = spawnSync("taskset", ["--version"], { stdio: "ignore" }).status === 0;

/** Why processes cannot be pinned here; undefined when they can. */
export function cannotPin(): string | undefined {
  if (!canPin) return "pinned runs skipped: install `taskset` (Debian: util-linux)";
  return allowed().length < 2 ? "pinned runs skipped: there is one core" : undefined;
}

export function coresOf(placement: Placement): Cores {
  const [server, other] = allowed();
  if (placement === "free") return { server: undefined, load: undefined };
  return { server, load: placement === "apart" ? other : server };
}
