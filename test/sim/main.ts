// `pnpm sim`: runs simulated worlds and says how they went. A failing one ends with the command that repeats it.
import { parseArgs } from "node:util";
import { getHeapSpaceStatistics } from "node:v8";
import { failureText, type Run, replayCommand, successText } from "./report.ts";
import { type Scenario, scenarioNamed, scenarios } from "./scenario.ts";
import { World } from "./world.ts";

const usage = `usage: pnpm sim [options]

  --scenario NAME   only this one: ${scenarios.map(({ name }) => name).join(", ")}
                    (default: with one seed each of them but day, with more seeds one for each seed, in turn)
  --seed N          the first seed (default 1)
  --seeds K         how many seeds (default 1); every 25th runs twice and must take the same course
  --minutes M       virtual minutes of each run (default: the scenario's own)
  --verbose         print what befell each world
`;

/** Failing runs after which it stops. */
const ENOUGH = 5;
const TWICE_EVERY = 25;
/** How much more heap may be in use at the end than behind the warm-up, in which Node's own tables fill. */
const HEAP_GROWTH = 0.02;
const WARM_UP_HOURS = 3;
/** What Node's weak lists and hash tables come and go by. A leak of 1 byte in every call would be 1 MB. */
const NOISE_BYTES = 300_000;

interface Asked {
  readonly scenario: Scenario | undefined;
  readonly seed: number;
  readonly seeds: number;
  readonly minutes: number | undefined;
  readonly verbose: boolean;
}

function readArguments(): Asked | null {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((arg) => arg !== "--"),
    options: {
      scenario: { type: "string" },
      seed: { type: "string", default: "1" },
      seeds: { type: "string", default: "1" },
      minutes: { type: "string" },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  return {
    scenario: values.scenario === undefined ? undefined : scenarioNamed(values.scenario),
    seed: whole("--seed", values.seed),
    seeds: whole("--seeds", values.seeds),
    minutes: values.minutes === undefined ? undefined : whole("--minutes", values.minutes),
    verbose: values.verbose,
  };
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new Error(`${name} must be a whole number, not "${text}"`);
}

/** The runs that were asked for. */
function runsOf({ scenario, seed: first, seeds, minutes }: Asked): Run[] {
  const mix = scenarios.filter(({ name }) => name !== "day");
  const runs: Run[] = [];
  for (let seed = first; seed < first + seeds; seed++) {
    const turn = mix[seed % mix.length] as Scenario;
    const chosen = scenario !== undefined ? [scenario] : seeds === 1 ? mix : [turn];
    for (const one of chosen) runs.push({ scenario: one, seed, minutes: minutes ?? one.minutes });
  }
  return runs;
}

/** Runs one world to its end. Returns the hash of its course; null when it failed. */
async function perform(run: Run, verbose: boolean): Promise<string | null> {
  const startedAt = performance.now();
  const world = new World(run.scenario, run.seed);
  const heap: number[] = [];
  const long = run.minutes > 60;
  world.model.forgetful = long;
  try {
    await world.run(run.minutes * 60_000, (minute) => long && noteHeap(heap, minute));
    await world.settle();
  } catch (error) {
    for (const line of failureText(error, world, run)) print(line);
    return null;
  }
  for (const line of successText(run, performance.now() - startedAt, world.report)) print(line);
  const flat = heapIsFlat(heap);
  if (!flat) print(`FAIL  the heap has grown\nreplay with: ${replayCommand(run)}`);
  if (verbose) for (const line of world.model.tail) print(`  ${line}`);
  return flat ? world.report.hash : null;
}

/** The heap in use, hour by hour: no more in the last three hours than in the three behind the warm-up. */
function heapIsFlat(heap: readonly number[]): boolean {
  if (heap.length < WARM_UP_HOURS + 6) return true;
  print(
    `      objects in MB, least of every hour: ${heap.map((bytes) => (bytes / 1e6).toFixed(2)).join(" ")}`,
  );
  const before = median(heap.slice(WARM_UP_HOURS, WARM_UP_HOURS + 3));
  const grown = median(heap.slice(-3)) - before;
  print(`      ${(grown / 1e6).toFixed(2)} MB more at the end than behind the warm-up`);
  return grown <= before * HEAP_GROWTH + NOISE_BYTES;
}

function median(three: readonly number[]): number {
  return [...three].sort((a, b) => a - b)[1] as number;
}

/** Keeps the least of what is in use in each hour: tables that double and halve come and go. */
function noteHeap(heap: number[], minute: number): void {
  const hour = Math.ceil(minute / 60) - 1;
  heap[hour] = Math.min(heap[hour] ?? Number.POSITIVE_INFINITY, liveObjects());
}

/** Bytes of objects in use after a collection, machine code left out: it grows for as long as Node finds hot spots. */
function liveObjects(): number {
  globalThis.gc?.();
  const spaces = getHeapSpaceStatistics().filter((space) => !space.space_name.includes("code"));
  return spaces.reduce((sum, space) => sum + space.space_used_size, 0);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function watchRejections(running: () => Run | null): void {
  process.on("unhandledRejection", (reason) => {
    print(`FAIL  unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}`);
    const run = running();
    if (run !== null) print(`replay with: ${replayCommand(run)}`);
    process.exit(1);
  });
}

async function main(): Promise<void> {
  // Thousands of calls fail as planned: what they carry of their stack costs more than it tells.
  Error.stackTraceLimit = 3;
  const asked = readArguments();
  if (asked === null) return print(usage);
  let current: Run | null = null;
  watchRejections(() => current);
  const startedAt = performance.now();
  const runs = runsOf(asked);
  let failed = 0;
  for (const [index, run] of runs.entries()) {
    current = run;
    const hash = await perform(run, asked.verbose);
    const again = hash !== null && asked.seeds > 1 && index % TWICE_EVERY === 0;
    const repeated = again ? await perform(run, false) : hash;
    if (hash !== repeated) print(`FAIL  the same seed took another course: ${hash}, then ${repeated}`);
    if (hash === null || hash !== repeated) failed++;
    if (failed === ENOUGH) break;
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  print(`${runs.length} runs, ${failed} failed, ${seconds} s`);
  process.exit(failed > 0 ? 1 : 0);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exit(2);
});
