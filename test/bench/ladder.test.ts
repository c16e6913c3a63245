import * as assert from "uvu/assert";
import { highestKept, keptUp } from "../../bench/src/measure/ladder.ts";
import { suite } from "../support/suite.ts";

const test = suite("the highest rate of an open loop");

/** Keeps up with so much at the most, and not where it is disturbed; notes what it was asked. */
function peer(most: number, disturbed: (rate: number, tries: number) => boolean = () => false) {
  const asked: number[] = [];
  const keeps = async (rate: number) => {
    asked.push(rate);
    return rate <= most && !disturbed(rate, asked.filter((other) => other === rate).length);
  };
  return { asked, keeps };
}

test("is within a quarter of what the peer can do, and never above it", async () => {
  for (const most of [600, 2_500, 31_999, 64_000, 250_000, 999_999]) {
    const found = await highestKept(peer(most).keeps);
    assert.ok(found <= most && found * 1.25 > most, `${found} of ${most}`);
  }
});

test("is found in few tries: one for each doubling, two where it is near, and all where none keeps up", async () => {
  const { asked, keeps } = peer(5_000);
  await highestKept(keeps);
  const near = [4_000, 4_000, 5_000, 5_000, 6_250, 6_250];
  assert.equal(asked, [1_000, 2_000, 4_000, 8_000, 8_000, 8_000, ...near]);
});

test("is not lowered by a machine that pauses once in each step", async () => {
  const { keeps } = peer(5_000, (_rate, tries) => tries === 1);
  assert.is(await highestKept(keeps), 5_000);
});

test("is found in small steps where the doubling ended early", async () => {
  const { keeps } = peer(9_000, (rate) => rate === 4_000);
  assert.is(await highestKept(keeps), 2_000 * 1.25 ** 6);
});

test("is below a rate that is kept up with only once", async () => {
  const { asked, keeps } = peer(8_000, (rate, tries) => rate > 6_000 && tries > 1);
  assert.is(await highestKept(keeps), 8_000 / 1.25 ** 2);
  assert.equal(asked.slice(-4), [6_400, 6_400, 5_120, 5_120]);
});

test("is the first step where the peer keeps up with nothing", async () => {
  assert.is(await highestKept(peer(0).keeps), 500);
});

test("is kept up with when nothing failed and the last answer came hardly later than planned", () => {
  assert.ok(keptUp({ calls: 300, failures: 0, seconds: 0.31 }, 1_000));
  assert.not(keptUp({ calls: 300, failures: 0, seconds: 0.33 }, 1_000));
  assert.not(keptUp({ calls: 299, failures: 1, seconds: 0.3 }, 1_000));
  assert.not(keptUp({ calls: 150, failures: 0, seconds: 0.3 }, 1_000), "a sender that stopped");
});
