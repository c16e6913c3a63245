// A share of `pnpm sim`: some seeds of every scenario, and proof that each check can fail.
import { VertexError } from "@vertex/protocol";
import type { SimNode } from "@vertex/protocol/testing";
import * as assert from "uvu/assert";
import { CreditPool } from "../../packages/protocol/src/credit.ts";
import { suite } from "../support/suite.ts";
import { Handlers } from "./handlers.ts";
import type { Model } from "./model.ts";
import type { ParcelHandlers } from "./parcel-service.ts";
import { everything } from "./plan.ts";
import { failureText } from "./report.ts";
import { type Scenario, scenarioNamed, scenarios } from "./scenario.ts";
import { World } from "./world.ts";

const MINUTE = 60_000;
const worlds = suite("simulated worlds");

async function courseOf(scenario: Scenario, seed: number, minutes: number): Promise<string> {
  const world = new World(scenario, seed);
  await world.run(minutes * MINUTE);
  await world.settle();
  assert.ok(world.report.calls > 50, `${world.report.calls} calls`);
  return world.report.hash;
}

for (const scenario of scenarios) {
  const minutes = scenario.name === "day" ? 5 : 1;
  for (const seed of [101, 102]) {
    const sentence = `${scenario.name}, seed ${seed}: all that must hold holds for ${minutes} min, and nothing is left`;
    worlds(sentence, () => courseOf(scenario, seed, minutes), { timeoutMs: 40_000 });
  }
}

worlds("the same seed takes the same course, another seed another", async () => {
  const mixed = scenarioNamed("mixed");
  const course = await courseOf(mixed, 103, 1);
  assert.is(await courseOf(mixed, 103, 1), course);
  assert.is.not(await courseOf(mixed, 104, 1), course);
});

const checks = suite("the checks of a simulated world");

/** What a world fails with whose handlers, or whose model, are not as they should be. */
async function caught(
  spoilHandlers: (handlers: ParcelHandlers, model: Model, node: SimNode) => void,
  spoilModel: (model: Model) => void = () => {},
  scenario: Scenario = { ...scenarioNamed("restarts"), faults: {} },
): Promise<string> {
  const world = new World(scenario, 1, (model, node) => {
    const handlers = new Handlers(model, node);
    spoilHandlers(handlers, model, node);
    return handlers;
  });
  spoilModel(world.model);
  try {
    await world.run(MINUTE);
    await world.settle();
  } catch (error) {
    return failureText(error, world, { scenario, seed: 1, minutes: 1 }).join("\n");
  }
  throw new Error("nothing was found");
}

checks("find an answer that is spoilt", async () => {
  const text = await caught((handlers) => {
    const { ask } = handlers;
    handlers.ask = async (request, context) => {
      const right = await ask.call(handlers, request, context);
      return { ...right, bytes: right.bytes.map((byte) => byte ^ 1) };
    };
  });
  assert.match(text, /its answer came spoilt/);
});

checks("find an answer that is missing from a stream", async () => {
  const text = await caught((handlers) => {
    const { list } = handlers;
    handlers.list = async function* (request, context) {
      for await (const message of list.call(handlers, request, context)) if (message.seq !== 2) yield message;
    };
  });
  assert.match(text, /answer 2 of it came as 3/);
});

checks("find a stream that ends too soon", async () => {
  const text = await caught((handlers) => {
    const { list } = handlers;
    handlers.list = async function* (request, context) {
      for await (const message of list.call(handlers, request, context)) {
        yield message;
        if (message.seq === 3) return;
      }
    };
  });
  assert.match(text, /it ended well after 4 of \d+ answers/);
});

checks("find a call that is executed twice", async () => {
  const text = await caught((handlers) => {
    const { ask } = handlers;
    handlers.ask = async (request, context) => {
      await ask.call(handlers, request, context);
      return ask.call(handlers, request, context);
    };
  });
  assert.match(text, /was executed twice/);
});

checks("find a call that hangs", async () => {
  const text = await caught((handlers, model, node) => {
    handlers.ask = (request) => {
      model.entered(model.find(request.key), node, node.life);
      return new Promise(() => {});
    };
  });
  assert.match(text, /failed where nothing may fail: DEADLINE_EXCEEDED/);
});

checks("find a call that settles too late", async () => {
  const text = await caught(
    () => {},
    (model) => {
      const { begin } = model;
      model.begin = (plan, caller) =>
        Object.assign(begin.call(model, plan, caller), { deadlineAt: caller.now() - 200 });
    },
  );
  assert.match(text, /is \d+ ms late/);
});

checks(
  "find a call that succeeds without having been executed, and one that was executed after all",
  async () => {
    const blind = (model: Model) => {
      model.entered = () => {};
    };
    assert.match(await caught(() => {}, blind), /succeeded without having been executed/);
    const text = await caught((handlers, model) => {
      const { ask } = handlers;
      handlers.ask = (request, context) => {
        if (request.key % 7 === 0) {
          model.find(request.key).entered++;
          throw new VertexError("UNAVAILABLE", "a lie", { outcome: "not-executed", retryAfterMs: 1 });
        }
        return ask.call(handlers, request, context);
      };
    });
    assert.match(text, /failed as not-executed, and was/);
  },
);

checks("find a handler whose slot stays taken", async () => {
  let stuck = false;
  const text = await caught(
    (handlers) => {
      const { tell } = handlers;
      handlers.tell = async (request, context) => {
        await tell.call(handlers, request, context);
        if (stuck) return;
        stuck = true;
        await new Promise(() => {});
      };
    },
    () => {},
    { ...scenarioNamed("mixed"), faults: {} },
  );
  assert.match(text, /has 1 slots taken/);
});

checks("find a side that holds more than its windows allow", async () => {
  const { take } = CreditPool.prototype;
  CreditPool.prototype.take = (bytes) => bytes;
  try {
    const text = await caught(
      () => {},
      () => {},
      {
        ...scenarioNamed("mixed"),
        faults: {},
        profile: { ...everything, usualBytes: 900, largeBytes: 900, mostMessages: 300, gapMs: 1_000 },
        session: () => ({ initialCreditBytes: 300, callCreditBytes: 100_000, connectionCreditBytes: 300 }),
      },
    );
    assert.match(text, /holds \d+ bytes for \d+ calls, over \d+/);
  } finally {
    CreditPool.prototype.take = take;
  }
});

checks("end with the one command that repeats the run, and the story of the call", async () => {
  const text = await caught((handlers) => {
    handlers.ask = ({ key }) => ({ key, seq: 0, bytes: new Uint8Array(3) });
  });
  assert.match(text, /FAIL {2}restarts seed 1: call \d+ \(ask\): /);
  assert.match(text, / starts on client-/);
  assert.match(text, /replay with: pnpm sim --scenario restarts --seed 1 --minutes 1$/);
});
