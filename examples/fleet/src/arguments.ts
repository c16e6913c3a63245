// Command lines: what is wrong is said together with the usage text, and ends with exit code 2.

import { type ParseArgsConfig, parseArgs } from "node:util";
import { VertexError } from "@vertex/protocol";

/** The values of a command line, as text. `--help` prints `usage` and ends. */
export function readArguments<Name extends string>(
  usage: string,
  names: readonly Name[],
): { readonly [K in Name]?: string } {
  const options: ParseArgsConfig["options"] = { help: { type: "boolean", short: "h" } };
  for (const name of names) options[name] = { type: "string" };
  // pnpm hands its own "--" on.
  const args = process.argv.slice(2).filter((argument) => argument !== "--");
  try {
    const { help, ...values } = parseArgs({ args, options }).values;
    if (help !== true) return values as { readonly [K in Name]?: string };
  } catch (error) {
    refuse(usage, error instanceof Error ? error.message : String(error));
  }
  process.stdout.write(usage);
  process.exit(0);
}

/** A whole number within bounds, or the standard value where none was given. */
export function wholeNumber(
  usage: string,
  name: string,
  text: string | undefined,
  [standard, min, max]: readonly [standard: number, min: number, max: number],
): number {
  if (text === undefined) return standard;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  return refuse(usage, `--${name} must be a whole number from ${min} to ${max}, not "${text}"`);
}

/** Runs a program. An address that is none, or a port that is taken, is an argument gone wrong too. */
export async function runProgram(usage: string, program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    if (error instanceof VertexError && error.family === "usage") refuse(usage, error.message);
    throw error;
  }
}

/** Ends with exit code 2. */
export function refuse(usage: string, problem: string): never {
  process.stderr.write(`${problem}\n\n${usage}`);
  process.exit(2);
}
