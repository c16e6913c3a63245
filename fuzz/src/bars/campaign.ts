// A bar that is so many runs of a target.

import { Campaign } from "../engine.ts";
import type { Target } from "../target.ts";
import type { Course, Verdict } from "./bar.ts";

/** Runs a target as `pnpm fuzz` does, so many times. */
export async function campaignOf(target: Target, { count, seed, goesOn }: Course): Promise<Verdict> {
  const campaign = new Campaign(target, seed);
  // What is refused is refused by throwing, and nobody reads the traces: a replay has them.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    while (campaign.runs < count && !campaign.exhausted && goesOn(campaign.runs)) await campaign.step();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  for (const { error, command } of campaign.findings)
    process.stdout.write(`FOUND ${error}\n  replay: ${command}\n`);
  const value = campaign.findings.length;
  return { tried: campaign.runs, figures: [{ what: "findings", value, most: 0, unit: "" }] };
}
