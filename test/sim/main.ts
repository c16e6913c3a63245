// `pnpm sim`: runs simulated worlds and says how they went. A failing one ends with the command that repeats it.
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { HeapWatch } from "./heap.ts";
import { failureText, type Run, replayCommand, successText } from "./report.ts";
import { type Scenario, scenarioNamed, scenarios } from "./scenario.ts";
import { World } from "./world.ts";

const usage = `usage: pnpm sim [options]

  --scenario NAME   only this one: ${scenarios.map(({ name }) => name).join(", ")}
                    (default: with one seed each of them but day, with more seeds one for each seed, in turn)
  --seed N          the first seed (default 1)
  --seeds K         how many seeds (default 1); every 25th runs twice and must take the same course
  --seconds S       begin no further run after so long (default: run all of them)
  --minutes M       virtual minutes of each run (default: the scenario's own)
  --whole-heap      in long runs, judge all of the heap and not only what programs made. Node's optimiser stays off then,
                    since its machine code grows for days: such a run takes some four times as long
  --verbose         print what befell each world
`;

/** Failing runs after which it stops. */
const ENOUGH = 5;
const TWICE_EVERY = 25;
/** How much more heap there may be at the end of a long run than after its first hour. */
const HEAP_GROWTH = 0.02;
/** Calls live for 20 s at most, and the model forgets them 4 minutes later. */
const LULL_MS = 300_000;

interface Asked {
  readonly scenario: Scenario | undefined;
  readonly seed: number;
  readonly seeds: number;
  readonly minutes: number | undefined;
  readonly seconds: number;
  readonly wholeHeap: boolean;
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
      seconds: { type: "string" },
      "whole-heap": { type: "boolean", default: false },
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
    seconds: values.seconds === undefined ? Number.POSITIVE_INFINITY : whole("--seconds", values.seconds),
    wholeHeap: values["whole-heap"],
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
async function perform(run: Run, { verbose, wholeHeap }: Asked): Promise<string | null> {
  const startedAt = performance.now();
  const world = new World(run.scenario, run.seed);
  const long = run.minutes > 60;
  const heap = new HeapWatch(run.minutes, wholeHeap);
  world.model.forgetful = long;
  // Thousands of calls fail as planned: what they carry of their stack costs more than it tells.
  Error.stackTraceLimit = long ? 0 : 3;
  try {
    await world.run(run.minutes * 60_000, (minute) => long && heap.look(minute, () => world.lull(LULL_MS)));
    await world.settle();
  } catch (error) {
    for (const line of failureText(error, world, run)) print(line);
    return null;
  }
  for (const line of successText(run, performance.now() - startedAt, world.report)) print(line);
  if (long) print(`      ${heap.text}`);
  const flat = heap.growth <= HEAP_GROWTH;
  if (!flat)
    print(`FAIL  the heap has grown\nreplay with: ${replayCommand(run)}${wholeHeap ? " --whole-heap" : ""}`);
  if (verbose) for (const line of world.model.tail) print(`  ${line}`);
  return flat ? world.report.hash : null;
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
  const asked = readArguments();
  if (asked === null) return print(usage);
  if (asked.wholeHeap) setFlagsFromString("--no-opt");
  let current: Run | null = null;
  watchRejections(() => current);
  const startedAt = performance.now();
  const runs = runsOf(asked);
  let failed = 0;
  let done = 0;
  for (const [index, run] of runs.entries()) {
    if (performance.now() - startedAt > asked.seconds * 1_000) break;
    done++;
    current = run;
    const hash = await perform(run, asked);
    const again = hash !== null && asked.seeds > 1 && index % TWICE_EVERY === 0;
    const repeated = again ? await perform(run, { ...asked, verbose: false }) : hash;
    if (hash !== repeated) print(`FAIL  the same seed took another course: ${hash}, then ${repeated}`);
    if (hash === null || hash !== repeated) failed++;
    if (failed === ENOUGH) break;
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  print(`${done} runs, ${failed} failed, ${seconds} s`);
  process.exit(failed > 0 ? 1 : 0);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exit(2);
});
