import * as assert from "uvu/assert";
import { Deadlines, SLOT_MS, type Timed } from "../../../packages/protocol/src/deadlines.ts";
import { ManualEnvironment } from "../../support/protocol/manual-environment.ts";
import { suite } from "../../support/suite.ts";

const test = suite("deadlines");

class Alarm implements Timed {
  deadlineAt: number;
  previous: Timed | null = null;
  next: Timed | null = null;
  slot = -1;
  readonly expiredAt: number[] = [];
  readonly #env: ManualEnvironment;
  readonly #then: () => void;

  constructor(env: ManualEnvironment, deadlineAt: number, then: () => void = () => {}) {
    this.#env = env;
    this.deadlineAt = deadlineAt;
    this.#then = then;
  }

  expire(): void {
    this.expiredAt.push(this.#env.now);
    this.#then();
  }
}

const late = SLOT_MS + 1;

test("come after their time, never before it, and by a slot and what a timer adds at most", async () => {
  const env = new ManualEnvironment(3);
  env.jump(7.25);
  const deadlines = new Deadlines(env.clock);
  const alarms: Alarm[] = [];
  for (let n = 0; n < 400; n++) {
    const alarm = new Alarm(env, env.now + env.random() ** 2 * 3_000);
    alarms.push(alarm);
    deadlines.add(alarm);
    await env.advance(env.random() * 9);
  }
  await env.advance(3_100);
  for (const { deadlineAt, expiredAt } of alarms) {
    assert.is(expiredAt.length, 1);
    const lateness = (expiredAt[0] as number) - deadlineAt;
    assert.ok(lateness >= 0 && lateness <= late, `${lateness} ms late`);
  }
  assert.is(deadlines.size, 0);
});

test("beyond one turn of the wheel are as exact as short ones", async () => {
  const env = new ManualEnvironment();
  const deadlines = new Deadlines(env.clock);
  const turn = 1_024 * SLOT_MS;
  const alarms = [turn - 1, turn, turn + 1, 2 * turn + 5, 90_000].map((ms) => new Alarm(env, env.now + ms));
  for (const alarm of alarms) deadlines.add(alarm);
  await env.advance(100_000);
  for (const { deadlineAt, expiredAt } of alarms) {
    assert.is(expiredAt.length, 1);
    assert.ok((expiredAt[0] as number) >= deadlineAt && (expiredAt[0] as number) <= deadlineAt + late);
  }
});

test("that passed in a gap of time all come at once afterwards, the others in their time", async () => {
  const env = new ManualEnvironment();
  const deadlines = new Deadlines(env.clock);
  const passed = [1, 50, 5_000, 16_384, 70_000].map((ms) => new Alarm(env, env.now + ms));
  const ahead = [100_001, 103_000].map((ms) => new Alarm(env, env.now + ms));
  for (const alarm of [...passed, ...ahead]) deadlines.add(alarm);
  env.jump(100_000);
  const back = env.now;
  await env.advance(0);
  for (const { expiredAt } of passed) assert.equal(expiredAt, [back]);
  for (const { expiredAt } of ahead) assert.equal(expiredAt, []);
  await env.advance(4_000);
  for (const { deadlineAt, expiredAt } of ahead) {
    assert.is(expiredAt.length, 1);
    assert.ok((expiredAt[0] as number) - deadlineAt <= late);
  }
});

test("already past when they are set come at the next tick", async () => {
  const env = new ManualEnvironment();
  const deadlines = new Deadlines(env.clock);
  const alarm = new Alarm(env, env.now - 500);
  deadlines.add(alarm);
  await env.advance(late);
  assert.is(alarm.expiredAt.length, 1);
});

test("that are cleared never come, and clearing twice is nothing", async () => {
  const env = new ManualEnvironment();
  const deadlines = new Deadlines(env.clock);
  const alarms = Array.from({ length: 9 }, (_, n) => new Alarm(env, env.now + 100 + (n % 3)));
  for (const alarm of alarms) deadlines.add(alarm);
  for (const n of [0, 4, 8, 3, 4]) deadlines.remove(alarms[n] as Alarm);
  assert.is(deadlines.size, 5);
  await env.advance(300);
  assert.equal(
    alarms.map(({ expiredAt }) => expiredAt.length),
    [0, 1, 1, 0, 0, 1, 1, 1, 0],
  );
});

test("may be set, cleared and set again while others come", async () => {
  const env = new ManualEnvironment();
  const deadlines = new Deadlines(env.clock);
  const second = new Alarm(env, env.now + 1_000);
  const third = new Alarm(env, env.now + 500);
  const first = new Alarm(env, env.now + 100, () => {
    deadlines.remove(third);
    third.deadlineAt = env.now + 50;
    deadlines.add(third);
    deadlines.add(second);
  });
  deadlines.add(first);
  deadlines.add(third);
  await env.advance(2_000);
  assert.is(first.expiredAt.length, 1);
  assert.is(second.expiredAt.length, 1);
  assert.is(third.expiredAt.length, 1);
  assert.ok((third.expiredAt[0] as number) < 1_000_000 + 250);
  assert.is(deadlines.size, 0);
});

test("that pass together leave others their turn, and come in order", async () => {
  const env = new ManualEnvironment();
  const deadlines = new Deadlines(env.clock);
  const order: number[] = [];
  for (let n = 0; n < 40; n++) {
    const alarm = new Alarm(env, env.now + 1_000 + n * SLOT_MS, () => {
      order.push(n);
      env.jump(1);
    });
    deadlines.add(alarm);
  }
  const seen: number[] = [];
  env.jump(5_000);
  const others = env.every(() => seen.push(order.length), 1);
  await env.advance(100);
  others.cancel();
  assert.equal(seen.slice(0, 10), [5, 10, 15, 20, 25, 30, 35, 40, 40, 40]);
  assert.equal(
    order,
    order.map((_, n) => n),
  );
  assert.is(deadlines.size, 0);
  assert.is(env.timers, 0);
});

test("that are cleared while they wait for their turn never come; those set again come in their new time", async () => {
  const env = new ManualEnvironment();
  const deadlines = new Deadlines(env.clock);
  const alarms: Alarm[] = [];
  const busy = () => {
    env.jump(1);
    if (alarms.filter(({ expiredAt }) => expiredAt.length > 0).length !== 3) return;
    const waiting = alarms.filter(({ expiredAt }) => expiredAt.length === 0);
    for (const index of [0, 4, 8]) deadlines.remove(waiting[index] as Alarm);
    const again = waiting[4] as Alarm;
    again.deadlineAt = env.now + 2_000;
    deadlines.add(again);
  };
  for (let n = 0; n < 12; n++) alarms.push(new Alarm(env, env.now + 100, busy));
  for (const alarm of alarms) deadlines.add(alarm);
  await env.advance(500);
  assert.is(alarms.filter(({ expiredAt }) => expiredAt.length === 1).length, 9);
  assert.is(deadlines.size, 1);
  await env.advance(2_000);
  assert.is(alarms.filter(({ expiredAt }) => expiredAt.length === 1).length, 10);
  assert.is(deadlines.size, 0);
});

test("set behind the last of those that wait for their turn, and due at once, come too", async () => {
  const env = new ManualEnvironment();
  const deadlines = new Deadlines(env.clock);
  const alarms = [1, 2, 3].map(() => new Alarm(env, env.now + 100, () => env.jump(50)));
  for (const alarm of alarms) deadlines.add(alarm);
  const other = new Alarm(env, env.now + 120);
  deadlines.add(other);
  await env.advance(1_000);
  for (const { expiredAt } of [...alarms, other]) assert.is(expiredAt.length, 1);
  assert.is(env.timers, 0);
});

test("come though one before them threw", async () => {
  const env = new ManualEnvironment();
  const deadlines = new Deadlines(env.clock);
  let threw = false;
  const alarms = [1, 2, 3].map(
    () =>
      new Alarm(env, env.now + 100, () => {
        if (threw) return;
        threw = true;
        throw new Error("of an expire");
      }),
  );
  for (const alarm of alarms) deadlines.add(alarm);
  const message = await env.advance(200).catch((error: Error) => error.message);
  assert.is(message, "of an expire");
  await env.advance(200);
  for (const { expiredAt } of alarms) assert.is(expiredAt.length, 1);
});

test("of Infinity are none", async () => {
  const env = new ManualEnvironment();
  const deadlines = new Deadlines(env.clock);
  const alarm = new Alarm(env, Number.POSITIVE_INFINITY);
  deadlines.add(alarm);
  deadlines.remove(alarm);
  assert.is(deadlines.size, 0);
  assert.is(env.timers, 0);
});

test("leave no timer behind when none is set", async () => {
  const env = new ManualEnvironment();
  const deadlines = new Deadlines(env.clock);
  const alarm = new Alarm(env, env.now + 60_000);
  deadlines.add(alarm);
  assert.is(env.timers, 1);
  deadlines.remove(alarm);
  await env.advance(SLOT_MS);
  assert.is(env.timers, 0);
});
