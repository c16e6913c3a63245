// The wrapper is tested from outside: each case is a small test file, run as a process of its own.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";

const testRoot = fileURLToPath(new URL("../../", import.meta.url));
const suiteUrl = new URL("../../support/suite.ts", import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), "vertex-suite-"));

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly lastLine: string;
}

let files = 0;

function runFile(source: string, env: Record<string, string> = {}): Promise<Outcome> {
  const file = join(folder, `case-${files++}.test.mts`);
  writeFileSync(file, `import { suite } from ${JSON.stringify(suiteUrl)};\n${source}\n`);
  const child = spawn(process.execPath, ["--import", "tsx", file], {
    cwd: testRoot,
    // What fails here is meant to: the file around it must not hear of it.
    env: { ...process.env, NODE_OPTIONS: "", ...env, NO_COLOR: "1", FORCE_COLOR: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code, output, lastLine: stdout.trimEnd().split("\n").at(-1) ?? "" }),
    );
  });
}

const test = suite("suite");

/** Declares a test: this file, run alone, fails with this text and this last line. */
function fails(sentence: string, source: string, message: RegExp, lastLine: string): void {
  test(sentence, async () => {
    const outcome = await runFile(source);
    assert.match(outcome.output, message);
    assert.is(outcome.lastLine, lastLine);
    assert.is(outcome.code, 1);
  });
}

test.after(() => rmSync(folder, { recursive: true }));

test("a good file passes, top-level awaits, hooks and skips included", async () => {
  const outcome = await runFile(`
    const test = suite("good");
    await new Promise((resolve) => setTimeout(resolve, 20));
    const order: string[] = [];
    test.before(() => { order.push("before"); });
    test.before.each(() => { order.push("each"); });
    test.after.each(async () => { order.push("after each"); });
    test.after(() => { console.log(order.join(", ")); });
    test("first", () => { order.push("first"); });
    test("second", async () => { order.push("second"); });
    test.skip("third", "needs a second host");
  `);
  assert.match(outcome.output, "before, each, first, after each, each, second, after each");
  assert.match(outcome.output, "skipped: good: third (needs a second host)");
  assert.is(outcome.lastLine, "2 passed, 0 failed, 1 skipped");
  assert.is(outcome.code, 0);
});

test("only the tests that match VERTEX_TEST_ONLY run", async () => {
  const source = `const test = suite("s"); test("a fox", () => {}); test("a hen", () => { throw new Error("hen"); });`;
  const outcome = await runFile(source, { VERTEX_TEST_ONLY: "fox" });
  assert.is(outcome.lastLine, "1 passed, 0 failed");
});

fails(
  "a failing assertion is printed and the tests after it still run",
  `suite("s"); const test = suite("t"); test("a", () => { throw new RangeError("too far"); }); test("b", () => {});`,
  /too far/,
  "1 passed, 2 failed",
);
fails("a file without a suite fails", "void suite;", /no suite was declared/, "0 passed, 1 failed");
fails("an empty suite fails", `suite("hollow");`, /this suite is empty/, "0 passed, 1 failed");
fails(
  "a throwing before hook fails itself and the tests that counted on it",
  `const test = suite("s"); test.before(() => { throw new Error("no port"); }); test("a", () => {});`,
  /no port[\s\S]*not run, because the hook "before" failed/,
  "0 passed, 2 failed",
);
fails(
  "a throwing after hook fails",
  `const test = suite("s"); test.after(() => { throw new Error("will not close"); }); test("a", () => {});`,
  /will not close/,
  "1 passed, 1 failed",
);
fails(
  "a throwing after.each hook fails the test, and hides no earlier failure",
  `const test = suite("s"); test.after.each(() => { throw new Error("second"); });
   test("a", () => {}); test("b", () => { throw new Error("first"); });`,
  /second[\s\S]*first/,
  "0 passed, 2 failed",
);
fails(
  "throw null, a thrown string and bigints in a diff are failures",
  `const test = suite("s"); test("a", () => { throw null; }); test("b", () => { throw "words"; });
   test("c", () => { throw Object.assign(new Error("unequal"), { name: "AssertionError", actual: [1n], expected: [2n] }); });`,
  /is no Error: null[\s\S]*is no Error: 'words'[\s\S]*unequal/,
  "0 passed, 3 failed",
);
fails(
  "a test that never settles fails at its timeout, and so does a hook",
  `const test = suite("s"); test.before.each(() => {}); test("a", () => new Promise(() => {}), { timeoutMs: 30 });
   test.after(() => new Promise(() => {}), { timeoutMs: 30 });`,
  /"a" took longer than 30 ms[\s\S]*"after" took longer than 30 ms/,
  "0 passed, 2 failed",
);
fails(
  "a server and a timer left open fail the file and are named",
  `import { createServer } from "node:net";
   const test = suite("s");
   test("a", () => new Promise<void>((done) => { createServer().listen(0, "127.0.0.1", done); setTimeout(() => {}, 60_000); }));`,
  /TCP server[\s\S]*timer[\s\S]*server on .*127\.0\.0\.1/,
  "1 passed, 1 failed",
);
fails(
  "a socket left open fails the file and is named",
  `import { connect, createServer } from "node:net";
   const test = suite("s");
   test("a", () => new Promise<void>((done) => {
     const server = createServer(() => { server.close(); done(); });
     server.listen(0, "127.0.0.1", () => connect(server.address().port, "127.0.0.1"));
   }));`,
  /TCP socket[\s\S]*socket 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+/,
  "1 passed, 1 failed",
);
fails(
  "a child process and a worker left running fail the file",
  `import { spawn } from "node:child_process"; import { Worker } from "node:worker_threads";
   const test = suite("s");
   test("a", async () => {
     spawn(process.execPath, ["-e", "process.stdin.resume()"]);
     await new Promise((up) => new Worker("setInterval(() => {}, 1000)", { eval: true }).on("online", up));
   });`,
  /child process[\s\S]*child process \d+: .*stdin/,
  "1 passed, 1 failed",
);
fails(
  "an unhandled rejection fails the file",
  `const test = suite("s"); test("a", async () => { void Promise.reject(new Error("nobody listens")); await new Promise(setImmediate); });`,
  /unhandled rejection \(during or after "s: a"\)[\s\S]*nobody listens/,
  "1 passed, 1 failed",
);
fails(
  "an uncaught exception in a callback fails the file",
  `const test = suite("s"); test("a", () => new Promise<void>((done) => { setTimeout(done, 20); setTimeout(() => { throw new Error("astray"); }); }));`,
  /uncaught exception[\s\S]*astray/,
  "1 passed, 1 failed",
);
fails(
  "a process warning fails the file",
  `const test = suite("s"); test("a", async () => { process.emitWarning("deprecated thing"); await new Promise(setImmediate); });`,
  /process warning[\s\S]*deprecated thing/,
  "1 passed, 1 failed",
);
fails(
  "a file that throws while loading fails",
  `const test = suite("s"); test("a", () => {}); throw new Error("half loaded");`,
  /half loaded/,
  "0 passed, 1 failed",
);
fails(
  "a process that exits in the middle fails, whatever its exit code",
  `const test = suite("s"); test("a", () => {}); test("b", () => process.exit(0));`,
  /ended before its tests did/,
  "1 passed, 1 failed",
);
fails(
  "a test declared after the start is refused",
  `const test = suite("s"); test("a", () => { test("b", () => {}); });`,
  /"b" was declared after the tests had started/,
  "0 passed, 1 failed",
);
fails(
  "a skip without a reason is refused",
  `const test = suite("s"); test.skip("a", "");`,
  /skip\("a"\) needs a reason/,
  "0 passed, 1 failed",
);
