// The second stage: targets under Jazzer.js, which is guided by coverage. It is no dependency of this package: its
// addon is native and wants a recent C library. Where it does not load, this says why.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The targets that do all of their work in this process. */
const guided = ["wire-reader", "frames", "handshake", "session"];
const INSTALL = "`npm install @jazzer.js/core@4` somewhere, and name that folder in VERTEX_JAZZER";

/**
 * Runs targets under Jazzer.js, each for its share of so many seconds.
 * @returns the exit code: 0 also when Jazzer.js cannot run here, which is said.
 */
export function runGuided(targets: readonly string[] = guided, seconds: number): number {
  const wrong = targets.find((target) => !guided.includes(target));
  if (wrong !== undefined) throw new Error(`${wrong} cannot be guided; ${guided.join(", ")} can`);
  const jazzer = findJazzer();
  if (typeof jazzer === "string") {
    process.stdout.write(`skipped: the coverage-guided stage: ${jazzer}\n`);
    return 0;
  }
  const share = Math.max(1, Math.floor(seconds / targets.length));
  return targets.some((target) => runOne(jazzer.cli, target, share) !== 0) ? 1 : 0;
}

/** The command of Jazzer.js, or why it cannot be run. */
function findJazzer(): { readonly cli: string } | string {
  const require = createRequire(
    join(process.env.VERTEX_JAZZER ?? fileURLToPath(new URL(".", import.meta.url)), "none.js"),
  );
  let core: string;
  try {
    core = require.resolve("@jazzer.js/core");
  } catch {
    return `Jazzer.js is not here; ${INSTALL}`;
  }
  const load = `require(require.resolve("@jazzer.js/fuzzer", { paths: [${JSON.stringify(dirname(core))}] }))`;
  const { status, stderr } = spawnSync(process.execPath, ["-e", load], { encoding: "utf8" });
  if (status === 0) return { cli: join(dirname(core), "cli.js") };
  const why = /^Error: (.*)$/m.exec(stderr)?.[1] ?? stderr.trim().slice(0, 200);
  return `its addon does not load here: ${why}`;
}

function runOne(cli: string, target: string, seconds: number): number {
  const scratch = mkdtempSync(join(tmpdir(), "vertex-guided-"));
  try {
    const parameters = [
      ...["--conditions=@vertex/source", "--import", import.meta.resolve("tsx"), cli],
      fileURLToPath(new URL("guided-target.mjs", import.meta.url)),
      ...[scratch, "-i", "packages/", "--", `-max_total_time=${seconds}`, `-artifact_prefix=${scratch}/`],
    ];
    process.stdout.write(`${target}, guided, ${seconds} s\n`);
    const env = { ...process.env, VERTEX_GUIDED: target };
    return spawnSync(process.execPath, parameters, { stdio: "inherit", env }).status ?? 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
