import * as assert from "uvu/assert";
import { GAP_MS, SWEEP_MS, Sweeper, type Swept } from "../../../packages/protocol/src/sweeper.ts";
import { ManualEnvironment } from "../../support/protocol/manual-environment.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a sweeper");

/** Notes when it is looked at, and wants to be looked at again when `next` says. */
class Watched implements Swept {
  sweeper: Sweeper | null = null;
  slot = -1;
  place = 0;
  readonly looks: number[] = [];
  readonly slept: boolean[] = [];
  readonly #next: (now: number) => number;

  constructor(next: (now: number) => number) {
    this.#next = next;
  }

  tick(now: number, slept: boolean): number {
    this.looks.push(now);
    this.slept.push(slept);
    return this.#next(now);
  }
}

const always = (now: number) => now;
const never = () => Number.POSITIVE_INFINITY;

interface Swing {
  readonly env: ManualEnvironment;
  readonly sweeper: Sweeper;
  /** Adds one that wants to be looked at when `next` says. */
  put(next: (now: number) => number): Watched;
}

function swing(): Swing {
  const env = new ManualEnvironment();
  const sweeper = new Sweeper(env.clock);
  return {
    env,
    sweeper,
    put(next) {
      const watched = new Watched(next);
      sweeper.add(watched);
      return watched;
    },
  };
}

test("looks ten times a second at who asks for it, for as long as it holds anybody", async () => {
  const { env, sweeper, put } = swing();
  const watched = put(always);
  sweeper.add(watched);
  await env.advance(1_000);
  assert.is(watched.looks.length, 10);
  sweeper.remove(watched);
  sweeper.remove(watched);
  assert.is(env.timers, 0);
});

test("looks once at who has nothing to wait for, and then hardly ever", async () => {
  const { env, put } = swing();
  const watched = put(never);
  await env.advance(60_000);
  assert.ok(watched.looks.length <= 4, `${watched.looks.length} looks`);
});

for (const waitMs of [130, 1_000, 14_350, 40_000]) {
  test(`looks at who wants to wait ${waitMs} ms not later than a sweep after that, and seldom before`, async () => {
    const { env, put } = swing();
    let dueAt = env.now + waitMs;
    const lateMs: number[] = [];
    const watched = put((now) => {
      if (now < dueAt) return dueAt;
      lateMs.push(now - dueAt);
      dueAt = now + waitMs;
      return dueAt;
    });
    await env.advance(100_000);
    assert.ok(lateMs.length >= Math.floor(100_000 / (waitMs + SWEEP_MS)), `${lateMs.length} times`);
    assert.ok(Math.max(...lateMs) < SWEEP_MS, `at most ${Math.max(...lateMs)} ms late`);
    assert.ok(watched.looks.length <= lateMs.length + 100_000 / 25_000, `${watched.looks.length} looks`);
  });
}

test("looks in the next sweep at who has become busy, once", async () => {
  const { env, sweeper, put } = swing();
  const watched = put(never);
  await env.advance(1_000);
  watched.looks.length = 0;
  sweeper.soon(watched);
  sweeper.soon(watched);
  await env.advance(1_000);
  assert.equal(watched.looks, [env.now - 1_000 + SWEEP_MS]);
});

test("looks at another time at who is moved to it, and not before", async () => {
  for (const dueMs of [500, 20_000]) {
    const { env, sweeper, put } = swing();
    const began = env.now;
    const watched = put((now) => now + 10_000);
    await env.advance(200);
    sweeper.move(watched, began + dueMs);
    await env.advance(dueMs);
    assert.equal(watched.looks, [began + SWEEP_MS, began + dueMs]);
  }
});

test("leaves in the next sweep who is moved out of it, and leaves alone who has left", async () => {
  const { env, sweeper, put } = swing();
  const watched = put(never);
  await env.advance(1_000);
  sweeper.soon(watched);
  sweeper.move(watched, env.now + 10_000);
  await env.advance(1_000);
  assert.is(watched.looks.length, 2);
  sweeper.remove(watched);
  sweeper.move(watched, env.now + 200);
  assert.equal([watched.slot, env.timers], [-1, 0]);
});

test("looks at all when this process was not running, and says so, once", async () => {
  const { env, put } = swing();
  const all = [put(never), put(always), put((now) => now + 9_000)];
  await env.advance(300);
  for (const watched of all) watched.slept.length = 0;
  env.jump(GAP_MS + 1);
  await env.advance(0);
  assert.equal(
    all.map(({ slept }) => slept),
    [[true], [true], [true]],
  );
  await env.advance(300);
  assert.equal(
    all.map(({ slept }) => slept.slice(1)),
    [[], [false, false, false], []],
  );
});

test("takes a sweep that is late by less for a late sweep", async () => {
  const { env, put } = swing();
  const [idle, busy] = [put(never), put(always)];
  await env.advance(300);
  env.jump(GAP_MS - SWEEP_MS);
  await env.advance(100);
  assert.is(idle.looks.length, 1);
  assert.not(busy.slept.includes(true));
});

test("does not look at who has left, also in the middle of a sweep", async () => {
  const { env, sweeper, put } = swing();
  const first = put((now) => {
    sweeper.remove(second);
    return now;
  });
  const second = put(always);
  await env.advance(300);
  assert.equal([first.looks.length, second.looks.length], [3, 0]);
  assert.equal([second.sweeper, second.slot], [null, -1]);
});

test("loses nobody, whoever of many leaves or becomes busy before their time", async () => {
  const { env, sweeper, put } = swing();
  const all = Array.from({ length: 30 }, () => put(() => env.now + 5_000));
  await env.advance(SWEEP_MS);
  const gone = all.filter((_, index) => [0, 7, 8, 28, 29].includes(index));
  const busy = all.filter((_, index) => [1, 9, 14, 27].includes(index));
  for (const each of gone) sweeper.remove(each);
  for (const each of busy) sweeper.soon(each);
  for (const each of all) each.looks.length = 0;
  await env.advance(5_000 + 2 * SWEEP_MS);
  const expected = (each: Watched) => (gone.includes(each) ? 0 : busy.includes(each) ? 2 : 1);
  assert.equal(
    all.map(({ looks }) => looks.length),
    all.map(expected),
  );
});

test("has one timer, also when the last leaves and another comes in the middle of a sweep", async () => {
  const { env, sweeper, put } = swing();
  const next = new Watched(always);
  const first = put((now) => {
    sweeper.remove(first);
    sweeper.add(next);
    return now;
  });
  await env.advance(100);
  assert.is(env.timers, 1);
  await env.advance(1_000);
  assert.equal([first.looks.length, next.looks.length], [1, 10]);
  sweeper.remove(next);
  assert.is(env.timers, 0);
});

test("goes on after a tick that throws, with that one and with those behind it", async () => {
  const { env, put } = swing();
  const thrower = put(() => {
    throw new Error("broken");
  });
  const behind = put(always);
  for (let times = 0; times < 2; times++) {
    const failed = await env.advance(100).then(
      () => "",
      (error: Error) => error.message,
    );
    assert.is(failed, "broken");
  }
  assert.equal([thrower.looks.length, env.timers], [2, 1]);
  assert.ok(behind.slot >= 0);
});

test("looks for one turn's time at once: others have their turn between, and all are looked at", async () => {
  const { env, sweeper, put } = swing();
  /** How many had been looked at whenever something else had its turn. */
  const turns: number[] = [];
  let looks = 0;
  const costly = (): number => {
    // What ending a connection takes, a thousand times over.
    if (looks++ % 3 === 0) env.clock.setTimer(() => turns.push(looks), 0);
    env.jump(2);
    return Number.POSITIVE_INFINITY;
  };
  const all = Array.from({ length: 9 }, () => put(costly));
  const gone = put(never);
  await env.advance(SWEEP_MS);
  sweeper.remove(gone);
  await env.advance(3 * SWEEP_MS);
  assert.equal(turns.slice(0, 3), [3, 6, 9]);
  assert.equal(
    all.map(({ looks: each }) => each.length),
    all.map(() => 1),
  );
  for (const each of all) sweeper.remove(each);
  assert.is(env.timers, 0);
});

test("keeps to itself whom it has not come to, when the next sweep is due or one throws", async () => {
  const { env, sweeper, put } = swing();
  const slow = put(() => {
    env.jump(2 * SWEEP_MS);
    return Number.POSITIVE_INFINITY;
  });
  const bad = put((now) => {
    if (bad.looks.length === 1) throw new Error("a tick that throws");
    return now + 3_600_000;
  });
  const last = put(never);
  await env.advance(2 * SWEEP_MS).catch((error: Error) => assert.is(error.message, "a tick that throws"));
  await env.advance(5 * SWEEP_MS);
  assert.equal([slow.looks.length, bad.looks.length >= 2, last.looks.length], [1, true, 1]);
  for (const each of [slow, bad, last]) sweeper.remove(each);
  assert.is(env.timers, 0);
});
