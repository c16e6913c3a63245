import * as assert from "uvu/assert";
import { Sweeper } from "../../../packages/protocol/src/sweeper.ts";
import { Pings, StallWatch } from "../../../packages/protocol/src/vitals.ts";
import { ManualEnvironment } from "../../support/protocol/manual-environment.ts";
import { suite } from "../../support/suite.ts";

const pings = suite("pings on their way");
const stalls = suite("a watch over stalls");
const sweeps = suite("a sweeper");

pings("measure the round trip of each, in order", () => {
  const open = new Pings();
  const heard: number[] = [];
  const first = open.sent(100, (ms) => heard.push(ms));
  const second = open.sent(130, null);
  assert.is(open.received(first, 150), 50);
  assert.is(open.received(second, 150), 20);
  assert.equal(heard, [50]);
});

pings("refuse an answer that nobody asked for, or in the wrong order", () => {
  const open = new Pings();
  assert.is(open.received(0, 1), -1);
  const first = open.sent(1, null);
  const second = open.sent(1, null);
  assert.is.not(first, second);
  assert.is(open.received(second, 2), -1);
});

const rows: readonly [
  sentence: string,
  samples: readonly [at: number, bytes: number][],
  stalledFor: number,
][] = [
  [
    "is calm while nothing waits",
    [
      [0, 0],
      [100, 0],
    ],
    0,
  ],
  [
    "counts from when bytes began to wait",
    [
      [0, 50],
      [100, 50],
      [900, 50],
    ],
    900,
  ],
  [
    "begins anew when a byte was taken",
    [
      [0, 50],
      [500, 49],
      [900, 49],
    ],
    400,
  ],
  [
    "forgets when all was taken",
    [
      [0, 50],
      [500, 0],
      [600, 50],
      [900, 50],
    ],
    300,
  ],
  [
    "takes more bytes for no progress",
    [
      [0, 50],
      [500, 80],
      [900, 120],
    ],
    900,
  ],
];

for (const [sentence, samples, stalledFor] of rows) {
  stalls(sentence, () => {
    const watch = new StallWatch();
    let last = 0;
    for (const [at, bytes] of samples) last = watch.check(at, bytes);
    assert.is(last, stalledFor);
  });
}

sweeps("ticks ten times a second for as long as it holds anything", async () => {
  const env = new ManualEnvironment();
  const sweeper = new Sweeper(env.clock);
  let ticks = 0;
  const swept = { tick: () => ticks++ };
  sweeper.add(swept);
  sweeper.add(swept);
  await env.advance(1_000);
  assert.is(ticks, 10);
  sweeper.remove(swept);
  sweeper.remove(swept);
  assert.is(env.timers, 0);
});

sweeps("has one timer, also when the last leaves and another comes in the middle of a sweep", async () => {
  const env = new ManualEnvironment();
  const sweeper = new Sweeper(env.clock);
  let ticks = 0;
  const next = { tick: () => ticks++ };
  const first = {
    tick: () => {
      sweeper.remove(first);
      sweeper.add(next);
    },
  };
  sweeper.add(first);
  await env.advance(100);
  assert.is(env.timers, 1);
  ticks = 0;
  await env.advance(1_000);
  assert.is(ticks, 10);
});
