// The command line of `vertex-codegen`: options in, one run (or a watch) out, and what to print about it.

import { resolve } from "node:path";
import { Command, CommanderError } from "commander";
import { DEFAULT_IMPORT_SUFFIX, DEFAULT_RUNTIME, DEFAULT_UNKNOWN_FIELDS, readConfig } from "./config.ts";
import { CodegenError, usageError } from "./errors.ts";
import type { UnknownFields } from "./generate.ts";
import { VERSION } from "./header.ts";
import { type CommandHost, report } from "./host.ts";
import { type RunOptions, runGenerator } from "./run.ts";
import { watchSchema } from "./watch.ts";
import { writeOutput } from "./write.ts";

interface Flags {
  readonly proto?: string[];
  readonly include?: string[];
  readonly out?: string;
  readonly watch?: boolean;
  readonly importSuffix?: string;
  readonly runtime?: string;
  readonly unknownFields?: string;
  readonly config?: string;
}

const EXAMPLE = `
Example:
  vertex-codegen --proto schema --out src/gen

Options can also stand in vertex.config.json: { "proto": ["schema"], "out": "src/gen" }`;

const terminal: CommandHost = {
  cwd: process.cwd(),
  out: (line) => console.log(line),
  error: (line) => console.error(line),
};

/** Runs the command. Resolves with its exit code: 0 done, 1 the schema is wrong, 2 the call is wrong. */
export async function runCommand(args: readonly string[], host: CommandHost = terminal): Promise<0 | 1 | 2> {
  try {
    const { options, out, watch } = resolveFlags(parseFlags(args, host), host.cwd);
    if (watch) await watchSchema(options, out, host);
    else report(host, out, writeOutput(out, await runGenerator(options)));
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof CodegenError)) throw error;
    host.error(error.message);
    return error.kind === "usage" ? 2 : 1;
  }
}

function parseFlags(args: readonly string[], host: CommandHost): Flags {
  const command = new Command("vertex-codegen")
    .description("TypeScript codecs and typed command stubs from .proto files")
    .version(VERSION)
    .option("--proto <path...>", "directories of .proto files, or single files")
    .option("--include <dir...>", "directories in which imports are looked for")
    .option("--out <dir>", "where the code goes; what an earlier run left there is removed")
    .option("--watch", "run again whenever the schema changes")
    .option(
      "--import-suffix <suffix>",
      `how imports of sibling files end (default "${DEFAULT_IMPORT_SUFFIX}")`,
    )
    .option("--runtime <module>", `what generated code imports (default "${DEFAULT_RUNTIME}")`)
    .option(
      "--unknown-fields <drop|keep>",
      `fields that the schema does not know: dropped, or kept in $unknown (default "${DEFAULT_UNKNOWN_FIELDS}")`,
    )
    .option("--config <file>", "options from a file (default vertex.config.json, if there is one)")
    .addHelpText("after", EXAMPLE)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.out(text.trimEnd()),
      writeErr: (text) => host.error(text.trimEnd()),
    });
  return command.parse([...args], { from: "user" }).opts<Flags>();
}

function resolveFlags(flags: Flags, cwd: string): { options: RunOptions; out: string; watch: boolean } {
  const config = readConfig(cwd, flags.config);
  const proto = flags.proto ?? config.proto;
  const out = flags.out ?? config.out;
  if (proto === undefined)
    throw usageError("nothing to do: name the schema with --proto, for example --proto schema");
  if (out === undefined)
    throw usageError("no place for the code: name a directory with --out, for example --out src/gen");
  const options: RunOptions = {
    proto,
    include: flags.include ?? config.include ?? [],
    importSuffix: checkSuffix(flags.importSuffix ?? config.importSuffix ?? DEFAULT_IMPORT_SUFFIX),
    runtime: flags.runtime ?? config.runtime ?? DEFAULT_RUNTIME,
    unknownFields: checkUnknown(flags.unknownFields ?? config.unknownFields ?? DEFAULT_UNKNOWN_FIELDS),
    cwd,
  };
  return { options, out: resolve(cwd, out), watch: flags.watch === true };
}

function checkSuffix(suffix: string): string {
  if (suffix === ".js" || suffix === ".ts" || suffix === "") return suffix;
  throw usageError(`--import-suffix ${suffix} cannot end an import; use .js, .ts or ""`);
}

function checkUnknown(choice: string): UnknownFields {
  if (choice === "drop" || choice === "keep") return choice;
  throw usageError(`--unknown-fields ${choice} is not known; use drop or keep`);
}
