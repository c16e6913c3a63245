// The highest rate that a peer keeps up with in an open loop.

import type { PaceResult } from "../load/pace.ts";

/** Calls a second of the first step: less than any peer can do. */
const FIRST = 500;
/** From step to step where the maximum is near. */
const STEP = 1.25;
/** A step is tried so often: a machine that pauses makes a peer fall behind where it could keep up. */
const TRIES = 3;

/** Whether a peer kept up with so many calls a second, this time. */
export type Keeps = (callsPerSecond: number) => Promise<boolean>;

/** Whether all calls were made as planned and answered at that rate: otherwise what they took says that there were too many. */
export function keptUp(
  { calls, failures, seconds }: Pick<PaceResult, "calls" | "failures" | "seconds">,
  planned: number,
): boolean {
  return failures === 0 && calls / seconds >= planned * 0.95;
}

/** Whether so many of the tries keep up; ends when that is known. */
async function keepsIn(wanted: number, keeps: Keeps, rate: number): Promise<boolean> {
  let kept = 0;
  for (let tries = 0; kept < wanted && wanted - kept <= TRIES - tries; tries++) if (await keeps(rate)) kept++;
  return kept === wanted;
}

/**
 * Climbs by doubling for as long as one try of a step keeps up, and from there in small steps to the last one where most
 * tries do.
 * @returns that rate; the first one if it is less.
 */
export async function highestKept(keeps: Keeps): Promise<number> {
  let rate = FIRST;
  while (await keepsIn(1, keeps, rate * 2)) rate *= 2;
  if (await keepsIn(2, keeps, rate)) {
    while (await keepsIn(2, keeps, rate * STEP)) rate *= STEP;
    return rate;
  }
  do rate = Math.max(FIRST, rate / STEP);
  while (rate > FIRST && !(await keepsIn(2, keeps, rate)));
  return rate;
}
