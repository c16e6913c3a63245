import { SimNode, VirtualTime } from "@vertex/protocol/testing";
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";

const test = suite("virtual time");

test("passes from event to event, in order, and as far as it is told", async () => {
  const time = new VirtualTime();
  const seen: string[] = [];
  for (const ms of [30, 10, 20, 10]) time.after(ms, () => seen.push(`${ms} at ${time.now}`));
  await time.run(20);
  assert.equal(seen, ["10 at 10", "10 at 10", "20 at 20"]);
  assert.is(time.now, 20);
  await time.run(100);
  assert.is(seen.length, 4);
  assert.is(time.now, 120);
});

test("lets every promise that an event settles go on before the next event", async () => {
  const time = new VirtualTime();
  const seen: string[] = [];
  time.after(1, async () => {
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    seen.push("promises");
  });
  time.after(1, () => seen.push("next event"));
  await time.run(1);
  assert.equal(seen, ["promises", "next event"]);
});

test("runs what was deferred before what was put off to a later turn", async () => {
  const time = new VirtualTime();
  const { environment } = new SimNode(time, "one");
  const seen: string[] = [];
  environment.later(() => {
    environment.later(() => seen.push("later"));
    environment.defer(() => {
      seen.push("deferred");
      environment.defer(() => seen.push("deferred again"));
    });
  });
  await time.run(1);
  assert.equal(seen, ["deferred", "deferred again", "later"]);
});

test("an hour of timers takes no time", async () => {
  const time = new VirtualTime();
  const node = new SimNode(time, "one");
  const startedAt = performance.now();
  for (let minute = 0; minute < 60; minute++) await time.finish(node.sleep(60_000));
  assert.ok(time.now >= 3_600_000);
  assert.ok(performance.now() - startedAt < 1_000);
});

test("finish gives what a promise gives, throws what it throws, and does not wait for ever", async () => {
  const time = new VirtualTime();
  const node = new SimNode(time, "one");
  assert.is(await time.finish(node.sleep(50).then(() => "slept")), "slept");
  const failing = node.sleep(50).then(() => Promise.reject(new Error("as wanted")));
  assert.is(await reasonOf(time.finish(failing)), "as wanted");
  assert.is(
    await reasonOf(time.finish(new Promise(() => {}), 1_000)),
    "not settled after 1000 ms of virtual time",
  );
});

test("what an event throws ends the run, or goes to who asked for it", async () => {
  const time = new VirtualTime();
  time.after(1, () => {
    throw new Error("uncaught");
  });
  assert.is(await reasonOf(time.run(10)), "uncaught");
  const seen: unknown[] = [];
  time.onError = (error) => seen.push((error as Error).message);
  time.after(1, () => {
    throw new Error("caught");
  });
  await time.run(10);
  assert.equal(seen, ["caught"]);
});

test("does not run twice at once", async () => {
  const time = new VirtualTime();
  const first = time.run(10);
  assert.is(await reasonOf(time.run(10)), "this virtual time runs already");
  await first;
});

async function reasonOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "nothing";
  } catch (error) {
    return (error as Error).message;
  }
}
