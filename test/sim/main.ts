// `pnpm sim`: runs simulated worlds and says how they went. A failing one ends with the command that repeats it.
import { parseArgs } from "node:util";
import { Violation } from "./model.ts";
import { type Scenario, scenarioNamed, scenarios } from "./scenario.ts";
import { World, type WorldReport } from "./world.ts";

const usage = `usage: pnpm sim [options]

  --scenario NAME   only this one: ${scenarios.map(({ name }) => name).join(", ")} (default: all but day)
  --seed N          the first seed (default 1)
  --seeds K         how many seeds, each in every scenario (default 1)
  --minutes M       virtual minutes of each run (default: the scenario's own)
  --verbose         print what befell each world
`;

interface Asked {
  readonly chosen: readonly Scenario[];
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
  const all = scenarios.filter(({ name }) => name !== "day");
  return {
    chosen: values.scenario === undefined ? all : [scenarioNamed(values.scenario)],
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

async function runOne(scenario: Scenario, seed: number, minutes: number, verbose: boolean): Promise<boolean> {
  const startedAt = performance.now();
  const world = new World(scenario, seed);
  const heap: number[] = [];
  try {
    await world.run(minutes * 60_000, () => heap.push(liveHeap()));
    await world.settle();
  } catch (error) {
    printFailure(error, world, scenario, seed, minutes);
    return false;
  }
  if (heap.length > 1) {
    heap.push(liveHeap());
    print(`  heap in MB, hour by hour: ${heap.map((bytes) => (bytes / 1e6).toFixed(2)).join(" ")}`);
  }
  printReport(scenario, seed, minutes, performance.now() - startedAt, world.report);
  if (verbose) for (const line of world.model.tail) print(`  ${line}`);
  return true;
}

function printReport(
  { name }: Scenario,
  seed: number,
  minutes: number,
  ms: number,
  report: WorldReport,
): void {
  const { hash, events, calls, succeeded, failed, repeats, dismissals } = report;
  print(
    `ok    ${name} seed ${seed}: ${minutes} min in ${(ms / 1_000).toFixed(2)} s, ${events} events, ${calls} calls ` +
      `(${succeeded} well, ${repeats} repeats), trace ${hash}`,
  );
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .sort()
      .map(([what, count]) => `${what} ${count}`)
      .join(", ");
  print(`      ended badly: ${list(failed)}; connections: ${list(dismissals)}`);
}

function printFailure(error: unknown, world: World, { name }: Scenario, seed: number, minutes: number): void {
  print(`FAIL  ${name} seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
  if (!(error instanceof Violation)) print(`  ${(error as Error).stack}`);
  for (const line of world.model.tail.slice(-15)) print(`  ${line}`);
  if (error instanceof Violation && error.record !== undefined) {
    print(`  the call: ${JSON.stringify(error.record.plan)}`);
    for (const line of error.record.story.slice(-20)) print(`  ${line}`);
  }
  print(`replay with: pnpm sim --scenario ${name} --seed ${seed} --minutes ${minutes}`);
}

/** Bytes of the heap that are in use after a collection; needs --expose-gc. */
function liveHeap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  // Thousands of calls fail as planned: what they carry of their stack costs more than it tells.
  Error.stackTraceLimit = 3;
  const asked = readArguments();
  if (asked === null) return print(usage);
  let current = "";
  process.on("unhandledRejection", (reason) => {
    print(
      `FAIL  unhandled rejection in ${current}: ${reason instanceof Error ? reason.stack : String(reason)}`,
    );
    print(`replay with: pnpm sim ${current}`);
    process.exit(1);
  });
  const { chosen, seed: first, seeds, verbose } = asked;
  let failed = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    for (const scenario of chosen) {
      const minutes = asked.minutes ?? scenario.minutes;
      current = `--scenario ${scenario.name} --seed ${seed} --minutes ${minutes}`;
      if (!(await runOne(scenario, seed, minutes, verbose))) failed++;
      if (failed >= 5) break;
    }
  }
  process.exit(failed > 0 ? 1 : 0);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exit(2);
});
