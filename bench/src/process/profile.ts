// Where a process spends its time, by V8's sampling profiler. Loaded when it is asked for: see profiling.ts.

import { existsSync, readFileSync } from "node:fs";
import { type Profiler, Session } from "node:inspector";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

/** Microseconds between two samples. */
const INTERVAL = 500;

/** A function, or what V8 has instead of one, and its own time: what it called is not in it. */
export interface Spent {
  readonly name: string;
  /** Whose it is, for people. */
  readonly place: string;
  readonly micros: number;
}

type Frame = Profiler.ProfileNode["callFrame"];

/** All that runs outside of JavaScript: V8 sees no further. */
export const NATIVE = "the kernel and Node's native code";

/** Whose code a frame is, by its name and the address of its file, which is the source's where that is known. */
export function placeOf(name: string, url: string): string {
  if (name === "(garbage collector)") return "garbage collection";
  if (url === "") return NATIVE;
  if (url.startsWith("node:")) return "Node's JavaScript";
  const own = /\/packages\/([^/]+)\/(?:dist|src)\//.exec(url)?.[1];
  if (own !== undefined) return `packages/${own}`;
  return /\/gen\/[^/]+$/.test(url) ? "generated code" : "the benchmark";
}

/**
 * The time of each function, most first. Waiting is left out, and so is the profiler's own start.
 * @param sourceOf the address of a frame's source.
 */
export function spentOf(
  { nodes, samples = [], timeDeltas = [] }: Profiler.Profile,
  sourceOf: (frame: Frame) => string = ({ url }) => url,
): Spent[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const spent = new Map<string, { name: string; place: string; micros: number }>();
  samples.forEach((id, i) => {
    const frame = frames.get(id) as Frame;
    const { functionName, scriptId, url, lineNumber, columnNumber } = frame;
    if (functionName === "(idle)" || (functionName === "dispatch" && url === "")) return;
    const key = `${functionName} ${scriptId} ${lineNumber} ${columnNumber}`;
    const micros = Math.max(0, timeDeltas[i] ?? 0);
    const known = spent.get(key);
    if (known !== undefined) known.micros += micros;
    else {
      const place = placeOf(functionName, sourceOf(frame));
      spent.set(key, { name: functionName === "" ? "(anonymous)" : functionName, place, micros });
    }
  });
  return [...spent.values()].sort((one, other) => other.micros - one.micros);
}

/** Nanoseconds that this thread ran and that it waited for a core; none where the kernel does not say. */
function scheduled(): readonly [ran: number, waited: number] {
  try {
    const [ran = 1, waited = 0] = readFileSync("/proc/thread-self/schedstat", "utf8").split(" ").map(Number);
    return [ran, waited];
  } catch {
    return [1, 0];
  }
}

/** Finds the source of a frame in the map beside its file: esbuild puts many sources into one file. */
function sourceFinder(): (frame: Frame) => string {
  const maps = new Map<string, SourceMap | undefined>();
  const mapOf = (url: string) => {
    if (!maps.has(url)) {
      const file = url.startsWith("file:") ? `${fileURLToPath(url)}.map` : "";
      maps.set(url, existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, "utf8"))) : undefined);
    }
    return maps.get(url);
  };
  return ({ url, lineNumber, columnNumber }) => {
    const found = mapOf(url)?.findEntry(lineNumber, columnNumber);
    return found !== undefined && "originalSource" in found ? found.originalSource : url;
  };
}

const session = new Session();
const post = <T>(method: string, params: object = {}) =>
  new Promise<T>((resolve, reject) => {
    session.post(method, params, (error, result) => (error === null ? resolve(result as T) : reject(error)));
  });
let before = scheduled();

export async function start(): Promise<void> {
  session.connect();
  await post("Profiler.enable");
  await post("Profiler.setSamplingInterval", { interval: INTERVAL });
  await post("Profiler.start");
  before = scheduled();
}

/** What was spent since `start`, in CPU time: samples go by the clock, which goes on while others have the core. */
export async function stop(): Promise<Spent[]> {
  const now = scheduled();
  const [ran, waited] = [now[0] - before[0], now[1] - before[1]];
  const { profile } = await post<Profiler.StopReturnType>("Profiler.stop");
  session.disconnect();
  const share = ran + waited > 0 ? ran / (ran + waited) : 1;
  return spentOf(profile, sourceFinder()).map((each) => ({ ...each, micros: each.micros * share }));
}
