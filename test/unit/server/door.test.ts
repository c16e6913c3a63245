// Who may come in, and who has to go: a server on a manual clock, with raw peers at its door.
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import { Loop } from "../../../packages/protocol/src/loop.ts";
import { Sweeper } from "../../../packages/protocol/src/sweeper.ts";
import { Door } from "../../../packages/server/src/door.ts";
import { Server } from "../../../packages/server/src/server.ts";
import { resolveServerOptions, type ServerOptions } from "../../../packages/server/src/server-options.ts";
import { Greeter } from "../../gen/greeter.ts";
import { ManualEnvironment } from "../../support/protocol/manual-environment.ts";
import {
  concat,
  frameBytes,
  goodbyeOf,
  RawPeer,
  type SeenFrame,
  u32,
} from "../../support/protocol/raw-peer.ts";
import { onlyHandlers } from "../../support/server/greeter-handlers.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the door of a server");

const END = 0x80;

interface House {
  readonly env: ManualEnvironment;
  readonly server: Server;
  readonly log: string[];
  /** A connection that has said nothing yet. */
  comes(): RawPeer;
  /** One whose handshake is done. */
  joins(): Promise<RawPeer>;
}

function house(options: ServerOptions = {}): House {
  const env = new ManualEnvironment();
  const host = { loop: new Loop(env), sweeper: new Sweeper(env.clock) };
  const log: string[] = [];
  const server = new Server({ log: ({ message }) => log.push(message), ...options }, host);
  server.handle(
    Greeter,
    onlyHandlers({ hello: () => ({ text: "x".repeat(60_000) }), slow: () => new Promise(() => {}) }),
  );
  const comes = (): RawPeer => {
    const peer = new RawPeer();
    server.accept(peer);
    return peer;
  };
  const joins = async (): Promise<RawPeer> => {
    const peer = comes();
    peer.hello();
    await env.settle();
    peer.take();
    return peer;
  };
  return { env, server, log, comes, joins };
}

const farewell = (frames: readonly SeenFrame[]): string => {
  const goodbye = frames.filter(({ kind }) => kind === Kind.GOAWAY).at(-1);
  return goodbye === undefined ? "" : goodbyeOf(goodbye).message;
};

test("tells those who find it full, and lets in whoever comes when there is room again", async () => {
  const { server, env, joins } = house({ maxConnections: 2 });
  const first = await joins();
  await joins();
  const third = await joins();
  assert.ok(third.ended);
  assert.equal(server.stats().ended, { TOO_MANY_CONNECTIONS: 1 });
  first.lose();
  await env.settle();
  assert.not((await joins()).ended);
});

test("sends the oldest of too many handshakes away; who means it gets in", async () => {
  const { server, log, comes, joins } = house({ maxHandshakes: 3 });
  const silent = [comes(), comes(), comes()] as const;
  assert.is(server.stats().handshakes, 3);
  const good = await joins();
  assert.not(good.ended);
  assert.equal(
    silent.map(({ ended }) => ended),
    [true, false, false],
  );
  assert.match(farewell(silent[0].take()), /^maxHandshakes: more than 3 under way/);
  const { handshakes, connections, ended, limits } = server.stats();
  assert.equal([handshakes, connections, ended, limits], [2, 1, { LIMIT: 1 }, { maxHandshakes: 1 }]);
  assert.match(log.join("\n"), "LIMIT: maxHandshakes");
});

test("drains connections that are old, each at an age of its own within a tenth", async () => {
  const { env, server, joins } = house({
    maxConnectionAgeMs: 60_000,
    session: { heartbeatIntervalMs: 3_600_000 },
  });
  const peers: RawPeer[] = [];
  for (let i = 0; i < 50; i++) peers.push(await joins());
  const drained: number[] = [];
  for (let second = 0; second < 70; second++) {
    await env.advance(1_000);
    drained.push(peers.filter((peer) => farewell(peer.take()) !== "").length);
  }
  const first = drained.findIndex((count) => count > 0);
  const last = drained.findLastIndex((count) => count > 0);
  assert.is(
    drained.slice(0, 53).reduce((a, b) => a + b),
    0,
  );
  assert.ok(first >= 53 && first <= 56, `first at ${first} s`);
  assert.ok(last >= 64, `last at ${last} s`);
  assert.ok(Math.max(...drained) <= 14, "never many at once");
  assert.equal(Object.keys(server.stats().ended), ["SHUTDOWN"]);
});

test("sends those away that leave most unread, when all together leave too much", async () => {
  const { env, server, joins } = house({
    maxUnsentBytes: 200_000,
    session: { heartbeatIntervalMs: 3_600_000 },
  });
  const reads = await joins();
  const lazy = await joins();
  const laziest = await joins();
  for (const [peer, calls] of [
    [reads, 1],
    [lazy, 2],
    [laziest, 4],
  ] as const) {
    peer.keeps = peer !== reads;
    for (let i = 0; i < calls; i++) {
      peer.call(2 * i + 1, { methodId: Greeter.methods.hello.id }, END);
      await env.settle();
    }
  }
  await env.advance(1_000);
  assert.equal([reads.ended, lazy.ended, laziest.ended], [false, false, true]);
  assert.equal(server.stats().limits, { maxUnsentBytes: 1 });
});

const PIECE = 0x40;

test("sends those away for whom most is held, in pieces or waiting for a place, when it is too much for all", async () => {
  const { env, server, joins } = house({
    maxHeldBytes: 150_000,
    concurrency: { maxRunningCalls: 1 },
    session: { heartbeatIntervalMs: 3_600_000 },
  });
  const [small, pieces, waits] = [await joins(), await joins(), await joins()] as const;
  const { id: methodId } = Greeter.methods.slow;
  const message = concat(u32(1_000_000), new Uint8Array(60_000));
  small.call(1, { methodId }, END);
  small.call(3, { methodId, message: concat(u32(9_000), new Uint8Array(996)) }, PIECE);
  await env.settle();
  assert.is(server.stats().heldBytes, 1_000, "what runs is with its handler");
  for (const id of [1, 3]) pieces.call(id, { methodId, message }, PIECE);
  await env.settle();
  assert.is(server.stats().heldBytes, 1_000 + 2 * 60_004);
  assert.not(pieces.ended);
  // A field that no schema has, of 40,000 bytes.
  const unknown = concat(Uint8Array.of(0x4a, 0xc0, 0xb8, 0x02), new Uint8Array(40_000));
  waits.call(1, { methodId, message: unknown }, END);
  await env.settle();
  assert.equal([small.ended, pieces.ended, waits.ended], [false, true, false]);
  assert.is(farewell(pieces.take()).split(":")[0], "maxHeldBytes");
  const { limits, heldBytes } = server.stats();
  assert.equal([limits, heldBytes], [{ maxHeldBytes: 1 }, 1_000 + 40_004]);
  for (const peer of [small, waits]) peer.lose();
  await env.settle();
  assert.is(server.stats().heldBytes, 0);
});

test("counts frames that are not whole", async () => {
  const { env, server, joins } = house({ maxHeldBytes: 65_536, session: { heartbeatIntervalMs: 3_600_000 } });
  const [one, two] = [await joins(), await joins()] as const;
  const torn = frameBytes({ kind: Kind.DATA, id: 1, payload: new Uint8Array(60_000) }).subarray(0, 50_000);
  one.sendBytes(torn);
  await env.advance(600);
  assert.is(server.stats().heldBytes, 50_000);
  two.sendBytes(torn.subarray(0, 40_000));
  await env.advance(600);
  assert.equal([one.ended, two.ended], [true, false]);
  assert.equal(server.stats().limits, { maxHeldBytes: 1 });
});

test("opens so often a second, and so often at once", () => {
  const loop = new Loop(new ManualEnvironment());
  const door = new Door({ ...resolveServerOptions(), maxAcceptsPerSecond: 5 }, new Map(), loop);
  const start = loop.clock.now();
  const opened = (after: number): number =>
    Array.from({ length: 20 }, () => door.opens(start + after)).filter(Boolean).length;
  assert.equal([opened(0), opened(199), opened(400), opened(60_000)], [5, 0, 2, 5]);
});

const guard = suite("a server's guard");

guard("refuses what is over a rate before the handler, tells when to come back, and counts it", async () => {
  const { server, env, joins } = house({ rateLimits: { connection: { callsPerSecond: 2, callBurst: 2 } } });
  const peer = await joins();
  for (let i = 0; i < 5; i++) peer.call(2 * i + 1, { methodId: Greeter.methods.hello.id }, END);
  await env.settle();
  const failures = peer.take().filter(({ kind }) => kind === Kind.FAIL);
  assert.is(failures.length, 3);
  assert.equal(server.stats().refusedCalls, { rateLimits: 3 });
  assert.is(server.stats().servedCalls, 2);
  await env.advance(500);
  peer.call(11, { methodId: Greeter.methods.hello.id }, END);
  await env.settle();
  assert.is(server.stats().servedCalls, 3);
});

guard("runs as many handlers as may run, over all connections; the rest waits, then is refused", async () => {
  const { server, env, joins } = house({ concurrency: { maxRunningCalls: 2, maxWaitingCalls: 3 } });
  const peers = [await joins(), await joins()] as const;
  for (let i = 0; i < 4; i++) {
    for (const peer of peers)
      peer.call(2 * i + 1, { methodId: Greeter.methods.slow.id, remainingMs: 1_000 }, END);
  }
  await env.settle();
  const { waitingCalls, refusedCalls } = server.stats();
  assert.equal([waitingCalls, refusedCalls], [3, { maxRunningCalls: 3 }]);
  await env.advance(1_100);
  assert.is(server.stats().waitingCalls, 0, "what waited has left at its deadline");
  assert.equal(server.stats().refusedCalls, { maxRunningCalls: 3 });
});

guard("counts every other refusal by its reason", async () => {
  const { server, env, joins } = house({ session: { maxConcurrentCalls: 1 } });
  const peer = await joins();
  peer.call(1, { methodId: 12_345 }, END);
  peer.call(3, { methodId: Greeter.methods.hello.id, remainingMs: 0 }, END);
  peer.call(5, { methodId: Greeter.methods.slow.id }, END);
  peer.call(7, { methodId: Greeter.methods.slow.id }, END);
  await env.settle();
  assert.equal(server.stats().refusedCalls, { unknownMethod: 1, expired: 1, maxConcurrentCalls: 1 });
});
