import * as assert from "uvu/assert";
import { Pings, StallWatch } from "../../../packages/protocol/src/vitals.ts";
import { suite } from "../../support/suite.ts";

const pings = suite("pings on their way");
const stalls = suite("a watch over stalls");

pings("measure the round trip of each, in order", () => {
  const open = new Pings();
  const heard: number[] = [];
  const first = open.sent(100, (ms) => heard.push(ms)).slice();
  const second = open.sent(130, null).slice();
  assert.is(open.received(first, 0, 150), 50);
  assert.is(open.received(second, 0, 150), 20);
  assert.equal(heard, [50]);
  assert.is(open.received(open.sent(160, null), 0, 170), 10);
});

pings("refuse an answer that nobody asked for, or in the wrong order", () => {
  const open = new Pings();
  assert.throws(() => open.received(new Uint8Array(8), 0, 1), "a PONG that answers no PING");
  const first = open.sent(1, null).slice();
  const second = open.sent(1, null).slice();
  assert.not.equal(first, second);
  assert.throws(() => open.received(second, 0, 2), "a PONG that answers no PING");
});

const rows: readonly [
  sentence: string,
  samples: readonly [at: number, bytes: number, takenMark: number][],
  stalledFor: number,
][] = [
  [
    "is calm while nothing waits",
    [
      [0, 0, 7],
      [100, 0, 7],
    ],
    0,
  ],
  [
    "counts from when bytes began to wait",
    [
      [0, 50, 7],
      [100, 50, 7],
      [900, 50, 7],
    ],
    900,
  ],
  [
    "begins anew when a byte was taken",
    [
      [0, 50, 7],
      [500, 49, 8],
      [900, 49, 8],
    ],
    400,
  ],
  [
    "forgets when all was taken",
    [
      [0, 50, 7],
      [500, 0, 57],
      [600, 50, 57],
      [900, 50, 57],
    ],
    300,
  ],
  [
    "takes more bytes for no progress",
    [
      [0, 50, 7],
      [500, 80, 7],
      [900, 120, 7],
    ],
    900,
  ],
  [
    "begins anew when bytes were taken and as many, or more, were written",
    [
      [0, 50, 7],
      [500, 50, 57],
      [900, 80, 107],
    ],
    0,
  ],
];

for (const [sentence, samples, stalledFor] of rows) {
  stalls(sentence, () => {
    const watch = new StallWatch();
    let last = 0;
    for (const [at, bytes, takenMark] of samples) last = watch.check(at, bytes, takenMark);
    assert.is(last, stalledFor);
  });
}

stalls("does not count the time in which this process did not run", () => {
  const watch = new StallWatch();
  watch.check(0, 100, 7);
  assert.is(watch.check(500, 100, 7), 500);
  assert.is(watch.check(30_500, 100, 7), 500);
  assert.is(watch.check(31_000, 100, 7), 1_000);
});
