import * as assert from "uvu/assert";
import {
  resolveWorkerOptions,
  workerOptionRules,
} from "../../../../packages/server/src/workers/worker-options.ts";
import { thrownBy } from "../../../support/server/waiting.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("the options of worker threads");

test("have defaults, and a name by the module", () => {
  const options = resolveWorkerOptions({}, "reports-worker.js");
  assert.is(options.name, "reports-worker");
  assert.equal([options.concurrency, options.callsPerThread, options.balance], [1, 8, "round-robin"]);
  assert.ok(options.threads >= 1);
});

test("are refused out of their bounds, by name", () => {
  for (const [name, [, min, max]] of Object.entries(workerOptionRules)) {
    for (const value of [min - 1, max + 1, min + 0.5, Number.NaN]) {
      assert.match(
        thrownBy(() => resolveWorkerOptions({ [name]: value }, "a.js")).message,
        name,
        `${name} ${value}`,
      );
    }
  }
  assert.match(thrownBy(() => resolveWorkerOptions({ thread: 1 } as never, "a.js")).message, '"thread"');
  assert.match(
    thrownBy(() => resolveWorkerOptions({ balance: "random" as never }, "a.js")).message,
    "balance must be",
  );
});

test("hand a thread at least as many calls as it may run", () => {
  assert.is(resolveWorkerOptions({ concurrency: 50 }, "a.js").callsPerThread, 50);
  assert.match(
    thrownBy(() => resolveWorkerOptions({ concurrency: 5, callsPerThread: 4 }, "a.js")).message,
    "callsPerThread must be a whole number from 5",
  );
});
