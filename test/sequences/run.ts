// A sequence from its first command to the proof that nothing is left of it, and a run over many of them.
import fc from "fast-check";
import * as assert from "uvu/assert";
import type { SessionOptions } from "../../packages/protocol/src/session-options.ts";
import { microtasks } from "../support/protocol/manual-environment.ts";
import { arbitraries, askAgain, begin, LONGEST_MS, readRest } from "./commands.ts";
import { Model } from "./model.ts";
import { System } from "./system.ts";

/** Which sequences to run. */
export interface Sequences {
  readonly runs: number;
  readonly seed: number;
  /** Where a failure was found, to see only that one again. */
  readonly path?: string | undefined;
  readonly replayPath?: string | undefined;
  /** Makes a system that is broken on purpose. */
  readonly spoil?: ((system: System, model: Model) => void) | undefined;
}

/** What came of a run. */
export interface SequencesReport {
  /** "" when every sequence held, else what failed and how to see it again. */
  readonly failure: string;
  /** How calls ended, and how often. */
  readonly ends: Readonly<Record<string, number>>;
}

const MAX_COMMANDS = 60;

const size = (most: number) => fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: most }));

const sessionOptions: fc.Arbitrary<SessionOptions> = fc.record({
  maxFrameBytes: fc.integer({ min: 1_024, max: 5_000 }),
  maxConcurrentCalls: fc.integer({ min: 1, max: 12 }),
  initialCreditBytes: size(5_000),
  callCreditBytes: size(5_000),
  connectionCreditBytes: size(5_000),
  drainConfirmTimeoutMs: fc.integer({ min: 10, max: 200 }),
  heartbeatIntervalMs: fc.constant(3_600_000),
  heartbeatTimeoutMs: fc.constant(3_600_000),
});

/** Runs sequences until one fails. */
export async function runSequences({
  runs,
  seed,
  path,
  replayPath,
  spoil,
}: Sequences): Promise<SequencesReport> {
  const ends: Record<string, number> = {};
  const scheduler = fc.scheduler({
    act: async (task) => {
      await task();
      await microtasks();
    },
  });
  const sequence = fc.commands([fc.oneof(...arbitraries)], {
    maxCommands: MAX_COMMANDS,
    size: "max",
    ...(replayPath === undefined ? {} : { replayPath }),
  });
  const property = fc.asyncProperty(scheduler, sessionOptions, sequence, async (order, options, commands) => {
    const model = new Model();
    const system = new System(order, options, model);
    spoil?.(system, model);
    await fc.scheduledModelRun(order, () => ({ model, real: system }), commands);
    await finish(order, model, system, options.maxConcurrentCalls ?? 1);
    for (const { how } of model.calls) ends[how] = (ends[how] ?? 0) + 1;
  });
  const details = await fc.check(property, { numRuns: runs, seed, ...(path === undefined ? {} : { path }) });
  if (!details.failed) return { failure: "", ends };
  const report = fc.defaultReportMessage(details) ?? "";
  const replay = /replayPath="([^"]*)"/.exec(report)?.[1];
  const again = `--seed ${details.seed} --path "${details.counterexamplePath}"${replay === undefined ? "" : ` --replay-path "${replay}"`}`;
  const { errorInstance } = details;
  const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return { failure: `${report}\nFAIL  ${why}\nreplay with: pnpm sequences --runs ${runs} ${again}`, ends };
}

/** Time goes on until every call is out of it; then nothing may be left, and all places must be free. */
async function finish(order: fc.Scheduler, model: Model, system: System, places: number): Promise<void> {
  const settle = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 20) {
      await order.waitAll();
      await system.env.advance(20);
    }
    await order.waitAll();
  };
  await order.waitAll();
  mustHaveHeard(model);
  await settle(LONGEST_MS + 100);
  for (const record of model.open) model.fail(record, "never settled");
  if (model.broken !== null) throw new Error(model.broken);
  await askAgain(model);
  await readRest(model, model.calls);
  system.handlers.release();
  await settle(400);
  await mustBeIdle(model, system);
  if (!model.shut) await mustHaveRoom(model, system, settle, places);
  for (const session of Object.values(system.sessions)) session?.close("SHUTDOWN", "the end");
  await settle(400);
  assert.is(system.ended, system.made, "every session ends once");
  assert.is(system.env.timers.size, 0, "timers are left");
}

/** All is delivered and no time has passed: who wants to know that a call is over has been told. */
function mustHaveHeard({ calls }: Model): void {
  for (const { name, shape, ends, obeys, entered, left } of calls) {
    const over = ends.length > 0 && shape !== "oneWay";
    if (over && obeys) assert.is(left, entered, `${name} is over, and its handler was not told`);
  }
}

async function mustBeIdle(model: Model, system: System): Promise<void> {
  await microtasks();
  if (model.broken !== null) throw new Error(model.broken);
  for (const { name, entered, left } of model.calls) assert.is(left, entered, `a handler of ${name} runs`);
  for (const session of Object.values(system.sessions)) {
    if (session === null) continue;
    assert.is(session.openCalls, 0, "calls open");
    assert.is(session.runningCalls, 0, "slots taken");
    assert.is(session.heldBytes, 0, "bytes held");
  }
  assert.is(system.dialing.waiting + system.accepting.waiting, 0, "calls waiting");
  assert.is(system.loop.deadlines.size, 0, "deadlines set");
}

/** As many calls as there are places run at once, in both directions: no slot was lost. */
async function mustHaveRoom(
  model: Model,
  system: System,
  settle: (ms: number) => Promise<void>,
  places: number,
): Promise<void> {
  if (!model.linked) {
    model.linked = true;
    system.connect();
    await settle(20);
  }
  const before = model.calls.length;
  for (let n = 0; n < places; n++) {
    begin(model, system, "unary", "dialer", LONGEST_MS);
    begin(model, system, "unary", "acceptor", LONGEST_MS);
  }
  await settle(20);
  const fresh = model.calls.slice(before);
  for (const { name, entered } of fresh) assert.is(entered, 1, `${name} finds no place`);
  for (const record of fresh) {
    record.told = "answer";
    system.handlers.tell(record, "answer");
  }
  await settle(20);
  for (const { name, ends } of fresh) assert.equal(ends, ["well"], name);
  await mustBeIdle(model, system);
}
