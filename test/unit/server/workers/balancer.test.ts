import * as assert from "uvu/assert";
import { Balancer, type Candidate } from "../../../../packages/server/src/workers/balancer.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("a balancer");
const thread = (size: number, ready = true): Candidate => ({ size, ready });
const call = (peer: string) => ({ peer: { name: peer } }) as never;

test("takes each thread in turn", () => {
  const threads = [thread(0), thread(0), thread(0)];
  const balancer = new Balancer("round-robin");
  const chosen = Array.from({ length: 6 }, () =>
    threads.indexOf(balancer.choose(threads, 1, 8) as Candidate),
  );
  assert.equal(chosen, [0, 1, 2, 0, 1, 2]);
});

test("prefers a thread where the call begins at once to one that is asked to wait", () => {
  const threads = [thread(1), thread(3), thread(0)];
  assert.is(new Balancer("round-robin").choose(threads, 1, 8), threads[2]);
  const busy = [thread(5), thread(3), thread(8)];
  assert.is(new Balancer("round-robin").choose(busy, 1, 8), busy[0]);
  assert.is(new Balancer("least-busy").choose(busy, 1, 8), busy[1]);
});

test("takes none that is full or not ready", () => {
  const balancer = new Balancer("least-busy");
  assert.is(balancer.choose([thread(8), thread(0, false)], 1, 8), undefined);
  assert.is(balancer.choose([], 1, 8), undefined);
});

test("knows a home for each key, and none without keys", () => {
  const balancer = new Balancer({ key: ({ peer }) => peer.name });
  const homes = ["a", "b", "c", "d", "e", "f"].map((name) => balancer.home(call(name), 4));
  assert.ok(homes.every((home) => home >= 0 && home < 4));
  assert.ok(new Set(homes).size > 1);
  assert.is(balancer.home(call("a"), 4), homes[0]);
  assert.is(new Balancer("round-robin").home(call("a"), 4), -1);
});
