import * as assert from "uvu/assert";
import { Board, sharedNow } from "../../../../packages/server/src/workers/board.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("the board between two threads");

/** Both sides of one board. */
function pair(slots = 2): [main: Board, worker: Board] {
  const main = Board.withSlots(slots);
  return [main, new Board(main.memory)];
}

test("carries a call from its offer to its end", () => {
  const [main, worker] = pair();
  main.offer(1, 42, 1_000.5);
  main.name(1, 9);
  const slot = worker.find(9);
  assert.is(slot, 1);
  assert.equal([worker.peer(slot), worker.deadlineAt(slot), worker.state(slot)], [42, 1_000.5, "waiting"]);
  assert.is(worker.begin(slot), true);
  assert.is(main.state(1), "begun");
  assert.is(worker.done(slot), false);
  assert.is(main.state(1), "done");
  main.free(1);
  assert.equal([main.state(1), worker.find(9)], ["free", -1]);
});

test("lets one side only have a call: it is taken back, or it begins", () => {
  const [main, worker] = pair();
  main.offer(0, 1, 0);
  main.name(0, 3);
  assert.is(main.retract(0), true);
  assert.is(main.retract(0), true, "asked again, the answer is the same");
  assert.is(worker.begin(0), false);
  main.offer(0, 1, 0);
  assert.is(worker.begin(0), true);
  assert.is(main.retract(0), false);
  worker.done(0);
  assert.is(main.retract(0), false);
});

test("tells a handler that its call is given up, and whoever gave it up that the handler has settled", () => {
  const [main, worker] = pair();
  main.offer(0, 1, Number.POSITIVE_INFINITY);
  worker.begin(0);
  assert.is(worker.isCut(0), false);
  main.cut(0);
  assert.is(worker.isCut(0), true);
  assert.is(worker.done(0), true);
  main.offer(0, 1, 0);
  assert.is(worker.isCut(0), false, "the next call of the slot is not given up");
});

test("counts calls by their state", () => {
  const [main, worker] = pair(3);
  main.offer(0, 1, 0);
  main.offer(1, 1, 0);
  worker.begin(1);
  assert.equal([main.count("waiting"), main.count("begun"), main.count("free")], [1, 1, 1]);
});

test("goes by a clock that does not go back", () => {
  const before = sharedNow();
  assert.ok(sharedNow() >= before);
});
