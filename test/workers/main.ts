// What worker threads cost and what they keep away from the main thread: `pnpm --filter @vertex/test workers
// [-- --seconds N --rounds N --niceness N]`. Server and client are a process each; what is compared is measured in
// turn, round by round. Ends with exit code 1 when a bound is broken.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connect, VertexError } from "@vertex/client";
import { HarmRequest_Kind, Heavy, type HeavyClient, type Work } from "../gen/heavy.ts";
import type { ServerReport } from "./server.ts";

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"),
  options: {
    seconds: { type: "string", default: "30" },
    rounds: { type: "string", default: "5" },
    niceness: { type: "string", default: "10" },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const PROBE_MS = 2_000;
const work = (ms: number): Work => ({ ms, name: "", watch: false, wait: false });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
let broken = 0;

function bound(what: string, value: number, limit: number, unit: string): void {
  const held = value <= limit;
  if (!held) broken++;
  console.log(`  ${held ? "ok  " : "FAIL"} ${what}: ${value.toFixed(2)} ${unit} (bound ${limit} ${unit})`);
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);

class Bench {
  readonly heavy: HeavyClient;
  readonly #child: ChildProcess;
  readonly #client: ReturnType<typeof connect>;

  constructor(child: ChildProcess, address: string) {
    this.#child = child;
    this.#client = connect(address);
    this.heavy = this.#client.use(Heavy);
  }

  static async start(): Promise<Bench> {
    const child = fork(fileURLToPath(new URL("server.ts", import.meta.url)), [values.niceness]);
    return new Bench(child, await new Promise<string>((resolve) => child.once("message", resolve as never)));
  }

  report(): Promise<ServerReport> {
    return new Promise((resolve) => {
      this.#child.once("message", (report) => resolve(report as ServerReport));
      this.#child.send("report");
    });
  }

  async close(): Promise<void> {
    await this.#client.close({ graceMs: 0 });
    this.#child.disconnect();
  }

  /** Calls one after the other for so long, a call each two milliseconds; their times in milliseconds. */
  async probe(ms: number, call: () => Promise<unknown>): Promise<number[]> {
    const times: number[] = [];
    const until = performance.now() + ms;
    while (performance.now() < until) {
      const from = performance.now();
      await call();
      times.push(performance.now() - from);
      await sleep(2);
    }
    return times;
  }

  /** So many callers at once; returns the main thread's busy time for a call, in microseconds. */
  async busyFor(calls: number, call: () => Promise<unknown>): Promise<{ wallUs: number; busyUs: number }> {
    await this.report();
    const from = performance.now();
    let left = calls;
    const caller = async (): Promise<void> => {
      while (left-- > 0) await call();
    };
    await Promise.all(Array.from({ length: 64 }, caller));
    const wallUs = ((performance.now() - from) * 1_000) / calls;
    return { wallUs, busyUs: ((await this.report()).busyMs * 1_000) / calls };
  }
}

const light = (bench: Bench) => () => bench.heavy.light(work(0));
const hop = (bench: Bench) => () => bench.heavy.crunch(work(0));

async function measureHop(bench: Bench): Promise<void> {
  const [near, far, nearBusy, farBusy, rate]: number[][] = [[], [], [], [], []];
  for (let round = 0; round < rounds; round++) {
    near?.push(median(await bench.probe(500, light(bench))));
    far?.push(median(await bench.probe(500, hop(bench))));
    nearBusy?.push((await bench.busyFor(5_000, light(bench))).busyUs);
    const { busyUs, wallUs } = await bench.busyFor(5_000, hop(bench));
    farBusy?.push(busyUs);
    rate?.push(1e6 / wallUs);
  }
  const us = (numbers: number[] | undefined, scale = 1): string => (median(numbers ?? []) * scale).toFixed(0);
  console.log(`the hop, for a handler that does nothing, medians of ${rounds} rounds:`);
  console.log(
    `  one call at a time: ${us(near, 1e3)} us on the main thread, ${us(far, 1e3)} us through a worker`,
  );
  console.log(`  64 at once, main thread busy for a call: ${us(nearBusy)} us and ${us(farBusy)} us`);
  console.log(`  64 at once: ${us(rate)} calls/s through two workers`);
}

/** Keeps both threads busy with calls of that length until the returned function is called. */
function saturate(bench: Bench, ms: number, callers: number): () => Promise<void> {
  let going = true;
  const caller = async (): Promise<void> => {
    while (going) await bench.heavy.crunch(work(ms), { timeoutMs: 60_000 });
  };
  const all = Promise.all(Array.from({ length: callers }, caller));
  return async () => {
    going = false;
    await all;
  };
}

async function measureBeside(bench: Bench): Promise<void> {
  const [idle, beside]: { p50: number; p99: number }[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const calm = await bench.probe(PROBE_MS, light(bench));
    const release = saturate(bench, 20, 8);
    await sleep(100);
    const busy = await bench.probe(PROBE_MS, light(bench));
    await release();
    idle?.push({ p50: quantile(calm, 0.5), p99: quantile(calm, 0.99) });
    beside?.push({ p50: quantile(busy, 0.5), p99: quantile(busy, 0.99) });
  }
  const of = (list: typeof idle, field: "p50" | "p99") => median((list ?? []).map((each) => each[field]));
  const ratio = median((beside ?? []).map(({ p99 }, round) => p99 / (idle?.[round]?.p99 ?? Number.NaN)));
  console.log(
    `light calls beside two workers that compute 20 ms a call, 8 callers, medians of ${rounds} rounds:`,
  );
  console.log(`  idle      p50 ${of(idle, "p50").toFixed(3)} ms   p99 ${of(idle, "p99").toFixed(3)} ms`);
  console.log(`  saturated p50 ${of(beside, "p50").toFixed(3)} ms   p99 ${of(beside, "p99").toFixed(3)} ms`);
  bound("p99 against idle", ratio, 2, "x");
  bound("p99", of(beside, "p99"), 50, "ms");
}

async function measureLoop(bench: Bench): Promise<void> {
  const loops = [1, 2].map(() =>
    bench.heavy.crunch(work(seconds * 1_000), { timeoutMs: Number.POSITIVE_INFINITY }),
  );
  while ((await bench.report()).running < 2) await sleep(5);
  const times = await bench.probe(seconds * 1_000 - 500, light(bench));
  console.log(`light calls beside two loops of ${seconds} s, ${times.length} of them:`);
  bound("p99", quantile(times, 0.99), 20, "ms");
  await Promise.all(loops);
}

async function failure(call: Promise<unknown>): Promise<VertexError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof VertexError) return error;
  }
  throw new Error("the call should have failed");
}

async function measureKill(bench: Bench): Promise<void> {
  const late: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = await bench.report();
    const from = performance.now();
    const error = await failure(bench.heavy.harm({ kind: HarmRequest_Kind.KIND_LOOP }, { timeoutMs: 500 }));
    if (error.code !== "DEADLINE_EXCEEDED" || error.outcome !== "unknown") broken++;
    while ((await bench.report()).killed === before.killed) await sleep(1);
    late.push(performance.now() - from - 500);
    while ((await bench.report()).restarts === before.restarts) await sleep(1);
    await Promise.all([bench.heavy.crunch(work(20)), bench.heavy.crunch(work(20))]);
  }
  console.log(`a handler that loops for ever, ${rounds} times:`);
  bound("killed after its deadline, the latest", Math.max(...late), 250, "ms");
}

async function measureHarm(bench: Bench): Promise<void> {
  console.log("calls beside one that harms its thread:");
  for (const [name, kind] of [
    ["a crash", HarmRequest_Kind.KIND_CRASH],
    ["an exit", HarmRequest_Kind.KIND_EXIT],
    ["running out of memory", HarmRequest_Kind.KIND_MEMORY],
  ] as const) {
    const others = Array.from({ length: 50 }, () => bench.heavy.crunch(work(5), { timeoutMs: 60_000 }));
    const harm = failure(bench.heavy.harm({ kind }, { timeoutMs: 60_000 }));
    others.push(...Array.from({ length: 50 }, () => bench.heavy.crunch(work(5), { timeoutMs: 60_000 })));
    const failed = (await Promise.allSettled(others)).filter(({ status }) => status === "rejected").length;
    const { code, outcome } = await harm;
    bound(`${name} (${code}, ${outcome}): failures among 100 others`, failed, 0, "calls");
  }
}

const bench = await Bench.start();
try {
  await bench.probe(500, hop(bench));
  await measureHop(bench);
  await measureBeside(bench);
  await measureKill(bench);
  await measureHarm(bench);
  await measureLoop(bench);
} finally {
  await bench.close();
}
process.exitCode = broken > 0 ? 1 : 0;
