// F3: live conversations, many at a time, against a server or against clients.

import { writeCrash } from "../crash.ts";
import { describe } from "../engine.ts";
import { Random } from "../random.ts";
import type { LiveTarget } from "../targets/live.ts";
import type { Course, Verdict } from "./bar.ts";

/** Conversations at a time. */
const AT_ONCE = 32;
/** Findings after which a bar has fallen. */
const ENOUGH = 5;

/** Holds conversations with a target. */
export async function liveBar(target: LiveTarget, { count, seed, goesOn }: Course): Promise<Verdict> {
  const random = new Random(`${seed}/${target.name}`);
  let [begun, tried, findings] = [0, 0, 0];
  const found = (error: unknown, input: ReturnType<LiveTarget["generate"]>) => {
    findings++;
    const command = writeCrash({ target: target.name, seed, error: describe(error), input });
    process.stdout.write(`FOUND ${describe(error)}\n  replay: ${command}\n`);
  };
  const worker = async () => {
    while (begun < count && findings < ENOUGH && goesOn(tried)) {
      begun++;
      const input = target.generate(random);
      await target.run(input).catch((error: unknown) => found(error, input));
      tried++;
    }
  };
  await target.run(target.generate(random)).catch((error: unknown) => found(error, []));
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const stage = await target.keeper.get();
  const report = await stage.report().catch((error: unknown) => found(error, []));
  await target.close?.();
  const { canary, left } = report ?? { canary: { calls: 0, failures: 1, slowestMs: 0 }, left: 0 };
  return {
    tried,
    figures: [
      { what: "crashes, warnings and calls that never settle", value: findings, most: 0, unit: "" },
      { what: `failures of ${canary.calls} calls of the canary`, value: canary.failures, most: 0, unit: "" },
      { what: "connections that the server still holds", value: left, most: 0, unit: "" },
    ],
  };
}
