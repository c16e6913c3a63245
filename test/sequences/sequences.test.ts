// file-timeout: 120 s
// A share of `pnpm sequences`, and proof that it can fail.
import * as assert from "uvu/assert";
import type { OutgoingCall } from "../../packages/protocol/src/outgoing-call.ts";
import { suite } from "../support/suite.ts";
import { runSequences } from "./run.ts";
import type { System } from "./system.ts";

const test = suite("sequences of commands");

test(
  "every call settles once and as it may, and nothing is left (400 sequences)",
  async () => {
    const { failure, ends } = await runSequences({ runs: 400, seed: 20_260_101 });
    assert.is(failure, "");
    // All kinds of ends have been seen: else the sequences would say less than they seem to.
    const seen = Object.keys(ends);
    for (const how of ["well", "CANCELLED unknown", "DEADLINE_EXCEEDED unknown", "UNAVAILABLE not-executed"])
      assert.ok(seen.includes(how), `${how} among ${seen.join(", ")}`);
  },
  { timeoutMs: 60_000 },
);

/** What sequences fail with against a system that is broken so. */
async function caught(spoil: (system: System) => void): Promise<string> {
  const { failure } = await runSequences({ runs: 400, seed: 1, spoil });
  assert.match(
    failure,
    /replay with: pnpm sequences --runs 400 --seed 1 --path "[\d:]+" --replay-path "\S+"$/,
  );
  return failure;
}

test(
  "find a deadline that is lost",
  async () => {
    const text = await caught(({ loop }) => {
      loop.deadlines.add = () => {};
    });
    assert.match(text, /FAIL {2}call-\d+ .*(never settled|ms late|finds no place)/);
  },
  { timeoutMs: 60_000 },
);

test(
  "find a cancel that never leaves",
  async () => {
    const text = await caught(({ sessions }) => {
      for (const session of Object.values(sessions)) {
        const settled = session?.settled;
        if (session !== null) session.settled = (call: OutgoingCall) => settled?.call(session, call, false);
      }
    });
    assert.match(text, /FAIL {2}call-\d+ is over, and its handler was not told/);
  },
  { timeoutMs: 60_000 },
);

test(
  "find a call that is sent again although it may have run",
  async () => {
    const text = await caught(({ dialing }) => {
      const { again } = dialing;
      dialing.again = (call, error) =>
        again.call(
          dialing,
          call,
          error.outcome === "unknown" ? Object.assign(error, { outcome: "not-executed" }) : error,
        );
    });
    assert.match(text, /FAIL {2}call-\d+ .*was executed/);
  },
  { timeoutMs: 60_000 },
);
