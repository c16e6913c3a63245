// Generated files on disk. A file is touched only if its bytes change, and only if it is new or ours; what is ours
// and no longer generated goes away, so that an out directory holds what the schema says.

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { usageError } from "./errors.ts";
import type { OutputFile } from "./generate.ts";
import { HEADER_MARK, sourceLine } from "./header.ts";

/** More than the first two lines of a generated file take. */
const HEAD_BYTES = 4096;

/** What a run changed, in paths relative to the out directory. */
export interface WriteResult {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Brings the directory `out` in line with `files`.
 * @throws CodegenError (usage) before anything is written, if a file would land outside `out` or on a file that the
 *   generator did not write.
 */
export function writeOutput(out: string, files: readonly OutputFile[]): WriteResult {
  const root = resolve(out);
  for (const { path } of files) checkPlace(root, path);
  const stale = existsSync(root)
    ? generatedBelow(root).filter((path) => files.every((file) => file.path !== path))
    : [];
  const written = files
    .filter((file) => writeFile(join(root, file.path), file.text))
    .map((file) => file.path);
  for (const path of stale) rmSync(join(root, path));
  const changed = new Set(written);
  return {
    written,
    unchanged: files.map(({ path }) => path).filter((path) => !changed.has(path)),
    removed: stale,
  };
}

function checkPlace(root: string, path: string): void {
  const target = resolve(root, path);
  if (!target.startsWith(root + sep))
    throw usageError(`${JSON.stringify(path)} lies outside the out directory; rename the .proto file`);
  if (existsSync(target) && !isOurs(target))
    throw usageError(
      `${path} was not written by this generator; move it away or choose another --out`,
      target,
    );
}

function writeFile(path: string, text: string): boolean {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return false;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return true;
}

function generatedBelow(root: string, dir = ""): string[] {
  return readdirSync(join(root, dir), { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = dir === "" ? entry.name : `${dir}/${entry.name}`;
      if (entry.isDirectory())
        return /^(?:node_modules|\..*)$/.test(entry.name) ? [] : generatedBelow(root, path);
      return entry.isFile() && entry.name.endsWith(".ts") && isOurOutput(root, path) ? [path] : [];
    });
}

/** True for files that begin as ours do. */
function isOurs(path: string): boolean {
  return headOf(path).startsWith(HEADER_MARK);
}

/** True if the file below `root` is what an earlier run into `root`, not into a directory below, made of a schema. */
function isOurOutput(root: string, path: string): boolean {
  const [first = "", second = ""] = headOf(join(root, path)).split("\n");
  const sources = [path.replace(/\.ts$/, ".proto"), path.replace(/\.rules\.ts$/, ".proto")];
  return first.startsWith(HEADER_MARK) && sources.some((source) => second === sourceLine(source));
}

function headOf(path: string): string {
  const head = Buffer.alloc(HEAD_BYTES);
  const file = openSync(path, "r");
  try {
    return head.toString("utf8", 0, readSync(file, head, 0, head.length, 0));
  } finally {
    closeSync(file);
  }
}
