// What a run of a world has to say: a line when it went well, and what repeats it when it did not.
import { stamp, Violation } from "./model.ts";
import type { Scenario } from "./scenario.ts";
import type { World, WorldReport } from "./world.ts";

/** One run: which world, and for how long. */
export interface Run {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly minutes: number;
}

/** The one command that repeats a run. */
export function replayCommand({ scenario, seed, minutes }: Run): string {
  return `pnpm sim --scenario ${scenario.name} --seed ${seed} --minutes ${minutes}`;
}

/** A run that went well, in words. */
export function successText({ scenario, seed, minutes }: Run, ms: number, report: WorldReport): string[] {
  const { hash, events, calls, succeeded, failed, repeats, dismissals, mostHeld } = report;
  return [
    `ok    ${scenario.name} seed ${seed}: ${minutes} min in ${(ms / 1_000).toFixed(2)} s, ${events} events, ` +
      `${calls} calls (${succeeded} well, ${repeats} repeats), trace ${hash}`,
    `      ended badly: ${list(failed)}; connections: ${list(dismissals)}; held at most: ${mostHeld} bytes`,
  ];
}

/** A run that failed, in words: what was violated, what befell the world and the call before, and how to see it again. */
export function failureText(error: unknown, world: World, run: Run): string[] {
  const { scenario, seed } = run;
  const lines = [
    `FAIL  ${scenario.name} seed ${seed}: ${error instanceof Error ? error.message : String(error)}`,
  ];
  if (!(error instanceof Violation) && error instanceof Error) lines.push(`  ${error.stack}`);
  for (const line of world.model.tail.slice(-15)) lines.push(`  ${line}`);
  if (error instanceof Violation && error.record !== undefined) {
    lines.push(`  the call: ${JSON.stringify(error.record.plan)}`);
    for (const { at, what } of error.record.story.slice(-20)) lines.push(`  ${stamp(at)} ${what}`);
  }
  return [...lines, `replay with: ${replayCommand(run)}`];
}

function list(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).sort();
  return entries.length === 0 ? "none" : entries.map(([what, count]) => `${what} ${count}`).join(", ");
}
