import { SimNode, VirtualTime } from "@vertex/protocol/testing";
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";

const test = suite("a simulated node");

test("paused, it runs nothing while its clock goes on; resumed, it runs at once what was due", async () => {
  const time = new VirtualTime();
  const node = new SimNode(time, "one");
  const seen: number[] = [];
  node.after(10, () => seen.push(time.now));
  node.pause();
  const before = node.now();
  await time.run(5_000);
  assert.equal(seen, []);
  assert.is(node.now() - before, 5_000);
  node.resume();
  await time.run(0);
  assert.equal(seen, [5_000]);
  assert.is(node.disturbedAt, before + 5_000);
});

test("a jump of its clock makes due what would have been due by then, and moves the rest", async () => {
  const time = new VirtualTime();
  const node = new SimNode(time, "one");
  const seen: string[] = [];
  node.after(1_000, () => seen.push(`first at ${Math.floor(time.now)}`));
  node.after(9_000, () => seen.push(`second at ${Math.floor(time.now)}`));
  const before = node.now();
  node.jump(5_000);
  assert.is(node.now() - before, 5_000);
  await time.run(10_000);
  assert.equal(seen, ["first at 0", "second at 4000"]);
});

test("killed, it forgets its timers, and what was started on it never goes on", async () => {
  const time = new VirtualTime();
  const node = new SimNode(time, "one");
  const seen: string[] = [];
  void node.sleep(10).then(() => seen.push("slept"));
  node.run(() => seen.push("ran"));
  node.crash();
  await time.run(1_000);
  assert.equal(seen, []);
  assert.is(node.alive, false);
  assert.is(node.timers, 0);
});

test("started again, it is another process: another loop, another clock", async () => {
  const time = new VirtualTime();
  const node = new SimNode(time, "one");
  const { life, loop } = node;
  node.crash();
  node.start();
  assert.is.not(node.life, life);
  assert.is.not(node.loop, loop);
  assert.ok(node.alive);
  await time.finish(node.sleep(5));
});

test("counts the timers that are set", () => {
  const node = new SimNode(new VirtualTime(), "one");
  const timer = node.clock.setTimer(() => {}, 10);
  node.after(10, () => {});
  assert.is(node.timers, 2);
  timer.cancel();
  timer.cancel();
  assert.is(node.timers, 1);
});
