// `pnpm bench`: which measurement, and where its figures go. Exit code: 0 all bars met, 1 one missed (goals do not count), 2 wrong call.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { describeMachine } from "./machine.ts";
import { table } from "./row.ts";
import { fullSettings, measureSeed, quickSettings } from "./seed.ts";

interface SeedOptions {
  readonly json?: string;
  readonly quick?: boolean;
}

async function seed({ json, quick }: SeedOptions): Promise<void> {
  const machine = describeMachine();
  const settings = quick === true ? quickSettings : fullSettings;
  const rows = await measureSeed(settings);
  const { node, platform, cpu, cores, memoryGb, load, versions } = machine;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  process.stdout.write(
    `\nNode ${node}, ${platform}, ${cores} cores (${cpu}), ${memoryGb} GB, load ${load}\n`,
  );
  process.stdout.write(
    `${named.join(", ")}; medians of ${settings.rounds} interleaved runs\n\n${table(rows)}`,
  );
  if (quick === true) process.stdout.write("\nQuick: these figures mean nothing.\n");
  if (json !== undefined) {
    const file = resolve(process.env.INIT_CWD ?? ".", json);
    writeFileSync(file, `${JSON.stringify({ machine, settings, rows }, null, 2)}\n`);
  }
  if (quick !== true && rows.some(({ good, bar }) => good === false && bar?.goal !== true))
    process.exitCode = 1;
}

function codec(args: readonly string[]): void {
  const script = fileURLToPath(new URL("../codec/run.mjs", import.meta.url));
  const { status } = spawnSync(process.execPath, [script, ...args], { stdio: "inherit" });
  process.exitCode = status ?? 1;
}

const program = new Command("bench").description("Measures Vertex.").exitOverride((error) => {
  process.exit(error.exitCode === 0 ? 0 : 2);
});
program
  .command("seed")
  .description("the headline figures, side by side with what they must be")
  .option("--json <file>", "writes the figures there, too")
  .option("--quick", "runs everything for a moment, to see that it works")
  .action(seed);
program
  .command("codec")
  .description("encoding and decoding next to stock ts-proto and protobufjs")
  .argument("[args...]", "rounds, then the messages to measure")
  .action(codec);

await program.parseAsync(process.argv.filter((argument) => argument !== "--"));
