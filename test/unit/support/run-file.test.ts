// file-timeout: 180 s
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { type FileResult, runFile } from "../../run-file.ts";
import { suite } from "../../support/suite.ts";

const suiteUrl = new URL("../../support/suite.ts", import.meta.url).href;
const root = mkdtempSync(join(tmpdir(), "vertex-run-"));
let files = 0;

function run(body: string, opening = "", timeoutSeconds = 20): Promise<FileResult> {
  const file = `case-${files++}.test.mts`;
  const source = `${opening}import { suite } from ${JSON.stringify(suiteUrl)};\nconst test = suite("s");\n${body}\n`;
  writeFileSync(join(root, file), source);
  return runFile(file, { root, node: process.execPath, timeoutSeconds, only: undefined, colors: false });
}

const counts = ({ passed, failed, skipped }: FileResult) => ({ passed, failed, skipped });

const test = suite("run-file");
test.after(() => rmSync(root, { recursive: true }));

test("the counts are those of the file's last line", async () => {
  const result = await run(
    `test("a", () => {}); test("b", () => { throw new Error("no"); }); test.skip("c", "later");`,
  );
  assert.equal(counts(result), { passed: 1, failed: 1, skipped: 1 });
});

test("a process that a file leaves behind fails the file", async () => {
  const result = await run(`
    import { spawn } from "node:child_process";
    test("a", () => { spawn("sleep", ["60"], { stdio: "ignore" }).unref(); });`);
  assert.equal(counts(result), { passed: 1, failed: 1, skipped: 0 });
  assert.match(result.output, "left processes behind");
});

test("a file that blocks the event loop is killed at its own timeout", async () => {
  const result = await run(`test("a", () => { for (;;); });`, "// Blocks.\n// file-timeout: 2 s\n");
  assert.equal(counts(result), { passed: 0, failed: 1, skipped: 0 });
  assert.match(result.output, "took longer than 2 s");
});

test("code from strings is refused, unless the file's opening lines ask for it", async () => {
  const body = `test("a", () => { new Function("return 1")(); });`;
  assert.equal(counts(await run(body)), { passed: 0, failed: 1, skipped: 0 });
  const asked = await run(body, "// node-flags: --no-disallow-code-generation-from-strings\n");
  assert.equal(counts(asked), { passed: 1, failed: 0, skipped: 0 });
});

test("a file that prints no results, or dies after a good result, has failed", async () => {
  const silent = await run(`test("a", () => process.kill(process.pid, "SIGKILL"));`);
  assert.equal(counts(silent), { passed: 0, failed: 1, skipped: 0 });
  assert.match(silent.output, "SIGKILL");
  const late = await run(
    `test("a", () => {}); process.on("exit", () => process.kill(process.pid, "SIGKILL"));`,
  );
  assert.is(late.failed, 1);
});

test(
  "a warning in a process that a file starts, or in its worker, fails the file",
  async () => {
    const inChild = await run(`
    import { spawnSync } from "node:child_process";
    test("a", () => { spawnSync(process.execPath, ["-e", "process.emitWarning('thin ice')"]); });`);
    assert.equal(counts(inChild), { passed: 1, failed: 1, skipped: 0 });
    assert.match(inChild.output, "a process warned:\nWarning: thin ice");
    const inWorker = await run(`
    import { Worker } from "node:worker_threads";
    test("a", () => new Promise((done) => new Worker("process.emitWarning('thin ice')", { eval: true }).on("exit", done)));`);
    assert.equal(counts(inWorker), { passed: 1, failed: 1, skipped: 0 });
    assert.match(inWorker.output, "Warning: thin ice");
  },
  { timeoutMs: 60_000 },
);

test(
  "the processes that a file starts run under its own strict flags",
  async () => {
    const inChild = (code: string) => `
    import { spawnSync } from "node:child_process";
    test("a", () => {
      const { status, stderr } = spawnSync(process.execPath, ["-e", ${JSON.stringify(code)}], { encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
    });`;
    for (const code of [
      "new Function('return 1')",
      "({}).__proto__",
      "Promise.reject(new Error('nobody listens'))",
    ]) {
      assert.equal(counts(await run(inChild(code))), { passed: 0, failed: 1, skipped: 0 }, code);
    }
    assert.equal(counts(await run(inChild("1 + 1"))), { passed: 1, failed: 0, skipped: 0 });
  },
  { timeoutMs: 60_000 },
);
