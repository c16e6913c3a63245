// A finding on disk: fuzz/crashes/<target>-<hash>.json, and back.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { formatOp, type Input, parseInput } from "./input.ts";
import { hashText } from "./random.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A finding. */
export interface Crash {
  readonly target: string;
  readonly seed: string;
  readonly error: string;
  readonly input: Input;
}

/** Writes a crash; returns the command that replays it. */
export function writeCrash({ target, seed, error, input }: Crash): string {
  const ops = input.map(formatOp);
  const file = `fuzz/crashes/${target}-${hashText(ops.join("\n")).toString(16).padStart(8, "0")}.json`;
  const command = `pnpm fuzz --replay ${file}`;
  mkdirSync(join(root, "fuzz/crashes"), { recursive: true });
  writeFileSync(join(root, file), `${JSON.stringify({ target, seed, command, error, ops }, null, 2)}\n`);
  return command;
}

/**
 * Reads a crash, or a file of the corpus, whose folder names the target.
 * @throws Error when it is neither.
 */
export function readCrash(path: string): { readonly target: string; readonly input: Input } {
  const places = [process.env.INIT_CWD ?? ".", root, "."].map((place) => resolve(place, path));
  const file = places.find((place) => existsSync(place));
  if (file === undefined) throw new Error(`there is no ${path}`);
  const text = readFileSync(file, "utf8");
  if (file.endsWith(".txt")) return { target: basename(dirname(file)), input: parseInput(text) };
  const { target, ops } = JSON.parse(text) as { target: string; ops: string[] };
  return { target, input: parseInput(ops.join("\n")) };
}

/** What tells one finding from another: the error's first line, without its numbers, and where in the packages it was thrown. */
export function crashKey(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${typeof error}`;
  const frame = (error.stack ?? "").split("\n").find((line) => line.includes("/packages/")) ?? "";
  const [summary = ""] = error.message.split("\n");
  return `${error.name}: ${summary.replace(/\d+/g, "N").slice(0, 120)} ${frame.replace(/:\d+:\d+\)?$/, "").trim()}`;
}
