import * as assert from "uvu/assert";
import { Flag } from "../../../packages/framing/src/index.ts";
import { Loop } from "../../../packages/protocol/src/loop.ts";
import { Outbound } from "../../../packages/protocol/src/outbound.ts";
import { Sender } from "../../../packages/protocol/src/sender.ts";
import { VertexError } from "../../../packages/protocol/src/vertex-error.ts";
import { rawCodec } from "../../support/protocol/credit-model.ts";
import { ManualEnvironment } from "../../support/protocol/manual-environment.ts";
import { concat, inWords, RawPeer, type SeenFrame } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the sending half of a call");

function rig(
  credit: number,
  maxFrameBytes = 1_024,
): {
  env: ManualEnvironment;
  peer: RawPeer;
  sender: Sender;
  outbound: Outbound;
  send(bytes: number, end?: boolean): void;
  frames(): Promise<string[]>;
} {
  const env = new ManualEnvironment();
  const peer = new RawPeer();
  const sender = new Sender(new Loop(env), peer, { handedOver: () => {}, waits: () => {} });
  sender.peerMaxFrameBytes = maxFrameBytes;
  sender.peerMaxMessageBytes = 10_000;
  const outbound = new Outbound(sender, 1, credit);
  return {
    env,
    peer,
    sender,
    outbound,
    send: (bytes, end = false) => outbound.send(rawCodec, new Uint8Array(bytes), end),
    frames: async () => {
      await env.settle();
      return peer.take().map((frame: SeenFrame) => `${inWords(frame).split(" ")[0]} ${frame.payload.length}`);
    },
  };
}

/** The messages whose pieces those are. */
function messagesOf(frames: readonly SeenFrame[]): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let pieces: Uint8Array[] = [];
  for (const { flags, payload } of frames) {
    pieces.push(pieces.length === 0 && (flags & Flag.MORE) !== 0 ? payload.subarray(4) : payload);
    if ((flags & Flag.MORE) !== 0) continue;
    messages.push(concat(...pieces));
    pieces = [];
  }
  return messages;
}

test("sends what fits at once, as one frame", async () => {
  const { send, frames, outbound } = rig(2_000);
  send(1_024);
  assert.ok(outbound.idle);
  assert.equal(await frames(), ["DATA 1024"]);
});

test("cuts what does not fit a frame, with the length before the first piece", async () => {
  const { send, frames } = rig(10_000);
  send(2_500, true);
  assert.equal(await frames(), ["DATA|MORE 1024", "DATA|MORE 1024", "DATA|END 456"]);
});

test("sends a message and a short rest of it in one write, and the next ones, longer or shorter, as whole", async () => {
  const { sender, outbound, env, peer } = rig(100_000);
  const sizes = [1_030, 1_030, 1_025, 2_040, 1_024, 3, 1_500];
  const sent = sizes.map((size, index) => new Uint8Array(size).map((_, at) => at + index));
  let writes = 0;
  const write = peer.write.bind(peer);
  peer.write = (bytes) => {
    writes++;
    return write(bytes);
  };
  outbound.send(rawCodec, sent[0] as Uint8Array, false);
  await env.settle();
  assert.is(writes, 1);
  for (const [index, bytes] of sent.entries()) {
    if (index > 0) outbound.send(rawCodec, bytes, index === sizes.length - 1);
    if (index % 2 === 1) sender.ping(9, new Uint8Array(8));
  }
  await env.settle();
  const frames = peer.take().filter(({ id }) => id === 1);
  assert.ok(outbound.idle && outbound.ended);
  assert.equal(messagesOf(frames), sent);
});

test("sends while the credit is above 0, 256 bytes at least, and waits below", async () => {
  const { send, frames, outbound } = rig(1);
  send(256);
  send(0);
  assert.equal(await frames(), ["DATA 256"]);
  assert.not(outbound.idle);
  outbound.grant(255);
  assert.equal(await frames(), []);
  outbound.grant(1);
  assert.equal(await frames(), ["DATA 0"], "the credit is 1 again");
  assert.ok(outbound.idle);
});

test("keeps an empty message behind those that wait", async () => {
  const { send, frames, outbound } = rig(300);
  send(1_000);
  send(0);
  send(5, true);
  assert.equal(await frames(), ["DATA|MORE 300"]);
  outbound.grant(5_000);
  assert.equal(await frames(), ["DATA 704", "DATA 0", "DATA|END 5"]);
});

test("sends nothing but control frames while the transport is congested", async () => {
  const { send, frames, peer, outbound, sender, env } = rig(50_000);
  peer.congested = true;
  send(10);
  await env.settle();
  peer.take();
  send(20);
  send(3_000);
  sender.ping(9, new Uint8Array(8));
  assert.equal(await frames(), ["PING 8"]);
  assert.not(outbound.idle);
  peer.congested = false;
  sender.drained();
  assert.equal(await frames(), ["DATA 20", "DATA|MORE 1024", "DATA|MORE 1024", "DATA 956"]);
});

test("takes turns with other calls, piece by piece", async () => {
  const { send, sender, env, peer } = rig(50_000);
  const other = new Outbound(sender, 3, 50_000);
  send(3_000);
  other.send(rawCodec, new Uint8Array(3_000), false);
  await env.settle();
  assert.equal(
    peer.take().map(({ id }) => id),
    [1, 3, 1, 3, 1, 3],
  );
});

test("ends with FINISH behind everything that waits, for which it needs no credit", async () => {
  const { send, frames, outbound } = rig(300);
  let ended = 0;
  outbound.onEnded = () => ended++;
  send(1_000);
  outbound.finish(new Uint8Array(3));
  assert.equal(await frames(), ["DATA|MORE 300"]);
  assert.is(ended, 0);
  outbound.grant(704);
  assert.equal(await frames(), ["DATA 704", "FINISH 3"]);
  assert.is(ended, 1);
});

test("says that there is room when nothing waits, and when it is closed", async () => {
  const { send, frames, outbound, env } = rig(300);
  const said: string[] = [];
  await outbound.room();
  send(1_000);
  void outbound.room().then(() => said.push("room"));
  await frames();
  assert.equal(said, []);
  outbound.grant(10_000);
  await env.settle();
  assert.equal(said, ["room"]);
  send(10_001 - 304 - 1);
  void outbound.room().then(() => said.push("closed"));
  outbound.close();
  await env.settle();
  assert.equal(said, ["room", "closed"]);
});

test("refuses a message over the receiver's limit, and one that cannot be encoded, and goes on", async () => {
  const { send, frames, outbound } = rig(50_000, 4_096);
  send(7);
  const usage = (code: string) => (error: unknown) =>
    error instanceof VertexError &&
    error.family === "usage" &&
    error.code === code &&
    error.outcome === "not-executed";
  assert.throws(() => send(10_001), usage("RESOURCE_EXHAUSTED"));
  const broken = {
    ...rawCodec,
    encode: () => {
      throw new TypeError("no such value");
    },
  };
  assert.throws(() => outbound.send(broken, new Uint8Array(0), false), usage("INVALID_ARGUMENT"));
  send(8);
  assert.equal(await frames(), ["DATA 7", "DATA 8"]);
});
