// `pnpm check [-- step …]`: everything that can be known without running the tests. Prints a line for each step
// with its seconds, and what a failing step said.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { acceptedByTypeScript5, pack } from "./consumer.mjs";
import { checkLayers } from "./layers.mjs";
import { hasCode, published, root, run, sourceFiles, users } from "./workspace.mjs";

/** Thrown by a step that has nothing to look at yet. */
class NotYet extends Error {}

function needs(path) {
  if (!existsSync(join(root, path))) throw new NotYet(`${path} does not exist yet`);
}

let tarballs;
let buildFailed = false;

function packed() {
  if (buildFailed) throw new NotYet("the build failed");
  tarballs ??= pack();
  return tarballs;
}

const steps = {
  "format-and-lint": () =>
    void run("biome", ["ci", "--colors=off", "--max-diagnostics=50", "--error-on-warnings", "."]),

  types() {
    const dirs = [...published, ...users];
    const ready = dirs.filter(
      (dir) => existsSync(join(root, dir, "tsconfig.json")) && sourceFiles(dir).length > 0,
    );
    const unchecked = dirs.filter((dir) => !ready.includes(dir) && sourceFiles(dir).length > 0);
    if (unchecked.length > 0) throw new Error(`without a tsconfig.json: ${unchecked.join(", ")}`);
    const problems = ready.flatMap((dir) => problemOf(() => run("tsc", ["-p", dir, "--noEmit"])));
    if (problems.length > 0) throw new Error(problems.join("\n"));
    return yetToCome(dirs.filter((dir) => !ready.includes(dir)));
  },

  build() {
    buildFailed = true;
    run(process.execPath, [".ci/build.mjs", "--types"]);
    buildFailed = false;
    return yetToCome(published.filter((dir) => !hasCode(dir)));
  },

  "typescript-5": () => acceptedByTypeScript5(packed()),

  knip() {
    const dirs = [".", ...published, ...users];
    const ready = dirs.filter((dir) => sourceFiles(dir).length > 0 || dir === ".");
    run("knip", ["--no-progress", ...ready.flatMap((dir) => ["--workspace", dir])]);
    return yetToCome(dirs.filter((dir) => !ready.includes(dir)));
  },

  publint() {
    const problems = [...packed().values()].flatMap((tarball) =>
      problemOf(() => run("publint", ["--strict", tarball])),
    );
    if (problems.length > 0) throw new Error(problems.join("\n"));
  },

  attw() {
    const options = ["--profile", "esm-only", "--no-emoji", "--no-color"];
    const problems = [...packed().values()].flatMap((tarball) =>
      problemOf(() => run("attw", [...options, tarball])),
    );
    if (problems.length > 0) throw new Error(problems.join("\n"));
  },

  layers: checkLayers,

  schema() {
    needs("schema/buf.yaml");
    run("buf", ["lint"], { cwd: join(root, "schema") });
  },

  lines() {
    needs("ARCHITECTURE.md");
    run(process.execPath, [".ci/lines.mjs", "--check"]);
  },
};

function problemOf(action) {
  try {
    action();
    return [];
  } catch (error) {
    return [error.message];
  }
}

function yetToCome(dirs) {
  return dirs.length === 0 ? "" : `no code yet in ${dirs.join(", ")}`;
}

/** Runs one step and tells how it ended: "ok", "skip" or "FAIL". */
function perform(name) {
  const startedAt = performance.now();
  let [verdict, note, said] = ["ok", "", ""];
  try {
    note = steps[name]() ?? "";
  } catch (error) {
    if (error instanceof NotYet) [verdict, note] = ["skip", error.message];
    else [verdict, said] = ["FAIL", error.message];
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(
    `${verdict.padEnd(5)}${name.padEnd(17)}${seconds.padStart(5)} s  ${note}`.trimEnd().concat("\n"),
  );
  if (said !== "") process.stdout.write(`${said.replace(/^/gm, "     ")}\n`);
  return verdict;
}

const asked = process.argv.slice(2).filter((argument) => argument !== "--");
const unknown = asked.filter((name) => !(name in steps));
if (unknown.length > 0) {
  process.stderr.write(`no step named ${unknown.join(", ")}; the steps: ${Object.keys(steps).join(", ")}\n`);
  process.exit(2);
}
const verdicts = (asked.length > 0 ? asked : Object.keys(steps)).map(perform);
process.exitCode = verdicts.includes("FAIL") ? 1 : 0;
