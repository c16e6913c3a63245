// Which .proto files a run is about: those it writes code for, and those they import. Names are relative to a
// root, with "/" between parts, as `import` spells them; paths are where the files are.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { usageError } from "./errors.ts";
import { OPTIONS_PROTO } from "./gen/options-proto.ts";
import { VALIDATE_PROTO } from "./gen/validate-proto.ts";

/** What the user asked for. */
export interface SourceOptions {
  /** Directories (all .proto files below them) and files. */
  readonly proto: readonly string[];
  /** Directories in which imports are looked for, after those of `proto`. */
  readonly include: readonly string[];
  /** What relative paths are relative to. */
  readonly cwd: string;
}

/** One .proto file. */
export interface SourceFile {
  /** Relative to its root. */
  readonly name: string;
  /** As messages show it: relative to the working directory if it is below it. */
  readonly shownAs: string;
  /** Where it is; a built-in file is nowhere. */
  readonly path: string | undefined;
  readonly text: string;
}

/** The files of a run. */
export interface Sources {
  /** Names of the files that code is written for. */
  readonly targets: readonly string[];
  /** The targets and everything found that they import, by name. */
  readonly files: ReadonlyMap<string, SourceFile>;
  /** The directories in which a change can change the run: what `--watch` watches. */
  readonly directories: readonly string[];
}

/** What the compiler brings. Copies on disk are left where they are. */
const COMPILERS_OWN: ReadonlySet<string> = new Set(
  "any api compiler/plugin descriptor duration empty field_mask source_context struct timestamp type wrappers"
    .split(" ")
    .map((name) => `google/protobuf/${name}.proto`),
);

/** What else may be imported though nobody has it on disk. */
const BUILT_IN: ReadonlyMap<string, string> = new Map([
  ["vertex/v1/options.proto", OPTIONS_PROTO],
  ["buf/validate/validate.proto", VALIDATE_PROTO],
]);

/**
 * Finds the files of a run.
 * @throws CodegenError (usage) if something named is not there, or two files have one name.
 */
export function collectSources(options: SourceOptions): Sources {
  const includes = options.include.map((dir) => directory(resolve(options.cwd, dir), dir, "--include"));
  const paths = new Map<string, string>();
  const roots: string[] = [];
  const directories = new Set<string>();
  for (const given of options.proto) {
    const path = resolve(options.cwd, given);
    const isFile = statKind(path) === "file";
    const root =
      rootOf(isFile ? path : directory(path, given, "--proto"), includes) ?? (isFile ? dirname(path) : path);
    roots.push(root);
    const found = isFile ? [path] : protoFilesBelow(path, directories);
    if (found.length === 0)
      throw usageError(`--proto ${given} holds no .proto files; name the directory that does`);
    for (const file of found) claim(paths, slashes(relative(root, file)), file, options.cwd);
  }
  const searched = [...new Set([...roots, ...includes])];
  const files = followImports(paths, searched, options.cwd);
  for (const { path } of files.values()) if (path !== undefined) directories.add(dirname(path));
  return { targets: [...paths.keys()].toSorted(), files, directories: [...directories].toSorted() };
}

function claim(paths: Map<string, string>, name: string, path: string, cwd: string): void {
  const other = paths.get(name);
  if (other !== undefined && other !== path) {
    const both = `${shown(other, cwd)} and ${shown(path, cwd)}`;
    throw usageError(`${both} would both be generated as ${name}; generate them into different directories`);
  }
  paths.set(name, path);
}

/** The include directory that holds `path`, the innermost if several do. */
function rootOf(path: string, includes: readonly string[]): string | undefined {
  const holders = includes.filter((dir) => path.startsWith(dir + sep));
  return holders.toSorted((a, b) => b.length - a.length)[0];
}

function directory(path: string, given: string, option: string): string {
  if (statKind(path) === "directory") return path;
  throw usageError(
    `${option} ${given} does not exist; give a ${option === "--proto" ? "directory or .proto file" : "directory"}`,
  );
}

function statKind(path: string): "file" | "directory" | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return stats.isDirectory() ? "directory" : "file";
}

/** Sorted; without what package managers and version control keep. Notes the directories that it saw. */
function protoFilesBelow(dir: string, seen: Set<string>): string[] {
  seen.add(dir);
  return readdirSync(dir, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(dir, entry.name);
      if (entry.name === "node_modules" || entry.name.startsWith(".")) return [];
      if (statKind(path) === "directory" && !entry.isSymbolicLink()) return protoFilesBelow(path, seen);
      return entry.name.endsWith(".proto") && statKind(path) === "file" ? [path] : [];
    });
}

function followImports(
  targets: ReadonlyMap<string, string>,
  roots: readonly string[],
  cwd: string,
): Map<string, SourceFile> {
  const files = new Map<string, SourceFile>();
  const open = [...targets.keys()];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (files.has(name)) continue;
    const source = readSource(name, targets.get(name) ?? findIn(roots, name), cwd);
    if (source === undefined) continue;
    files.set(name, source);
    open.push(...importsOf(source.text));
  }
  return files;
}

function readSource(name: string, path: string | undefined, cwd: string): SourceFile | undefined {
  if (path !== undefined) return { name, path, shownAs: shown(path, cwd), text: readFileSync(path, "utf8") };
  const text = BUILT_IN.get(name);
  return text === undefined ? undefined : { name, path, shownAs: name, text };
}

function findIn(roots: readonly string[], name: string): string | undefined {
  if (COMPILERS_OWN.has(name) || name.split(/[\\/]/).some((part) => part === ".." || part === ""))
    return undefined;
  return roots.map((root) => join(root, name)).find((path) => existsSync(path) && statKind(path) === "file");
}

/** Good enough to find files; the compiler is the judge of what is an import. */
function importsOf(text: string): string[] {
  return [
    ...text.matchAll(/\bimport\s+(?:public\s+|weak\s+|option\s+)?(?:"([^"\n]+)"|'([^'\n]+)')\s*;/g),
  ].map((found) => found[1] ?? found[2] ?? "");
}

function shown(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return slashes(below === "" || below.startsWith("..") ? path : below);
}

function slashes(path: string): string {
  return path.split(sep).join("/");
}
