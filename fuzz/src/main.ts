// `pnpm fuzz`: arguments in, campaigns in turn, exit code out: 0 nothing found, 1 findings, 2 wrong arguments.

import { Command, InvalidArgumentError } from "commander";
import { bars, runBars } from "./bars/index.ts";
import { readCrash } from "./crash.ts";
import { Campaign, describe } from "./engine.ts";
import { runGuided } from "./guided.ts";
import { Report } from "./report.ts";
import { findTarget, targets } from "./targets.ts";
import { Watchdog } from "./watchdog.ts";

/** How long a campaign runs before the next one has its turn, in milliseconds. */
const TURN_MS = 500;
const DEFAULT_SECONDS = 60;

interface Options {
  readonly seconds?: number;
  readonly target?: string[];
  readonly bar?: string[];
  readonly seed: string;
  readonly runs?: number;
  readonly replay?: string;
  readonly list?: boolean;
  readonly guided?: boolean;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("not a whole number from 1.");
  return value;
}

function readOptions(): Options {
  const command = new Command("fuzz")
    .description("Feeds Vertex malformed and hostile input, from a seed.")
    .option(
      "--seconds <n>",
      `stop after so many seconds, all targets together (default: ${DEFAULT_SECONDS})`,
      whole,
    )
    .option("--target <name...>", "only these targets")
    .option("--seed <text>", "what decides all choices", String(Date.now()))
    .option("--runs <n>", "stop after exactly so many runs of each target, whatever the time", whole)
    .option(
      "--bar <name...>",
      "hold Vertex to these bars, or to all; --seconds gives them a share of the time each",
    )
    .option("--guided", "the second stage, under Jazzer.js where it loads")
    .option("--replay <file>", "run one crash or one file of the corpus")
    .option("--list", "name the targets")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  return command.parse(process.argv.filter((argument) => argument !== "--")).opts<Options>();
}

async function replay(path: string): Promise<number> {
  const { target: name, input } = readCrash(path);
  const target = findTarget(name);
  try {
    const seen = await new Campaign(target, "replay").attempt(input);
    process.stdout.write(`${name}: nothing wrong; it saw: ${seen}\n`);
    return 0;
  } catch (error) {
    process.stdout.write(`${name}: ${describe(error)}\n`);
    return 1;
  } finally {
    await target.close?.();
  }
}

async function fuzz({ seconds = DEFAULT_SECONDS, target, seed, runs }: Options): Promise<number> {
  const chosen = target?.map(findTarget) ?? targets;
  const watchdog = new Watchdog();
  const campaigns = chosen.map((each) => new Campaign(each, seed, () => watchdog.alive()));
  const report = new Report(campaigns);
  process.stdout.write(`seed ${seed}\n`);
  const timeLeft = () => runs !== undefined || report.elapsedMs < seconds * 1_000;
  for (let next = nextOf(campaigns, runs); next !== undefined && timeLeft(); next = nextOf(campaigns, runs)) {
    watchdog.running(`pnpm fuzz --target ${next.target.name} --seed ${seed}`);
    const until = report.elapsedMs + TURN_MS;
    do {
      await next.step();
      report.progress(next.target.name);
    } while (isOpen(next, runs) && timeLeft() && report.elapsedMs < until);
  }
  for (const each of chosen) await each.close?.();
  await watchdog.stop();
  return report.close(seed) > 0 ? 1 : 0;
}

function isOpen(campaign: Campaign, runs = Number.POSITIVE_INFINITY): boolean {
  return !campaign.exhausted && campaign.runs < runs;
}

/** The campaign that has had the least time: some take seconds for one run. */
function nextOf(campaigns: readonly Campaign[], runs: number | undefined): Campaign | undefined {
  const open = campaigns.filter((campaign) => isOpen(campaign, runs));
  return open.sort((a, b) => a.spentMs - b.spentMs)[0];
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.list === true) {
    for (const { name, about } of targets) process.stdout.write(`${name.padEnd(14)}${about}\n`);
    for (const { name, about, count } of bars)
      process.stdout.write(`--bar ${name.padEnd(12)}${count.toLocaleString("en")} ${about}\n`);
    return 0;
  }
  if (options.guided === true) return runGuided(options.target, options.seconds ?? DEFAULT_SECONDS);
  if (options.bar !== undefined) return runBars({ ...options, names: options.bar });
  return options.replay === undefined ? fuzz(options) : replay(options.replay);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
