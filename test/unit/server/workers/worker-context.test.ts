import { serialize } from "node:v8";
import type { CallContext, Peer } from "@vertex/protocol";
import * as assert from "uvu/assert";
import { Board, sharedNow } from "../../../../packages/server/src/workers/board.ts";
import { PeerNumbers } from "../../../../packages/server/src/workers/peer-numbers.ts";
import type { Notice } from "../../../../packages/server/src/workers/port-transport.ts";
import { WorkerContext, WorkerPeer } from "../../../../packages/server/src/workers/worker-context.ts";
import { thrownBy } from "../../../support/server/waiting.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("what a handler in a worker knows of its call");

function context(deadlineAt: number): { board: Board; context: WorkerContext } {
  const board = Board.withSlots(1);
  board.offer(0, 1, deadlineAt);
  const call = { method: "a.B/C", metadata: new Map(), cancelled: false } as unknown as CallContext;
  return {
    board,
    context: new WorkerContext(call, board, 0, new WorkerPeer({ name: "n", address: "a", identity: null })),
  };
}

test("the time that is left is the main thread's", () => {
  const { context: call } = context(sharedNow() + 1_000);
  assert.ok(call.remainingMs > 900 && call.remainingMs <= 1_000);
  assert.is(context(sharedNow() - 5).context.remainingMs, 0);
  assert.is(context(Number.POSITIVE_INFINITY).context.remainingMs, Number.POSITIVE_INFINITY);
});

test("it is cancelled at once when the main thread gives it up, or its deadline passes", () => {
  const { board, context: call } = context(Number.POSITIVE_INFINITY);
  assert.is(call.cancelled, false);
  board.cut(0);
  assert.is(call.cancelled, true);
  call.settled();
  assert.is(call.cancelled, false, "the slot may be another call's by then");
  assert.is(context(sharedNow() - 1).context.cancelled, true);
});

test("an identity is what authenticate has returned, as plain data", () => {
  const bytes = (value: unknown) => new Uint8Array(serialize(value));
  const peer = new WorkerPeer({ name: "n", address: "a", identity: bytes({ id: 1n, at: new Date(0) }) });
  assert.equal(peer.identity, { id: 1n, at: new Date(0) });
  assert.is(peer.identity, peer.identity);
  assert.is(peer.madeFor, peer.identity);
  assert.is(new WorkerPeer({ name: "n", address: "a", identity: null }).identity, undefined);
  const forwarder = new WorkerPeer({
    name: "n",
    address: "a",
    identity: bytes("gateway"),
    madeFor: bytes("ada"),
  });
  assert.equal([forwarder.identity, forwarder.madeFor], ["gateway", "ada"]);
});

const peers = suite("the numbers of peers");

peers("a peer is told once, under a number, and forgotten with its connection", () => {
  const told: Notice[] = [];
  const numbers = new PeerNumbers((notice) => told.push(notice));
  const ada: Peer = { name: "ada", address: "x:1", identity: undefined };
  const bob: Peer = { name: "bob", address: "x:2", identity: 7 };
  const of = (peer: Peer, identity = peer.identity) => numbers.numberOf({ peer, identity });
  assert.equal([of(ada), of(bob), of(ada)], [1, 2, 1]);
  numbers.left(1);
  numbers.forget(ada);
  numbers.forget(ada);
  assert.equal(
    told.map(({ kind }) => kind),
    ["peer", "peer", "gone"],
  );
  assert.equal(told[0], { kind: "peer", number: 1, name: "ada", address: "x:1", identity: null });
});

peers("a call that is made for somebody else has a number of its own, for as long as it lasts", () => {
  const told: Notice[] = [];
  const numbers = new PeerNumbers((notice) => told.push(notice));
  const gateway: Peer = { name: "gateway", address: "x:1", identity: 1 };
  const of = (identity: unknown) => numbers.numberOf({ peer: gateway, identity });
  assert.equal([of("ada"), of(1), of("ada")], [1, 2, 3]);
  numbers.left(3);
  numbers.left(2);
  assert.equal(
    told.map((notice) => [notice.kind, "madeFor" in notice]),
    [
      ["peer", true],
      ["peer", false],
      ["peer", true],
      ["gone", false],
    ],
  );
});

peers("an identity that is no plain data is refused", () => {
  const numbers = new PeerNumbers(() => {});
  const peer: Peer = { name: "", address: "", identity: { check: () => true } };
  const { identity } = peer;
  assert.match(thrownBy(() => numbers.numberOf({ peer, identity })).message, "must be plain data");
});
