// The bars, by name.

import { everyName, hostileSchema } from "../../../test/codegen/hostile-schema.ts";
import { trySchemas } from "../schema-trial.ts";
import { differential } from "../targets/differential.ts";
import { liveClient, liveServer } from "../targets/live.ts";
import { Watchdog } from "../watchdog.ts";
import type { Bar, Course, Verdict } from "./bar.ts";
import { campaignOf } from "./campaign.ts";
import { framesBar } from "./frames.ts";
import { liveBar } from "./live.ts";

/** Schemas that go through the compilers together. */
const SCHEMAS_AT_ONCE = 250;

/** F6: every hostile name in every place, then schemas made up from numbers. */
async function schemas({ count, seed, goesOn }: Course): Promise<Verdict> {
  const first = Number.parseInt(seed, 10) || 1;
  let [tried, refused, findings] = [0, 0, 0];
  const attempt = async (files: { [file: string]: string }) => {
    try {
      if ((await trySchemas(files)) === 0) refused++;
    } catch (error) {
      findings++;
      process.stdout.write(`FOUND ${(error as Error).message}\n`);
    }
    tried += Object.keys(files).length;
  };
  if (goesOn(0)) await attempt(everyName());
  for (let made = 0; made < count && goesOn(tried); ) {
    const files: { [file: string]: string } = {};
    for (const until = Math.min(count, made + SCHEMAS_AT_ONCE); made < until; made++)
      files[`n${first + made}.proto`] = hostileSchema(first + made);
    await attempt(files);
  }
  return {
    tried,
    figures: [
      { what: "runs whose code does not compile, or does something", value: findings, most: 0, unit: "" },
      { what: "runs that codegen refuses", value: refused, most: 0, unit: "" },
    ],
  };
}

export const bars: readonly Bar[] = [
  framesBar,
  {
    name: "F2",
    about: "messages through generated decode, protobufjs and protobuf-es",
    count: 1_000_000,
    run: (course) => campaignOf(differential, course),
  },
  {
    name: "F3-server",
    about: "corrupted conversations over sockets against a running server",
    patient: true,
    count: 50_000,
    run: (course) => liveBar(liveServer, course),
  },
  {
    name: "F3-client",
    about: "corrupted answers over sockets to running clients",
    patient: true,
    count: 50_000,
    run: (course) => liveBar(liveClient, course),
  },
  {
    name: "F6",
    about: "hostile schemas, and every hostile name in every place, through codegen",
    patient: true,
    count: 2_000,
    run: schemas,
  },
];

const PROGRESS_MS = 5_000;

/**
 * Runs the bars whose names begin with one of `names` ("all": every one), each for its share of `seconds` at most.
 * @returns the exit code: 1 when a bar has fallen, 2 when there is none of that name.
 */
export async function runBars(asked: {
  readonly names: readonly string[];
  readonly seed: string;
  readonly seconds?: number;
  readonly runs?: number;
}): Promise<number> {
  const { names, seed, seconds, runs } = asked;
  const chosen = bars.filter(({ name }) => names.some((each) => each === "all" || name.startsWith(each)));
  if (chosen.length === 0) {
    process.stderr.write(`there is no such bar; there are ${bars.map(({ name }) => name).join(", ")}\n`);
    return 2;
  }
  let fallen = 0;
  for (const bar of chosen) {
    const share = seconds === undefined ? Number.POSITIVE_INFINITY : (seconds * 1_000) / chosen.length;
    if (!(await runBar(bar, seed, share, runs ?? bar.count))) fallen++;
  }
  process.stdout.write(`${chosen.length - fallen} of ${chosen.length} bars hold, seed ${seed}\n`);
  return fallen > 0 ? 1 : 0;
}

async function runBar(bar: Bar, seed: string, mostMs: number, count: number): Promise<boolean> {
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  let nextAt = PROGRESS_MS;
  const watchdog = bar.patient ? undefined : new Watchdog();
  watchdog?.running(`pnpm fuzz --bar ${bar.name} --seed ${seed}`);
  const goesOn = (tried: number) => {
    watchdog?.alive();
    if (elapsed() > nextAt) {
      nextAt = elapsed() + PROGRESS_MS;
      const rate = Math.round((tried / elapsed()) * 1_000);
      process.stdout.write(`${bar.name}  ${Math.round(elapsed() / 1_000)} s  ${tried}  ${rate}/s\n`);
    }
    return elapsed() < mostMs;
  };
  const { tried, figures } = await bar.run({ count, seed, goesOn });
  await watchdog?.stop();
  const holds = tried > 0 && figures.every(({ value, most }) => value <= most);
  const whole = tried >= bar.count ? "" : ` of ${bar.count.toLocaleString("en")}`;
  process.stdout.write(
    `${bar.name} ${holds ? "holds" : "FALLS"}: ${tried.toLocaleString("en")}${whole} ${bar.about}, ${(elapsed() / 1_000).toFixed(1)} s\n`,
  );
  for (const { what, value, most, unit } of figures) {
    const shown = Number.isInteger(value) ? String(value) : value.toFixed(2);
    process.stdout.write(`  ${what}: ${shown} ${unit} (most ${most})\n`.replace("  (", " ("));
  }
  return holds;
}
