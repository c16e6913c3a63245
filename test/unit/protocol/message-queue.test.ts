// node-flags: --expose-gc
import * as assert from "uvu/assert";
import { MessageQueue, type QueueOwner } from "../../../packages/protocol/src/message-queue.ts";
import { microtasks } from "../../support/protocol/manual-environment.ts";
import { suite } from "../../support/suite.ts";

const table = suite("a queue of messages");
const memory = suite("the memory of a queue of messages");

const idleOwner: QueueOwner = {
  expect: () => {},
  consumed: () => {},
  abandoned: () => {},
  lend: () => null,
};

/** Runs a script and notes what its owner was told and what its takers got. */
async function run(script: string): Promise<string[]> {
  const log: string[] = [];
  const queue = new MessageQueue<string>({
    expect: (waiting) => log.push(waiting ? "waits" : "has"),
    consumed: (cost) => log.push(`consumed ${cost}`),
    abandoned: () => log.push("abandoned"),
    lend: () => null,
  });
  const note = (taken: Promise<IteratorResult<string, undefined>>) =>
    taken.then(
      ({ done, value }) => log.push(done ? "done" : `got ${value}`),
      (error: unknown) => log.push(`threw ${String(error)}`),
    );
  for (const step of script.split(" ")) {
    if (step === "next") void note(queue.next());
    else if (step === "return") void note(queue.return());
    else if (step === "end") queue.end();
    else if (step === "fail") queue.fail("E");
    else if (step === "discard") queue.discard("E");
    else if (step === "discardEnd") queue.discard();
    else queue.push(step, step.length);
    await microtasks();
  }
  return log;
}

const rows: readonly [script: string, log: string[]][] = [
  ["next a", ["waits", "has", "consumed 1", "got a"]],
  ["aa next", ["consumed 2", "got aa"]],
  ["a bb next next next", ["consumed 1", "got a", "consumed 2", "got bb", "waits"]],
  ["next next a b", ["waits", "consumed 1", "got a", "has", "consumed 1", "got b"]],
  ["end next next", ["done", "done"]],
  ["a end next next", ["consumed 1", "got a", "done"]],
  ["next end", ["waits", "done"]],
  ["next next end", ["waits", "done", "done"]],
  ["fail next next", ["threw E", "done"]],
  ["a fail next next next", ["consumed 1", "got a", "threw E", "done"]],
  ["next fail next", ["waits", "threw E", "done"]],
  ["end fail next", ["done"]],
  ["fail end next next", ["threw E", "done"]],
  ["end a next", ["done"]],
  ["a return next", ["abandoned", "done", "done"]],
  ["next return", ["waits", "done", "abandoned", "done"]],
  ["end return", ["done"]],
  ["a fail return next", ["done", "done"]],
  ["return return", ["abandoned", "done", "done"]],
  ["return a next", ["abandoned", "done", "done"]],
  ["a b discard next next", ["threw E", "done"]],
  ["a b discardEnd next", ["done"]],
  ["next discard", ["waits", "threw E"]],
  ["a end discard next next", ["threw E", "done"]],
  ["a end next discard next", ["consumed 1", "got a", "done"]],
];

for (const [script, log] of rows) {
  table(`${script}: ${log.join(", ")}`, async () => {
    assert.equal((await run(script)).sort(), [...log].sort());
  });
}

table("is read in order with for await, however far the writer is ahead", async () => {
  const queue = new MessageQueue<number>(idleOwner);
  for (let n = 0; n < 5_000; n++) queue.push(n, 1);
  queue.end();
  let wanted = 0;
  for await (const n of queue) assert.is(n, wanted++);
  assert.is(wanted, 5_000);
});

memory("holds no message that was taken, also when it is never empty", async () => {
  const queue = new MessageQueue<object>(idleOwner);
  queue.push({}, 1);
  const references: WeakRef<object>[] = [];
  for (let n = 0; n < 500; n++) {
    queue.push({ n }, 1);
    const taken = await queue.next();
    if (taken.value !== undefined) references.push(new WeakRef(taken.value));
  }
  await microtasks();
  (globalThis as { gc?: () => void }).gc?.();
  await microtasks();
  const alive = references.filter((reference) => reference.deref() !== undefined).length;
  assert.ok(alive < 10, `${alive} of 500 are still held`);
});

memory("holds nothing of what the application has been given, unless it is lent", async () => {
  const queue = new MessageQueue<number>(idleOwner);
  const references: WeakRef<Uint8Array>[] = [];
  const loan = (): Uint8Array => {
    const buffer = new Uint8Array(100_000);
    references.push(new WeakRef(buffer));
    return buffer;
  };
  queue.push(1, 1, loan());
  await queue.next();
  const waits = queue.next();
  queue.push(2, 1, loan());
  await waits;
  await new Promise((resolve) => setImmediate(resolve));
  (globalThis as { gc?: () => void }).gc?.();
  assert.equal(
    references.map((reference) => reference.deref()?.length),
    [undefined, undefined],
  );
});
