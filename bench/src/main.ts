// `pnpm bench`: which measurement, and where its figures go. Exit code: 0 all bars met, 1 one missed (goals do not
// count), 2 wrong call.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Argument, Command } from "commander";
import { type Baseline, gateText, measureGate, runGate } from "./measure/gate.ts";
import { cannotCount } from "./measure/instructions.ts";
import { measurements } from "./measure/measurements.ts";
import { fullSeed, measureSeed, quickSeed } from "./measure/seed.ts";
import { describeMachine, machineText, type Versions, versionsOf, versionsText } from "./report/machine.ts";
import { writePage } from "./report/publish.ts";
import { type Row, rowsText } from "./report/row.ts";
import { type Section, sectionText } from "./report/section.ts";

interface Options {
  readonly json?: string;
  readonly quick?: boolean;
}

const docs = fileURLToPath(new URL("../../docs", import.meta.url));

const baselineFile = fileURLToPath(new URL("../baseline.json", import.meta.url));

const print = (text: string) => void process.stdout.write(text);

/** Machine, versions, the figures; the figures as JSON where that was asked for. */
function report({ json, quick }: Options, versions: Versions, text: string, figures: object): void {
  const machine = describeMachine();
  print(`\n${machineText(machine)}\n${versionsText(versions)}\n\n${text}`);
  if (quick === true) print("\nQuick: these figures mean nothing.\n");
  if (json === undefined) return;
  const file = resolve(process.env.INIT_CWD ?? ".", json);
  writeFileSync(file, `${JSON.stringify({ machine, versions, ...figures }, null, 2)}\n`);
}

/** A bar that is missed fails the command; a goal that is not reached is only said. */
function judge(rows: readonly Row[], { quick }: Options): void {
  if (quick !== true && rows.some(({ good, bar }) => good === false && bar?.goal !== true))
    process.exitCode = 1;
}

async function seed(options: Options): Promise<void> {
  const settings = options.quick === true ? quickSeed : fullSeed;
  const rows = await measureSeed(settings);
  const packages = ["@vertex/server", "@vertex/client", "@grpc/grpc-js", "protobufjs"];
  const text = `medians of ${settings.rounds} interleaved runs\n\n${rowsText(rows)}`;
  report(options, versionsOf(packages), text, { settings, rows });
  judge(rows, options);
}

function section(options: Options, measured: Section): void {
  report(options, measured.versions, sectionText(measured), { sections: [measured] });
  judge(measured.rows, options);
}

/** Measures all, one after the other, and writes the page. */
async function publish(options: Options & { readonly docs: string }): Promise<void> {
  const quick = options.quick === true;
  const machine = describeMachine();
  const sections: Section[] = [];
  for (const { name, measure } of measurements) {
    print(`${name} …\n`);
    sections.push(await measure(quick));
  }
  const date = new Date().toISOString().slice(0, 10);
  const folder = resolve(process.env.INIT_CWD ?? ".", options.docs);
  await writePage(folder, { machine, date, quick, sections });
  const versions: Versions = Object.assign({}, ...sections.map((each) => each.versions));
  const rows = sections.flatMap((each) => each.rows);
  report(options, versions, rowsText(rows), { sections });
}

interface GateOptions {
  readonly record?: boolean;
}

/** Measures what must not get worse; records it, or fails when it has. */
async function gate({ record }: GateOptions): Promise<void> {
  const recorded = existsSync(baselineFile)
    ? (JSON.parse(readFileSync(baselineFile, "utf8")) as Baseline)
    : undefined;
  if (record === true || recorded === undefined) {
    const cannot = cannotCount();
    const values = await measureGate(cannot === undefined ? [] : ["instructions"], Number.POSITIVE_INFINITY);
    writeFileSync(baselineFile, `${JSON.stringify({ node: process.version, values }, null, 2)}\n`);
    return print(`${cannot === undefined ? "" : `${cannot}\n`}recorded in ${baselineFile}\n`);
  }
  const { verdicts, skipped } = await runGate(recorded);
  print(gateText(verdicts, skipped));
  if (verdicts.some(({ good }) => !good)) process.exitCode = 1;
}

const program = new Command("bench").description("Measures Vertex.").exitOverride((error) => {
  process.exit(error.exitCode === 0 ? 0 : 2);
});

/** A subcommand with the options that all have. */
function command(name: string, about: string): Command {
  return program
    .command(name)
    .description(about)
    .option("--json <file>", "writes the figures there, too")
    .option("--quick", "runs everything for a moment, to see that it works");
}

command("seed", "the headline figures, side by side with what they must be").action(seed);
for (const { name, about, parts, measure } of measurements) {
  const added = command(name, about);
  const run = async (wanted: readonly string[], options: Options) =>
    section(options, await measure(options.quick === true, wanted));
  if (parts === undefined) added.action((options: Options) => run([], options));
  else added.addArgument(new Argument("[part...]", "default: all").choices(parts)).action(run);
}

command("publish", "all of them, written into docs/BENCHMARKS.md with their charts")
  .option("--docs <folder>", "the folder with the page", docs)
  .action(publish);

command("gate", "whether calls and codecs are slower than recorded in bench/baseline.json")
  .option("--record", "records what is measured now")
  .action(gate);

await program.parseAsync(process.argv.filter((argument) => argument !== "--"));
