import * as assert from "uvu/assert";
import { HEADER_BYTES, Kind } from "../../../packages/framing/src/index.ts";
import { Loop, Outbox } from "../../../packages/protocol/src/loop.ts";
import { encodeMetadata } from "../../../packages/protocol/src/metadata.ts";
import { ManualEnvironment, seededRandom } from "../../support/protocol/manual-environment.ts";
import { RawPeer } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the output buffer that connections share");

interface Rig {
  readonly env: ManualEnvironment;
  readonly loop: Loop;
  add(keeps?: boolean): { peer: RawPeer; outbox: Outbox; flushed: () => number };
}

function rig(): Rig {
  const env = new ManualEnvironment();
  const loop = new Loop(env);
  const add: Rig["add"] = (keeps = false) => {
    const peer = new RawPeer();
    peer.keeps = keeps;
    let flushed = 0;
    return { peer, outbox: new Outbox(loop, peer, { flushed: () => flushed++ }), flushed: () => flushed };
  };
  return { env, loop, add };
}

const payload = (fill: number, bytes: number) => new Uint8Array(bytes).fill(fill);
const seenIn = (peer: RawPeer) =>
  peer.take().map(({ id, payload: bytes }) => `${id}:${bytes[0]}x${bytes.length}`);

test("hands over once at the end of the turn, all frames in one chunk", () => {
  const { env, add } = rig();
  const { peer, outbox, flushed } = add();
  for (let id = 1; id <= 5; id++) outbox.frame(Kind.DATA, id, payload(id, 10));
  assert.is(peer.chunks.length, 0);
  env.endTurn();
  assert.is(peer.chunks.length, 1);
  assert.is(flushed(), 1);
  assert.equal(seenIn(peer), ["1:1x10", "2:2x10", "3:3x10", "4:4x10", "5:5x10"]);
});

test("has nothing left to do at the end of a turn that was flushed in between", () => {
  const { env, add } = rig();
  const { peer, outbox, flushed } = add();
  outbox.frame(Kind.DATA, 1, payload(1, 10));
  outbox.flush();
  env.endTurn();
  assert.equal([peer.chunks.length, flushed()], [1, 1]);
  outbox.frame(Kind.DATA, 3, payload(3, 10));
  outbox.flush();
  outbox.frame(Kind.DATA, 5, payload(5, 10));
  env.endTurn();
  assert.equal([peer.chunks.length, flushed()], [3, 3]);
});

test("hands over in the middle of a turn when much has gathered", () => {
  const { env, add } = rig();
  const { peer, outbox } = add();
  for (let n = 0; n < 9; n++) outbox.frame(Kind.DATA, 1, payload(n, 5_000));
  assert.ok(peer.chunks.length >= 1);
  env.endTurn();
  assert.is(peer.take().length, 9);
});

test("begins with nothing but this connection's bytes, whatever was encoded before", () => {
  encodeMetadata({ secret: "of somebody else" });
  const { env, add } = rig();
  const { peer, outbox } = add();
  encodeMetadata({ another: "secret" });
  outbox.frame(Kind.DATA, 7, payload(1, 3));
  env.endTurn();
  assert.is(peer.chunks[0]?.copy.length, HEADER_BYTES + 3);
});

test("does not mix the bytes of connections that alternate in one turn", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = seededRandom(seed);
    const { env, add } = rig();
    const lines = [add(false), add(true), add(random() < 0.5)];
    const wanted: string[][] = [[], [], []];
    for (let step = 0; step < 300; step++) {
      const which = Math.floor(random() * 3);
      const bytes = 1 + Math.floor(random() ** 6 * 20_000);
      lines[which]?.outbox.frame(Kind.DATA, step + 1, payload(step & 0xff, bytes));
      wanted[which]?.push(`${step + 1}:${step & 0xff}x${bytes}`);
      if (random() < 0.05) env.endTurn();
    }
    env.endTurn();
    for (const [index, { peer }] of lines.entries())
      assert.equal(seenIn(peer), wanted[index], `seed ${seed}`);
  }
});

test("leaves a chunk alone that the transport keeps", () => {
  const { env, add } = rig();
  const keeping = add(true);
  const other = add(false);
  for (let n = 0; n < 60; n++) {
    keeping.outbox.frame(Kind.DATA, 1, payload(n, 100 + n * 40));
    if (n % 3 === 0) other.outbox.frame(Kind.DATA, 2, payload(0xff, 3_000));
    if (n % 4 === 0) env.endTurn();
  }
  env.endTurn();
  assert.ok(keeping.peer.chunks.length > 10);
  for (const { bytes, copy } of keeping.peer.chunks) assert.equal(bytes, copy);
});

test("uses the memory again when the transport holds nothing any more", () => {
  const { env, add } = rig();
  const { peer, outbox } = add(true);
  const send = (): ArrayBufferLike | undefined => {
    outbox.frame(Kind.DATA, 1, payload(1, 10));
    env.endTurn();
    return peer.chunks.at(-1)?.bytes.buffer;
  };
  const held = new Set([send(), send(), send()]);
  held.add(send());
  assert.is(held.size, 4, "what the transport holds is not written again");
  peer.bufferedBytes = 0;
  outbox.drained();
  send();
  assert.ok(held.has(send()));
});

test("takes a message out with its memory when it made the buffer grow, and leaves the rest", () => {
  for (const bytes of [100, 3_000_000]) {
    const { env, loop, add } = rig();
    const { peer, outbox } = add();
    outbox.frame(Kind.DATA, 1, payload(1, 4));
    const writer = outbox.begin();
    const at = writer.pos - HEADER_BYTES;
    writer.raw(payload(9, bytes));
    const taken = outbox.takeOut(at + HEADER_BYTES);
    outbox.rollback(at);
    outbox.frame(Kind.DATA, 3, payload(3, 4));
    env.endTurn();
    assert.equal(seenIn(peer), ["1:1x4", "3:3x4"]);
    assert.equal(taken, payload(9, bytes));
    outbox.release(taken);
    const next = loop.buffers.takeLarge(200_000);
    assert.is(next.buffer === taken.buffer, bytes > 200_000);
  }
});

test("sends a large message that was taken out from where it lies, behind what was written before", () => {
  for (const keeps of [false, true]) {
    const { env, loop, add } = rig();
    const { peer, outbox } = add(keeps);
    const at = outbox.begin().pos - HEADER_BYTES;
    loop.writer.raw(payload(9, 50_000));
    const taken = outbox.takeOut(at + HEADER_BYTES);
    outbox.rollback(at);
    assert.not(loop.writer.buf.buffer === taken.buffer, "it has left with its buffer");
    outbox.frame(Kind.DATA, 1, payload(1, 4));
    outbox.message(Kind.DATA, 3, taken);
    outbox.frame(Kind.DATA, 5, payload(5, 4));
    env.endTurn();
    assert.ok(peer.chunks.some(({ bytes }) => bytes.buffer === taken.buffer));
    assert.is(
      loop.buffers.take().buffer === taken.buffer,
      !keeps,
      "it comes back unless the transport has it",
    );
    assert.equal(seenIn(peer), ["1:1x4", "3:9x50000", "5:5x4"]);
  }
});

test("lets large messages leave with their buffers again when connections have closed with such messages", () => {
  const { env, loop, add } = rig();
  for (let n = 0; n < 30; n++) {
    const { outbox } = add(true);
    for (let id = 1; id <= 5; id++) {
      const at = outbox.begin().pos - HEADER_BYTES;
      loop.writer.raw(payload(9, 50_000));
      const taken = outbox.takeOut(at + HEADER_BYTES);
      outbox.rollback(at);
      assert.is(taken.byteOffset > 0, id < 5, `message ${id} of connection ${n}`);
      outbox.message(Kind.DATA, id, taken);
    }
    outbox.close();
    env.endTurn();
  }
});

test("keeps the frames before one whose encoding fails", () => {
  const { env, add } = rig();
  const { peer, outbox } = add();
  outbox.frame(Kind.DATA, 1, payload(1, 4));
  const writer = outbox.begin();
  const at = writer.pos - HEADER_BYTES;
  writer.open(10);
  writer.string("half of a mess");
  outbox.rollback(at);
  outbox.frame(Kind.DATA, 3, payload(3, 4));
  env.endTurn();
  assert.equal(seenIn(peer), ["1:1x4", "3:3x4"]);
});

test("sends nothing when all there was has been taken back", () => {
  const { env, add } = rig();
  const { peer, outbox } = add();
  const other = add();
  const at = outbox.begin().pos - HEADER_BYTES;
  outbox.rollback(at);
  other.outbox.frame(Kind.DATA, 1, payload(1, 1));
  env.endTurn();
  assert.is(peer.chunks.length, 0);
  assert.equal(seenIn(other.peer), ["1:1x1"]);
});

test("does not stay large after one large message", () => {
  const { env, loop, add } = rig();
  for (const keeps of [false, true]) {
    const { outbox } = add(keeps);
    outbox.frame(Kind.DATA, 1, payload(1, 3_000_000));
    env.endTurn();
    assert.ok(loop.writer.buf.length <= 262_144, `${loop.writer.buf.length} bytes are kept`);
  }
});

test("takes nothing more from a connection that is closed, and goes on for the others", () => {
  const { env, add } = rig();
  const gone = add();
  const other = add();
  gone.outbox.frame(Kind.DATA, 1, payload(1, 1));
  gone.outbox.close();
  gone.outbox.frame(Kind.DATA, 1, payload(1, 1));
  other.outbox.frame(Kind.DATA, 2, payload(2, 2));
  gone.outbox.frame(Kind.DATA, 1, payload(1, 1));
  env.endTurn();
  assert.is(gone.peer.chunks.length, 0);
  assert.is(gone.flushed(), 0);
  assert.equal(seenIn(other.peer), ["2:2x2"]);
});
