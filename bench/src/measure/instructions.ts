// Instructions that a call takes, counted by valgrind: in memory and on virtual time, so that what a call does is no matter of time.

import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { has } from "../peers/native.ts";

const run = promisify(execFile);
const program = fileURLToPath(new URL("./counted.js", import.meta.url));

/** The second run makes so many more calls than the first, by which the compiler is done. */
const CALLS = [60_000, 100_000] as const;

/** All compiling on the one thread, at the same points each time. */
const nodeFlags = ["--single-threaded", "--predictable", "--hash-seed=1", "--random-seed=1"];

/** What to install; undefined when instructions can be counted. */
export function cannotCount(): string | undefined {
  return has("valgrind") ? undefined : "instructions skipped: install `valgrind` (Debian: valgrind)";
}

async function count(calls: number, timeoutMs: number): Promise<number> {
  const log = join(tmpdir(), `vertex-instructions-${process.pid}-${calls}`);
  const valgrind = [
    "--tool=cachegrind",
    "--cache-sim=no",
    "--cachegrind-out-file=/dev/null",
    `--log-file=${log}`,
  ];
  try {
    await run("valgrind", [...valgrind, process.execPath, ...nodeFlags, program, String(calls)], {
      timeout: Number.isFinite(timeoutMs) ? timeoutMs : 0,
    });
    const found = /I +refs: +([\d,]+)/.exec(readFileSync(log, "utf8"))?.[1];
    if (found === undefined) throw new Error("valgrind counted nothing");
    return Number(found.replaceAll(",", ""));
  } finally {
    rmSync(log, { force: true });
  }
}

/**
 * Instructions of a call, both ends together, from two runs of different length.
 * @param timeoutMs when they take longer, the answer is undefined.
 */
export async function countInstructions(timeoutMs: number): Promise<number | undefined> {
  try {
    const counts = await Promise.all(CALLS.map((calls) => count(calls, timeoutMs)));
    const [fewer, more] = counts as [number, number];
    return (more - fewer) / (CALLS[1] - CALLS[0]);
  } catch (error) {
    if ((error as { killed?: boolean }).killed === true) return undefined;
    throw error;
  }
}
