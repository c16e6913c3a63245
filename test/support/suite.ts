// The one door to uvu. uvu runs the tests; this file makes sure that a broken file cannot pass: hooks run as
// tests under a timeout, an empty suite fails, whatever is thrown is reported, and whatever is left open at the
// end fails the file. Nobody calls run(): it starts by itself once the file has loaded.
import { realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { countHandles, handlesLeftOpen } from "./open-handles.ts";

export interface TestOptions {
  /** Milliseconds until the test or hook fails. Default 10,000. */
  readonly timeoutMs?: number;
}

export type TestBody = () => unknown;

export interface HookRegistrar {
  (body: TestBody, options?: TestOptions): void;
  /** Runs around each test of the suite, inside that test's result. */
  each(body: TestBody, options?: TestOptions): void;
}

export interface Suite {
  (sentence: string, body: TestBody, options?: TestOptions): void;
  /** Counts as skipped and prints the reason. */
  skip(sentence: string, reason: string): void;
  before: HookRegistrar;
  after: HookRegistrar;
}

interface Step {
  readonly sentence: string;
  readonly body: TestBody;
  readonly timeoutMs: number;
}

interface Declared {
  readonly name: string;
  readonly tests: Step[];
  readonly skipped: { sentence: string; reason: string }[];
  readonly before: Step[];
  readonly after: Step[];
  readonly beforeEach: Step[];
  readonly afterEach: Step[];
}

const defaultTimeoutMs = 10_000;
const closingGraceMs = 2_000;
const exitGraceMs = 2_000;
const mishapsPrinted = 20;

const emptySuite: Step = {
  sentence: "declares a test",
  body: () => Promise.reject(new Error("this suite is empty")),
  timeoutMs: defaultTimeoutMs,
};

// uvu's own deferred mode: it fills this queue and runs only when told to. The flag must stand before uvu loads.
const uvuGlobals = globalThis as unknown as { UVU_DEFER: number; UVU_INDEX: number; UVU_QUEUE: unknown[][] };
uvuGlobals.UVU_DEFER = 1;
const uvu = await import("uvu");

const handlesAtStart = countHandles();
const onlyMatching = process.env.VERTEX_TEST_ONLY;
const declared: Declared[] = [];
const mishaps = new Set<unknown>();
const tally = { passed: 0, failed: 0, skipped: 0 };
let phase: "loading" | "running" | "finished" = "loading";
let running = "";

/** Declares a suite. Its tests run in order, one at a time, after the file has loaded. */
export function suite(name: string): Suite {
  refuseWhenLate(name);
  const own: Declared = {
    name,
    tests: [],
    skipped: [],
    before: [],
    after: [],
    beforeEach: [],
    afterEach: [],
  };
  declared.push(own);
  const declare = (sentence: string, body: TestBody, options?: TestOptions): void => {
    own.tests.push(step(sentence, body, options));
  };
  const skip = (sentence: string, reason: string): void => {
    refuseWhenLate(sentence);
    if (typeof reason !== "string" || reason === "")
      throw new TypeError(`skip("${sentence}") needs a reason`);
    own.skipped.push({ sentence, reason });
  };
  return Object.assign(declare, {
    skip,
    before: hook("before", own.before, own.beforeEach),
    after: hook("after", own.after, own.afterEach),
  });
}

function hook(word: string, once: Step[], each: Step[]): HookRegistrar {
  const addTo = (steps: Step[], sentence: string) => (body: TestBody, options?: TestOptions) => {
    steps.push(step(sentence, body, options));
  };
  return Object.assign(addTo(once, word), { each: addTo(each, `${word}.each`) });
}

function step(sentence: string, body: TestBody, options: TestOptions = {}): Step {
  refuseWhenLate(sentence);
  if (typeof body !== "function") throw new TypeError(`"${sentence}" needs a function`);
  return { sentence, body, timeoutMs: options.timeoutMs ?? defaultTimeoutMs };
}

function refuseWhenLate(what: string): void {
  if (phase !== "loading") throw new Error(`"${what}" was declared after the tests had started`);
}

/** Hands one suite to uvu, each hook as a test of its own so that its failure is seen. */
function enqueue(own: Declared): void {
  const target = uvu.suite(own.name);
  let brokenHook: string | undefined;
  const addHook = (each: Step) =>
    target(each.sentence, async () => {
      try {
        await attempt(each);
      } catch (error) {
        if (own.before.includes(each)) brokenHook = each.sentence;
        tally.failed++;
        throw printable(error);
      }
    });
  const addTest = (each: Step) =>
    target(each.sentence, async () => {
      running = `${own.name}: ${each.sentence}`;
      try {
        if (brokenHook !== undefined) throw new Error(`not run, because the hook "${brokenHook}" failed`);
        await attemptWithHooks(own, each);
        tally.passed++;
      } catch (error) {
        tally.failed++;
        throw printable(error);
      }
    });
  if (own.tests.length + own.skipped.length === 0) {
    addTest(emptySuite);
  }
  own.before.forEach(addHook);
  own.tests.filter(isWanted).forEach(addTest);
  own.after.forEach(addHook);
  for (const { sentence, reason } of own.skipped) {
    tally.skipped++;
    target.skip();
    process.stdout.write(`skipped: ${own.name}: ${sentence} (${reason})\n`);
  }
  target.run();
}

function isWanted(each: Step): boolean {
  return onlyMatching === undefined || each.sentence.includes(onlyMatching);
}

/** The after.each hooks run even when the test failed; the first failure is the one that is reported. */
async function attemptWithHooks(own: Declared, test: Step): Promise<void> {
  const failures: unknown[] = [];
  try {
    for (const each of own.beforeEach) await attempt(each);
    await attempt(test);
  } catch (error) {
    failures.push(error);
  }
  for (const each of own.afterEach) await attempt(each).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

async function attempt({ sentence, body, timeoutMs }: Step): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`"${sentence}" took longer than ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * An error that uvu can print whatever was thrown. uvu reads name and stack unchecked, and computes a diff of its
 * own that fails on bigints; both would turn the failure into a pass.
 */
function printable(thrown: unknown): Error {
  if (!(thrown instanceof Error)) return new Error(`threw something that is no Error: ${inspect(thrown)}`);
  const copy = new Error(String(thrown.message));
  const { details } = thrown as { details?: unknown };
  const stack = typeof thrown.stack === "string" ? thrown.stack : String(thrown);
  const frames = stack.split("\n").filter((line) => line.startsWith("    at ") && !isMachinery(line));
  const cause = thrown.cause === undefined ? "" : `\ncaused by: ${inspect(thrown.cause)}`;
  copy.name = thrown.name === "AssertionError" ? "Assertion" : String(thrown.name);
  // uvu prints the message and then what follows the first line of the stack.
  copy.stack = `${copy.name}\n${frames.join("\n")}${cause}`;
  return typeof details === "string" ? Object.assign(copy, { details }) : copy;
}

function isMachinery(frame: string): boolean {
  return frame.includes("/test/support/suite.ts") || frame.includes("/node_modules/uvu/");
}

/** Something went wrong outside any test's own promise. */
function recordMishap(kind: string, problem: unknown): void {
  if (mishaps.has(problem)) return;
  mishaps.add(problem);
  tally.failed++;
  if (mishaps.size > mishapsPrinted) return;
  const when = running === "" ? "" : ` (during or after "${running}")`;
  process.stdout.write(`\n  FAIL  ${kind}${when}\n    ${inspect(problem)}\n`);
}

function reportLine(): void {
  process.exitCode = tally.failed > 0 ? 1 : 0;
  const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : "";
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed${skipped}\n`);
}

async function runAll(): Promise<void> {
  phase = "running";
  if (declared.length === 0) recordMishap("no suite was declared in this file", new Error("nothing to run"));
  uvuGlobals.UVU_INDEX = uvuGlobals.UVU_QUEUE.push([""]) - 1;
  declared.forEach(enqueue);
  await uvu.exec();
  if (process.exitCode === 1 && tally.failed === 0)
    recordMishap("uvu reports a failure", new Error("not counted"));
  const left = await handlesLeftOpen(handlesAtStart, closingGraceMs);
  if (left.length > 0) recordMishap("left open at the end of the file", left.join("\n"));
  phase = "finished";
  reportLine();
  if (left.length > 0) process.exit(1);
  // Unreferenced: it fires only if something that Node does not name keeps the process alive.
  setTimeout(() => {
    recordMishap("something unnamed keeps the process alive", process.getActiveResourcesInfo());
    reportLine();
    process.exit(1);
  }, exitGraceMs).unref();
}

process.on("uncaughtException", (error) => recordMishap("uncaught exception", error));
process.on("unhandledRejection", (reason) => recordMishap("unhandled rejection", reason));
process.on("warning", (warning) => recordMishap("process warning", warning));
process.on("exit", () => {
  if (phase === "finished" && process.exitCode === (tally.failed > 0 ? 1 : 0)) return;
  recordMishap(
    "the process ended before its tests did",
    `phase: ${phase}; exit code ${process.exitCode ?? 0}`,
  );
  reportLine();
});

// The test file is the program. Its import settles when it has loaded, top-level awaits included.
const main = process.argv[1];
if (main === undefined) throw new Error("a test file is run by its path");
import(pathToFileURL(realpathSync(main)).href).then(runAll).catch((error: unknown) => {
  recordMishap("the file does not load", error);
  phase = "finished";
  reportLine();
  process.exit(1);
});
