import * as assert from "uvu/assert";
import { Board } from "../../../../packages/server/src/workers/board.ts";
import { Gate } from "../../../../packages/server/src/workers/gate.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("the gate of a worker thread");
/** A clock that stands still until a test moves it. */
const clock = { ms: 0 };
const now = (): number => clock.ms;
const microtask = () => Promise.resolve();
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A board with a call in each slot, named 1, 3, 5 and so on. */
function offered(calls: number): Board {
  const board = Board.withSlots(calls);
  for (let slot = 0; slot < calls; slot++) {
    board.offer(slot, 1, Number.POSITIVE_INFINITY);
    board.name(slot, 2 * slot + 1);
  }
  return board;
}

test("lets in as many as there are places, first come first served", async () => {
  const board = offered(3);
  const gate = new Gate(board, 2, () => {}, now);
  const begun: number[] = [];
  for (const id of [1, 3, 5]) gate.enter(id, (slot) => begun.push(slot));
  assert.equal(begun, [], "what came with them is read first");
  await microtask();
  assert.equal(begun, [0, 1]);
  gate.leave(1, 0);
  assert.equal(begun, [0, 1, 2]);
  assert.is(board.state(0), "done");
});

test("passes over what was taken back", async () => {
  const board = offered(2);
  const gate = new Gate(board, 1, () => {}, now);
  board.retract(0);
  const begun: number[] = [];
  gate.enter(1, (slot) => begun.push(slot));
  gate.enter(3, (slot) => begun.push(slot));
  gate.enter(99, (slot) => begun.push(slot));
  await microtask();
  assert.equal(begun, [-1, 1]);
  gate.leave(3, 1);
  assert.equal(begun, [-1, 1, -1]);
});

test("says when a handler has settled whose call was given up", async () => {
  const board = offered(2);
  const settled: number[] = [];
  const gate = new Gate(board, 2, (callId) => settled.push(callId), now);
  gate.enter(1, () => {});
  gate.enter(3, () => {});
  await microtask();
  board.cut(1);
  gate.leave(1, 0);
  gate.leave(3, 1);
  assert.equal(settled, [3]);
});

test("lets what was answered leave before the next long call begins", async () => {
  const board = offered(3);
  const gate = new Gate(board, 1, () => {}, now);
  const order: string[] = [];
  for (const id of [1, 3, 5]) {
    gate.enter(id, (slot) => {
      clock.ms += 2;
      order.push(`ran ${id}`);
      gate.leave(id, slot);
      process.nextTick(() => order.push(`left ${id}`));
    });
  }
  while (order.length < 6) await turn();
  assert.equal(order, ["ran 1", "left 1", "ran 3", "left 3", "ran 5", "left 5"]);
});
