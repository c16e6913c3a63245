// What a process has used so far.

import { readFileSync } from "node:fs";

/** CPU time and memory of a process. */
export interface Usage {
  /** User and system time since its start, in microseconds; its helpers' time is in it. */
  readonly cpuMicros: number;
  /** Of that, what the kernel took, without the helpers'. */
  readonly systemMicros: number;
  readonly rssBytes: number;
  /** What its objects and buffers take, after a collection if one was asked for. */
  readonly stateBytes: number;
  /** Of that, what its objects take. */
  readonly heapBytes: number;
  readonly bufferBytes: number;
}

/** Ticks of Linux's clock in a second, in /proc. */
const TICKS = 100;

/** CPU time of another process, in microseconds, to a hundredth of a second. 0 where there is no /proc. */
export function cpuMicrosOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name in parentheses, which may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1_000_000;
  } catch {
    return 0;
  }
}

/**
 * What this process holds by itself, in bytes: of its RSS the part that is no page of a file, such as Node's program, which
 * the kernel shares between processes. 0 where there is no /proc.
 */
export function anonymousBytes(): number {
  try {
    const kib = /^RssAnon:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return Number(kib ?? 0) * 1_024;
  } catch {
    return 0;
  }
}

/**
 * What this process has used.
 * @param collect collects garbage first.
 */
export function usage(collect: boolean, helpers: readonly number[] = []): Usage {
  if (collect) for (let times = 0; times < 3; times++) globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return {
    cpuMicros: helpers.reduce((sum, pid) => sum + cpuMicrosOf(pid), user + system),
    systemMicros: system,
    rssBytes: rss,
    stateBytes: heapUsed + external,
    heapBytes: heapUsed,
    bufferBytes: arrayBuffers,
  };
}
