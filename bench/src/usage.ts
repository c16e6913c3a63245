// What a process has used so far, in its own words.

/** CPU time and memory of a process. */
export interface Usage {
  /** User and system time since its start, in microseconds. */
  readonly cpuMicros: number;
  readonly rssBytes: number;
  /** What its objects and buffers take, after a collection if one was asked for. */
  readonly stateBytes: number;
}

/** @param collect collects garbage first. */
export function usage(collect: boolean): Usage {
  if (collect) for (let times = 0; times < 3; times++) globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { cpuMicros: user + system, rssBytes: rss, stateBytes: heapUsed + external };
}
