#!/usr/bin/env node
// The demo: a collector and several agents on this machine, a quiet while, a burst, a freeze, a kill, a farewell.
// phases.ts is the script of the play; this file sets the stage and clears it, whatever happens.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readArguments, wholeNumber } from "./arguments.ts";
import { Checks } from "./checks.ts";
import { Fleet } from "./fleet.ts";
import { Operator } from "./operator.ts";
import { burst, type Demo, freeze, kill, quiet, settle, shutDown } from "./phases.ts";
import { Screen } from "./screen.ts";
import { checkLines, type Results, summaryLines } from "./summary.ts";
import { tableLines } from "./table.ts";
import { describeFailure } from "./tally.ts";

const usage = `usage: demo [options]

  --agents N    agent processes, 1 to 64 (default 4)
  --seconds N   about how long it takes, 3 to 600 (default 12)
  --help        print this
`;

/** What starting, freezing, killing and stopping take beside the rest, in seconds. */
const FIXED_SECONDS = 3;
/** Beyond the time that was asked for: then something hangs, and the demo ends as failed. */
const LATE_SECONDS = 30;

/** Starts everybody and plays the demo. Resolves with whether all that must hold did. */
async function perform(fleet: Fleet, agents: number, seconds: number): Promise<boolean> {
  const screen = new Screen(process.stdout, process.env);
  const checks = new Checks();
  screen.tell(`a collector and ${agents} agents start, each a process of its own`);
  checks.must("the collector started", await fleet.startCollector(), fleet.collector?.complaints.join("\n"));
  if (!checks.failed) {
    screen.tell(`the collector listens on ${fleet.address}`);
    for (let index = 0; index < agents; index++) fleet.startAgent();
    const operator = new Operator(fleet.address, {
      refreshed: () => {
        if (operator.latest !== null) screen.refresh(tableLines(operator.latest, operator.waiting));
      },
      cut: (error) =>
        screen.tell(`the live stream of agent-1 was cut off (${describeFailure(error)}) and is opened again`),
    });
    try {
      const results = await play({ fleet, operator, screen, checks }, seconds);
      screen.print(["", "Summary", ...summaryLines(results)]);
    } catch (error) {
      screen.leave();
      checks.must("the demo went on to its end", false, `${describeFailure(error)} (${String(error)})`);
    }
  }
  screen.print(["", ...checkLines(checks.all)]);
  return !checks.failed;
}

async function play(demo: Demo, seconds: number): Promise<Results> {
  const { fleet, operator, screen, checks } = demo;
  const rest = Math.max(1, seconds - FIXED_SECONDS);
  await quiet(demo, rest * 0.3);
  const following = operator.follow("agent-1");
  // Awaited at the end: if it fails before, that is soon enough to know it.
  following.catch(() => {});
  const measured = await burst(demo, rest * 0.4);
  await freeze(demo);
  await sleep(rest * 150);
  await kill(demo);
  await sleep(rest * 150);
  const last = await settle(demo, measured);
  await shutDown(demo);
  await following;
  screen.leave();
  checks.must("no process was left behind", fleet.children.size === 0);
  const { followed, peakBytes, tally } = operator;
  return {
    seats: fleet.seats,
    operator: tally.counts,
    burst: measured,
    last,
    peakBytes,
    followed,
    seconds: performance.now() / 1_000,
  };
}

async function main(): Promise<void> {
  const values = readArguments(usage, ["agents", "seconds"]);
  const agents = wholeNumber(usage, "agents", values.agents, [4, 1, 64]);
  const seconds = wholeNumber(usage, "seconds", values.seconds, [12, 3, 600]);
  const folder = mkdtempSync(join(tmpdir(), "vertex-fleet-"));
  const fleet = new Fleet(folder);
  process.on("exit", () => {
    fleet.children.killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
  const hung = (): void => {
    process.stderr.write(`the demo hangs: it takes ${LATE_SECONDS} s longer than asked for\n`);
    process.exit(1);
  };
  setTimeout(hung, (seconds + LATE_SECONDS) * 1_000).unref();
  process.exit((await perform(fleet, agents, seconds)) ? 0 : 1);
}

await main();
