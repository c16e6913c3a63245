// credit.ts, inbound.ts and outbound.ts against each other: whatever the sizes, every message that somebody waits for
// gets through, and nobody holds more than was stated.
import * as assert from "uvu/assert";
import { FlowModel, type FlowSettings, type Temper } from "../../support/protocol/credit-model.ts";
import { seededRandom } from "../../support/protocol/manual-environment.ts";
import { suite } from "../../support/suite.ts";

const test = suite("flow control");

async function check(settings: FlowSettings, sentence: string): Promise<FlowModel> {
  const model = new FlowModel(settings);
  await model.run();
  for (const call of model.calls) {
    assert.is(call.problem, "", sentence);
    if (call.temper !== "never") {
      assert.is(call.received, call.sizes.length, `${sentence}: messages of ${call.temper} call ${call.id}`);
    }
  }
  assert.ok(
    model.mostHeld <= model.bound,
    `${sentence}: held ${model.mostHeld}, the bound is ${model.bound}`,
  );
  const { mostPotential, bound } = model;
  assert.ok(
    mostPotential <= bound,
    `${sentence}: could be made to hold ${mostPotential}, the bound is ${bound}`,
  );
  const held = model.calls.reduce((sum, { inbound }) => sum + inbound.heldBytes, 0);
  assert.is(model.held.bytes, held + model.spares.bytes, `${sentence}: the account of all connections`);
  assert.ok(model.spares.bytes <= settings.connectionCreditBytes, `${sentence}: memory that is kept`);
  return model;
}

const plain: FlowSettings = {
  seed: 1,
  initialCreditBytes: 65_536,
  callCreditBytes: 262_144,
  connectionCreditBytes: 4_194_304,
  maxFrameBytes: 65_536,
  maxMessageBytes: 4_194_304,
  calls: [],
};

test("lets a message of the greatest size through, with the defaults and with the least of everything", async () => {
  for (const temper of ["at-once", "reads"] as const) {
    const calls = [{ temper, sizes: [4_194_304, 0, 1, 4_194_304] }];
    await check({ ...plain, calls }, `${temper}, defaults`);
    const least = {
      initialCreditBytes: 1,
      callCreditBytes: 1,
      connectionCreditBytes: 1,
      maxFrameBytes: 1_024,
    };
    await check(
      { ...plain, ...least, maxMessageBytes: 20_000, calls: [{ temper, sizes: [20_000, 0, 257, 256, 255] }] },
      `${temper}, least`,
    );
  }
});

test("reads messages of all sizes from memory that is used again, and never from what somebody still has", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const borrows = (sizes: readonly number[]) => ({ temper: "borrows" as const, sizes });
    const calls = [
      borrows(Array.from({ length: 30 }, () => 65_540)),
      borrows([10_000, 200_000, 9_000, 11, 4_096, 4_095, 200_000, 10_000]),
      borrows([1_000_000, 65_000, 65_000, 1_000_000]),
    ];
    const { spares } = await check({ ...plain, seed, calls }, `seed ${seed}`);
    assert.ok(spares.bytes > 65_540, `seed ${seed}: ${spares.bytes} bytes are kept`);
  }
});

test("keeps the order of messages, the empty ones too", async () => {
  const sizes = [0, 3_000, 0, 0, 1, 0, 5_000, 0];
  for (const temper of ["at-once", "reads"] as const) {
    const little = { initialCreditBytes: 300, callCreditBytes: 600, maxMessageBytes: 5_000 };
    await check({ ...plain, ...little, calls: [{ temper, sizes }] }, temper);
  }
});

test("is not stopped by consumers that never read, though they fill the pool", async () => {
  const never = Array.from({ length: 6 }, () => ({
    temper: "never" as const,
    sizes: Array.from({ length: 40 }, () => 900),
  }));
  const reading: FlowSettings["calls"] = [
    { temper: "reads", sizes: [9_000, 10, 9_000] },
    { temper: "at-once", sizes: [9_000, 0, 5_000] },
    { temper: "reads", sizes: [100, 100, 100] },
  ];
  for (let seed = 1; seed <= 20; seed++) {
    const tight = {
      initialCreditBytes: 1_000,
      callCreditBytes: 4_000,
      connectionCreditBytes: 5_000,
      maxMessageBytes: 9_000,
    };
    await check(
      { ...plain, ...tight, maxFrameBytes: 2_048, seed, calls: [...never, ...reading] },
      `seed ${seed}`,
    );
  }
});

test("is not stopped by a consumer that waits for a message which is never sent", async () => {
  const calls: FlowSettings["calls"] = [
    { temper: "reads", sizes: [] },
    { temper: "never", sizes: [3_000, 3_000] },
    { temper: "reads", sizes: [9_000] },
  ];
  for (let seed = 1; seed <= 20; seed++) {
    const tight = {
      initialCreditBytes: 500,
      callCreditBytes: 4_000,
      connectionCreditBytes: 1,
      maxMessageBytes: 9_000,
    };
    await check({ ...plain, ...tight, seed, calls }, `seed ${seed}`);
  }
});

test("is not stopped by what other connections hold, though nothing is granted ahead", async () => {
  const calls: FlowSettings["calls"] = [
    { temper: "reads", sizes: [9_000, 10, 9_000] },
    { temper: "at-once", sizes: [9_000, 0, 5_000] },
    { temper: "never", sizes: [3_000, 3_000] },
    { temper: "reads", sizes: [4_000, 4_000, 4_000] },
  ];
  for (let seed = 1; seed <= 20; seed++) {
    const tight = {
      initialCreditBytes: 1_000,
      callCreditBytes: 4_000,
      connectionCreditBytes: 1_000_000,
      maxMessageBytes: 9_000,
      maxHeldBytes: 1,
    };
    const { mostHeld } = await check({ ...plain, ...tight, seed, calls }, `seed ${seed}`);
    assert.ok(mostHeld <= calls.length * (1_000 + 512) + 9_000 + 512, `seed ${seed}: ${mostHeld}`);
  }
});

test("does not grow with the number of consumers that waited once and then stopped reading", async () => {
  const calls = Array.from({ length: 30 }, () => ({ temper: "reads" as const, sizes: [3_000, 20, 3_000] }));
  const tight = {
    initialCreditBytes: 256,
    callCreditBytes: 100_000,
    connectionCreditBytes: 256,
    maxMessageBytes: 3_000,
  };
  await check({ ...plain, ...tight, calls }, "thirty calls");
});

test(
  "does all that for 400 random sets of windows, calls and messages",
  async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const random = seededRandom(seed * 7919);
      const upTo = (most: number) => Math.max(1, Math.floor(Math.exp(random() * Math.log(most))));
      const maxMessageBytes = 1_024 + upTo(30_000);
      const size = () => {
        const kind = random();
        if (kind < 0.15) return 0;
        return kind < 0.25 ? maxMessageBytes : Math.min(maxMessageBytes, upTo(maxMessageBytes));
      };
      const tempers: Temper[] = ["at-once", "reads", "borrows", "never"];
      await check(
        {
          seed,
          initialCreditBytes: upTo(20_000),
          callCreditBytes: upTo(60_000),
          connectionCreditBytes: upTo(60_000),
          maxFrameBytes: 1_024 + upTo(8_000),
          maxMessageBytes,
          ...(seed % 3 === 0 ? { maxHeldBytes: upTo(60_000) } : {}),
          calls: Array.from({ length: 1 + Math.floor(random() * 7) }, () => ({
            temper: tempers[Math.floor(random() * 4)] as Temper,
            sizes: Array.from({ length: Math.floor(random() * 9) }, size),
          })),
        },
        `seed ${seed}`,
      );
    }
  },
  { timeoutMs: 60_000 },
);
