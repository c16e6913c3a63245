// `pnpm fuzz`: arguments in, campaigns in turn, exit code out: 0 nothing found, 1 findings, 2 wrong arguments.

import { Command, InvalidArgumentError } from "commander";
import { readCrash } from "./crash.ts";
import { Campaign, describe } from "./engine.ts";
import { Report } from "./report.ts";
import { findTarget, targets } from "./targets.ts";
import { Watchdog } from "./watchdog.ts";

/** How long a campaign runs before the next one has its turn, in milliseconds. */
const TURN_MS = 500;

interface Options {
  readonly seconds: number;
  readonly target?: string[];
  readonly seed: string;
  readonly runs?: number;
  readonly replay?: string;
  readonly list?: boolean;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("not a whole number from 1.");
  return value;
}

function readOptions(): Options {
  const command = new Command("fuzz")
    .description("Feeds Vertex malformed and hostile input, from a seed.")
    .option("--seconds <n>", "stop after so many seconds, all targets together", whole, 60)
    .option("--target <name...>", "only these targets")
    .option("--seed <text>", "what decides all choices", String(Date.now()))
    .option("--runs <n>", "stop after exactly so many runs of each target, whatever the time", whole)
    .option("--replay <file>", "run one crash or one file of the corpus")
    .option("--list", "name the targets")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  return command.parse(process.argv.filter((argument) => argument !== "--")).opts<Options>();
}

async function replay(path: string): Promise<number> {
  const { target, input } = readCrash(path);
  try {
    const seen = await new Campaign(findTarget(target), "replay").attempt(input);
    process.stdout.write(`${target}: nothing wrong; it saw: ${seen}\n`);
    return 0;
  } catch (error) {
    process.stdout.write(`${target}: ${describe(error)}\n`);
    return 1;
  }
}

async function fuzz({ seconds, target, seed, runs }: Options): Promise<number> {
  const chosen = target?.map(findTarget) ?? targets;
  const watchdog = new Watchdog();
  const campaigns = chosen.map((each) => new Campaign(each, seed, () => watchdog.alive()));
  const report = new Report(campaigns);
  process.stdout.write(`seed ${seed}\n`);
  const open = (campaign: Campaign) =>
    !campaign.exhausted && campaign.runs < (runs ?? Number.POSITIVE_INFINITY);
  const timeLeft = () => runs !== undefined || report.elapsedMs < seconds * 1_000;
  while (timeLeft() && campaigns.some(open)) {
    for (const campaign of campaigns.filter(open)) {
      watchdog.running(`pnpm fuzz --target ${campaign.target.name} --seed ${seed}`);
      const until = report.elapsedMs + TURN_MS;
      while (open(campaign) && timeLeft() && report.elapsedMs < until) {
        await campaign.step();
        report.progress(campaign.target.name);
      }
    }
  }
  await watchdog.stop();
  return report.close(seed) > 0 ? 1 : 0;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.list === true) {
    for (const { name, about } of targets) process.stdout.write(`${name.padEnd(14)}${about}\n`);
    return 0;
  }
  return options.replay === undefined ? fuzz(options) : replay(options.replay);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
