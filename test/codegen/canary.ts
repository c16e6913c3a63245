// Runs generated code where nothing may happen but declarations: what became of the canary that hostile schemas try
// to set, and of Object.prototype.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository, type Workspace } from "./workspace.ts";

/** What `runGenerated` says of code that did nothing. */
export const UNHARMED = "[null,0]";

/** Imports every file that the list beside it names, and prints what became of the canary. */
const importAll = `
  import { readFileSync } from "node:fs";
  const before = Reflect.ownKeys(Object.prototype).length;
  for (const file of JSON.parse(readFileSync("files.json", "utf8"))) await import(file);
  console.log(JSON.stringify([globalThis.__canary ?? null, Reflect.ownKeys(Object.prototype).length - before]));
`;

/**
 * Imports generated files in a process without `eval`.
 * @returns the canary and the number of new properties of Object.prototype, and whatever the process complains about.
 */
export function runGenerated(workspace: Workspace, files: readonly string[]): string {
  const paths = files.map((file) => join(workspace.dir, file));
  writeFileSync(join(workspace.dir, "files.json"), JSON.stringify(paths));
  const strict = [
    "--unhandled-rejections=strict",
    "--disallow-code-generation-from-strings",
    "--disable-proto=throw",
  ];
  const source = [
    "--conditions=@vertex/source",
    "--import",
    join(repository, "node_modules/tsx/dist/loader.mjs"),
  ];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...strict, ...source, "--input-type=module", "-e", importAll],
    { cwd: workspace.dir, encoding: "utf8" },
  );
  return stdout.trim() + stderr;
}
