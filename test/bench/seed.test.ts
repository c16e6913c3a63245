// file-timeout: 180 s
// Only that the benchmark runs and shows all its figures: how large they are depends on who else is at work here.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const test = suite("bench seed");

interface Figure {
  readonly id: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

function runNode(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (text: string) => {
      output += text;
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** `pnpm bench` builds first. Here a build that is there is good enough: only the benchmark is looked at. */
async function buildIfMissing(): Promise<void> {
  const built = (name: string) => existsSync(join(root, "packages", name, "dist/index.js"));
  if (["wire", "framing", "protocol", "server", "client"].every(built)) return;
  const { code, output } = await runNode([".ci/build.mjs"]);
  assert.is(code, 0, output);
}

test(
  "a quick run shows every figure with its note, in the table and as JSON",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "vertex-bench-"));
    try {
      await buildIfMissing();
      const json = join(folder, "figures.json");
      const { code, output } = await runNode(["bench/run.mjs", "seed", "--quick", "--json", json]);
      assert.is(code, 0, output);
      const { rows } = JSON.parse(readFileSync(json, "utf8")) as { rows: Figure[] };
      assert.equal(rows.map(({ id }) => id).sort(), [
        "bare-rss",
        "connections",
        "cpu-ratio",
        "depth-128",
        "depth-64",
        "grpc-depth-64",
        "grpc-latency",
        "grpc-ratio",
        "idle-rss",
        "latency",
        "latency-ratio",
        "linear",
        "messages",
        "rss-growth",
        "state",
      ]);
      for (const { id, value, least, most } of rows) {
        assert.ok(Number.isFinite(value) && least <= value && value <= most, `${id}: ${value}`);
      }
      assert.match(output, /simultaneous connections +40/);
      assert.match(output, /0 failed to connect, 0 lost/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  { timeoutMs: 120_000 },
);

test("a command that does not exist is refused with the usage", async () => {
  const { code, output } = await runNode(["bench/run.mjs", "sead"]);
  assert.is(code, 2);
  assert.match(output, /unknown command 'sead'/);
});
