// file-timeout: 300 s
// children: free
// Only that the benchmarks run and show all their figures: how large they are depends on who else is at work here. One
// file, because each run builds anew. Not here: calls, which builds its native peers first, and the gate, which CI runs.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const test = suite("bench commands");

interface Figure {
  readonly id: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

interface Measured {
  readonly rows: readonly Figure[];
  readonly tables: readonly unknown[];
  readonly charts: readonly unknown[];
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
  "a quick run of seed shows every figure with its note, in the table and as JSON",
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

const sections: { readonly [name: string]: readonly string[] } = {
  codec: [
    "codec-encode-vertex",
    "codec-encode-vertex-best",
    "codec-encode-in-place",
    "codec-encode-in-place-best",
    "codec-decode-vertex",
    "codec-decode-vertex-best",
    "codec-decode-in-place",
    "codec-decode-in-place-best",
    "codec-decode-lent",
    "codec-decode-lent-best",
  ],
  latency: ["latency-slow"],
  streams: [
    "streams-small-up",
    "streams-small-down",
    "streams-large-up",
    "streams-large-down",
    "streams-lent-up",
    "streams-lent-down",
    "streams-beside-1",
    "streams-lent-1",
    "streams-beside-64",
    "streams-lent-64",
  ],
  connections: ["connections-busy", "connections-failures", "connections-idle", "connections-held"],
  memory: [
    "memory-idle",
    "memory-connection",
    "memory-buffers-server",
    "memory-buffers-client",
    "memory-heap-server",
    "memory-heap-client",
  ],
};

for (const [name, ids] of Object.entries(sections)) {
  test(
    `a quick run of ${name} measures every row of its targets`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "vertex-bench-"));
      try {
        const json = join(folder, "figures.json");
        const { code, output } = await runNode(["bench/run.mjs", name, "--quick", "--json", json]);
        assert.is(code, 0, output);
        const [section] = (JSON.parse(readFileSync(json, "utf8")) as { sections: Measured[] }).sections;
        assert.equal(
          section?.rows.map(({ id }) => id),
          ids,
        );
        for (const { id, value } of section?.rows ?? []) assert.ok(Number.isFinite(value), `${id}: ${value}`);
        assert.ok((section?.tables.length ?? 0) > 0 && (section?.charts.length ?? 0) > 0);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    { timeoutMs: 60_000 },
  );
}

test(
  "a quick run of profile shows the places and the functions of every scenario",
  async () => {
    await buildIfMissing();
    const { code, output } = await runNode(["bench/run.mjs", "profile", "--quick"]);
    assert.is(code, 0, output);
    assert.is(output.match(/, by place\n/g)?.length, 5, output);
    assert.is(output.match(/, the functions with the most time of their own\n/g)?.length, 5, output);
  },
  { timeoutMs: 60_000 },
);

test("a scenario that does not exist is refused", async () => {
  const { code, output } = await runNode(["bench/run.mjs", "profile", "idel"]);
  assert.is(code, 2);
  assert.match(output, /Allowed choices are connections, idle, encode, decode, streams/);
});

test("a command that does not exist is refused with the usage", async () => {
  const { code, output } = await runNode(["bench/run.mjs", "sead"]);
  assert.is(code, 2);
  assert.match(output, /unknown command 'sead'/);
});
