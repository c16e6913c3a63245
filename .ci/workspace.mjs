// What the other scripts share: where the packages are, which of them are published, and how a tool is run.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The published packages, lower layers first, with the packages of this repository that each may list. */
export const layers = {
  "packages/wire": [],
  "packages/framing": [],
  "packages/protocol": ["@vertex/wire", "@vertex/framing"],
  "packages/server": ["@vertex/protocol"],
  "packages/client": ["@vertex/protocol"],
  codegen: [],
};

/** The packages that use the others and that nothing may import. */
export const users = ["test", "fuzz", "bench", ...foldersOf("examples")];

export const published = Object.keys(layers);

/** Whether a package has code yet; the ones that do not are left out, visibly. */
export function hasCode(dir) {
  if (!existsSync(join(root, dir, "package.json"))) return false;
  const files = entryFiles(dir);
  return files.length > 0
    ? files.every((file) => existsSync(join(root, dir, file)))
    : sourceFiles(dir).length > 0;
}

export function manifestOf(dir) {
  return JSON.parse(readFileSync(join(root, dir, "package.json"), "utf8"));
}

/** The source files behind a package's exports and commands, from its folder. */
export function entryFiles(dir) {
  const { exports = {}, bin = {} } = manifestOf(dir);
  return [
    ...Object.values(exports).map((target) => target["@vertex/source"]),
    ...Object.values(bin).map((file) => file.replace("./dist/", "./src/").replace(/\.js$/, ".ts")),
  ].filter((file) => typeof file === "string");
}

/** Hand-written TypeScript below a folder; what a generator wrote or a fixture holds is not ours to judge. */
export function sourceFiles(dir) {
  const found = [];
  const visit = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const skipped =
        ["node_modules", "dist", "gen", "corpus"].includes(entry.name) || entry.name.startsWith(".");
      if (entry.isDirectory() && !skipped) visit(`${folder}/${entry.name}`);
      if (entry.isFile() && entry.name.endsWith(".ts")) found.push(`${folder}/${entry.name}`);
    }
  };
  if (existsSync(join(root, dir))) visit(dir);
  return found.sort();
}

/** Runs a command and throws what it printed if it fails. A bare name is one of the repository's own tools. */
export function run(command, args, options = {}) {
  const own = join(root, "node_modules/.bin", command);
  const result = spawnSync(existsSync(own) ? own : command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  if (result.error) throw result.error;
  if (result.status === 0) return result.stdout;
  throw new Error(`${command} ${args.join(" ")}\n${result.stdout}${result.stderr}`.trim());
}

function foldersOf(dir) {
  if (!existsSync(join(root, dir))) return [];
  return readdirSync(join(root, dir), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${dir}/${entry.name}`);
}
