// How much one connection takes in at once, and when it does not read.
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import { Hold, Intake } from "../../../packages/protocol/src/intake.ts";
import { Loop } from "../../../packages/protocol/src/loop.ts";
import { TURN_MS } from "../../../packages/protocol/src/turns.ts";
import { ManualEnvironment } from "../../support/protocol/manual-environment.ts";
import { concat, frameBytes, RawPeer } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const test = suite("an intake");

interface Bench {
  readonly env: ManualEnvironment;
  readonly clock: { now: number; turns: number };
  readonly transport: RawPeer;
  readonly intake: Intake;
  readonly ids: number[];
  readonly errors: unknown[];
  taken: number;
  /** What every frame does. */
  work: (id: number) => void;
  /** One turn of the event loop. */
  turn(): void;
}

/** An intake whose event loop goes round, and whose clock goes on, when the test says so. */
function bench(): Bench {
  const env = new ManualEnvironment();
  const clock = { now: 1_000, turns: 0 };
  let due: (() => void)[] = [];
  const loop = new Loop({
    clock: { now: () => clock.now, setTimer: () => ({ cancel: () => {} }) },
    random: () => 0.5,
    defer: (callback) => due.push(callback),
    later: (callback) => due.push(callback),
  });
  const transport = new RawPeer();
  const made: Bench = {
    env,
    clock,
    transport,
    ids: [],
    errors: [],
    taken: 0,
    work: () => {},
    turn: () => {
      clock.turns++;
      const now = due;
      due = [];
      for (const callback of now) callback();
    },
    intake: new Intake(
      loop,
      transport,
      {
        frame: (_kind, id) => {
          made.ids.push(id);
          made.work(id);
        },
        taken: () => made.taken++,
        violated: (error) => {
          made.errors.push(error);
          made.intake.stop();
        },
      },
      65_536,
    ),
  };
  // A first frame that the decoder takes for Vertex.
  made.intake.received(frameBytes({ kind: Kind.CANCEL, id: 1 }), clock.now);
  made.intake.opened(65_536);
  made.ids.length = 0;
  made.taken = 0;
  return made;
}

const frames = (count: number, from = 1, bytes = 0): Uint8Array =>
  concat(
    ...Array.from({ length: count }, (_, i) =>
      frameBytes({
        kind: bytes === 0 ? Kind.CANCEL : Kind.DATA,
        id: from + i,
        payload: new Uint8Array(bytes),
      }),
    ),
  );
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

test("takes 256 small frames in at once without pausing", () => {
  const at = bench();
  at.intake.received(frames(256), at.clock.now);
  assert.equal([at.ids.length, at.transport.paused, at.intake.held], [256, false, false]);
});

test("leaves what is more to later turns, pauses meanwhile, and loses and doubles nothing", () => {
  const at = bench();
  const chunk = frames(1_000);
  at.intake.received(chunk, at.clock.now);
  chunk.fill(0xdd);
  assert.equal([at.ids.length, at.transport.paused], [256, true]);
  assert.is(at.intake.heldBytes, (1_000 - 256) * 8);
  at.turn();
  assert.is(at.ids.length, 512);
  at.turn();
  at.turn();
  assert.equal(at.ids, numbers(1_000));
  assert.equal([at.transport.paused, at.intake.heldBytes], [false, 0]);
  assert.is(at.taken, 4);
  assert.is(at.intake.decoder.frames, 1_001);
});

test("counts large frames by their KiB: a full read of them is one turn", () => {
  const at = bench();
  at.intake.received(frames(4, 1, 65_000), at.clock.now);
  assert.equal([at.ids.length, at.transport.paused], [4, false]);
  at.intake.received(frames(100, 1, 8_192), at.clock.now);
  assert.ok(at.ids.length < 4 + 64, String(at.ids.length));
  assert.ok(at.transport.paused);
});

test("keeps the order when a paused transport goes on delivering", () => {
  const at = bench();
  at.intake.received(frames(300, 1), at.clock.now);
  at.intake.received(frames(300, 301), at.clock.now);
  for (let i = 0; i < 4; i++) at.turn();
  assert.equal(at.ids, numbers(600));
});

test("keeps torn frames whole, wherever a turn ends", () => {
  const at = bench();
  const all = frames(900, 1, 3);
  for (let pos = 0; pos < all.length; pos += 3_001)
    at.intake.received(all.slice(pos, pos + 3_001), at.clock.now);
  for (let i = 0; i < 5; i++) at.turn();
  assert.equal(at.ids, numbers(900));
});

test("stops when the time of a turn is up, and sits out as many turns as it has taken", () => {
  const at = bench();
  at.work = () => {
    at.clock.now += TURN_MS / 8;
  };
  at.intake.received(frames(256), at.clock.now);
  assert.equal([at.ids.length, at.intake.busyMs], [32, 4 * TURN_MS]);
  for (let i = 0; i < 4; i++) at.turn();
  assert.is(at.ids.length, 32);
  at.turn();
  assert.is(at.ids.length, 64);
});

test("that took long over its last frame is paused for a moment, and goes on by itself", () => {
  const at = bench();
  at.work = () => {
    at.clock.now += 2 * TURN_MS;
  };
  at.intake.received(frames(1), at.clock.now);
  assert.ok(at.transport.paused);
  for (let i = 0; i < 3; i++) at.turn();
  assert.equal([at.transport.paused, at.intake.held], [false, false]);
});

test("reads again when the last reason not to is gone, and takes nothing in before", () => {
  const at = bench();
  at.work = (id) => {
    if (id === 10) at.intake.hold(Hold.UNREAD);
  };
  at.intake.received(frames(300), at.clock.now);
  at.turn();
  at.turn();
  assert.equal([at.ids.length, at.transport.paused], [256, true]);
  at.intake.release(Hold.UNREAD);
  at.turn();
  assert.equal([at.ids.length, at.transport.paused], [300, false]);
  at.intake.hold(Hold.DECIDING);
  assert.ok(at.transport.paused);
  at.intake.release(Hold.UNREAD);
  assert.ok(at.transport.paused);
  at.intake.release(Hold.DECIDING);
  assert.not(at.transport.paused);
});

test("takes in what is left when the transport is gone", () => {
  const at = bench();
  at.intake.received(frames(1_000), at.clock.now);
  at.intake.finish();
  assert.equal(at.ids, numbers(1_000));
  for (let i = 0; i < 5; i++) at.turn();
  assert.is(at.ids.length, 1_000);
});

test("that is stopped takes nothing in any more", () => {
  const at = bench();
  at.intake.received(frames(1_000), at.clock.now);
  at.intake.stop();
  for (let i = 0; i < 5; i++) at.turn();
  assert.equal([at.ids.length, at.intake.heldBytes], [256, 0]);
});

test("hands on what is wrong in a later turn as in the first", () => {
  const at = bench();
  at.intake.received(concat(frames(300), frameBytes({ kind: 14, id: 1 })), at.clock.now);
  assert.is(at.errors.length, 0);
  for (let i = 0; i < 3; i++) at.turn();
  assert.equal([at.ids.length, at.errors.length], [300, 1]);
});
