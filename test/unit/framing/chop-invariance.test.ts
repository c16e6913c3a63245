// file-timeout: 1800 s
// How a byte stream is cut does not matter: conversations drawn from seeds, in every slicing, have the same trace of
// events. THREATS.md C3. VERTEX_CHOPS=all runs every chop size from 1 to 64 and 1,000 random slicings of each.
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import { strangers } from "../../support/protocol/lab.ts";
import { chat, collect, count, echo, note, noteOf, tell } from "../../support/protocol/lab-service.ts";
import { seededRandom } from "../../support/protocol/manual-environment.ts";
import {
  concat,
  frameBytes,
  goodbyePayload,
  helloPayload,
  inWords,
  metadataPayload,
  noBytes,
  u32,
} from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";
import { hexOf } from "../../support/vectors.ts";

const test = suite("chop invariance");

const END = 0x80;
const MORE = 0x40;
const CONVERSATIONS = 100;
const all = process.env.VERTEX_CHOPS === "all";
const sizes = all ? Array.from({ length: 64 }, (_, n) => n + 1) : [1, 2, 3, 7, 8, 9, 16, 64];
const slicings = all ? 1_000 : 16;

type Random = () => number;

const upTo = (random: Random, most: number) => Math.floor(random() * most);

/** What a dialer says, whole: HELLO, calls of every kind with pieces, cancels and credits between them, perhaps an error. */
function conversation(seed: number): Uint8Array {
  const random = seededRandom(seed * 7_919);
  const lanes = Array.from({ length: 1 + upTo(random, 8) }, (_, n) => callFrames(random, 2 * n + 1));
  const parts = [frameBytes({ kind: Kind.HELLO, payload: helloPayload() })];
  // Calls open in the order of their ids; what follows is dealt out at random.
  const open: Uint8Array[][] = [];
  while (lanes.length + open.length > 0) {
    if (lanes.length > 0 && (open.length === 0 || random() < 0.3)) {
      open.push(lanes.shift() as Uint8Array[]);
      parts.push(open.at(-1)?.shift() as Uint8Array);
    } else {
      const lane = open[upTo(random, open.length)] as Uint8Array[];
      const next = lane.shift();
      if (next !== undefined) parts.push(next);
    }
    for (const done of open.filter((lane) => lane.length === 0)) open.splice(open.indexOf(done), 1);
    if (random() < 0.1) parts.push(frameBytes({ kind: Kind.PING, payload: new Uint8Array(8).fill(seed) }));
  }
  parts.push(...ending(random));
  return concat(...parts);
}

function ending(random: Random): Uint8Array[] {
  const dice = random();
  if (dice < 0.4) return [];
  if (dice < 0.6) return [frameBytes({ kind: Kind.GOAWAY, payload: goodbyePayload({ reason: 1 }) })];
  const bad = [
    { kind: 14 },
    { kind: Kind.PONG, payload: new Uint8Array(8) },
    { kind: Kind.CREDIT, id: 1, payload: u32(0) },
    { kind: Kind.CANCEL, id: 2 },
    { kind: Kind.DATA, id: 99 },
  ];
  const after = frameBytes({ kind: Kind.PING, payload: new Uint8Array(8) });
  return [frameBytes(bad[upTo(random, bad.length)] as { kind: number }), after];
}

function callFrames(random: Random, id: number): Uint8Array[] {
  const method = [echo, tell, count, collect, chat][upTo(random, 5)] as typeof echo;
  const streams = method === collect || method === chat;
  const metadata = random() < 0.3 ? metadataPayload([["trace", String(id)]]) : noBytes;
  const remainingMs = random() < 0.05 ? 0 : 10_000;
  const methodId = random() < 0.05 ? 7 : method.id;
  const fixed = concat(u32(methodId), u32(remainingMs), Uint8Array.of(0, metadata.length));
  const text = method === count ? String(upTo(random, 5)) : "x".repeat(upTo(random, 300));
  const call = (flags: number, message: Uint8Array) =>
    frameBytes({ kind: Kind.CALL, flags, id, payload: concat(fixed, metadata, message) });
  const data = (flags: number, payload: Uint8Array) => frameBytes({ kind: Kind.DATA, flags, id, payload });
  const frames: Uint8Array[] = [];
  if (!streams && random() < 0.6) frames.push(call(END, note(text)));
  else {
    frames.push(call(0, noBytes));
    const messages = streams ? upTo(random, 4) : 1;
    for (let n = 0; n < messages; n++)
      frames.push(...pieces(random, streams ? noteOf(20 + upTo(random, 90)) : note(text), data));
    frames.push(frameBytes({ kind: Kind.FINISH, id }));
  }
  if (random() < 0.3)
    frames.push(frameBytes({ kind: Kind.CREDIT, id, payload: u32(1 + upTo(random, 9_000)) }));
  if (random() < 0.15)
    frames.splice(1 + upTo(random, frames.length), 0, frameBytes({ kind: Kind.CANCEL, id }));
  return frames;
}

function pieces(
  random: Random,
  message: Uint8Array,
  data: (flags: number, bytes: Uint8Array) => Uint8Array,
): Uint8Array[] {
  if (message.length < 2 || random() < 0.5) return [data(0, message)];
  const cut = upTo(random, message.length);
  const first = data(MORE, concat(u32(message.length), message.subarray(0, cut)));
  return [first, data(0, message.subarray(cut))];
}

/** Everything that can be seen of a session that is told `slices`: its handlers, its frames, its end. */
async function trace(slices: readonly Uint8Array[]): Promise<string> {
  const events: string[] = [];
  const seen = (what: string, text: string) => void events.push(`${what} ${text}`);
  const lab = strangers("acceptor", {
    handlers: {
      echo: (request, context) => {
        seen("echo", `${request.text} ${context.metadata.size} ${context.cancelled}`);
        return request;
      },
      tell: ({ text }) => seen("tell", text),
      async collect(requests) {
        let texts = "";
        for await (const { text } of requests) texts += text;
        seen("collect", texts);
        return { text: texts };
      },
    },
  });
  for (const slice of slices) lab.peer.sendBytes(slice);
  await lab.env.settle();
  for (const frame of lab.peer.take()) events.push(`${inWords(frame)} ${hexOf(frame.payload)}`);
  events.push(
    `${lab.side.session.state} ${lab.side.ends.map(({ reason, message }) => `${reason} ${message}`)}`,
  );
  lab.side.session.close("SHUTDOWN", "the end");
  await lab.env.settle();
  return events.join("\n");
}

function chopped(bytes: Uint8Array, size: number): Uint8Array[] {
  const slices: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) slices.push(bytes.subarray(at, at + size));
  return slices;
}

function sliced(bytes: Uint8Array, random: Random): Uint8Array[] {
  const most = 1 + upTo(random, 1 + upTo(random, bytes.length));
  const slices: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + upTo(random, most);
    slices.push(bytes.subarray(at, at + size));
    at += size;
  }
  return slices;
}

test(
  `${CONVERSATIONS} conversations have one trace each, however they are cut`,
  async () => {
    const kinds = new Set<string>();
    for (let seed = 1; seed <= CONVERSATIONS; seed++) {
      const bytes = conversation(seed);
      const whole = await trace([bytes]);
      for (const line of whole.split("\n")) kinds.add(line.split(" ")[0] as string);
      for (const size of sizes)
        assert.is(await trace(chopped(bytes, size)), whole, `seed ${seed}, chops of ${size}`);
      const random = seededRandom(seed);
      for (let n = 0; n < slicings; n++) {
        assert.is(await trace(sliced(bytes, random)), whole, `seed ${seed}, slicing ${n}`);
      }
    }
    const wanted = [
      "echo",
      "tell",
      "collect",
      "DATA",
      "DATA|END",
      "FINISH",
      "FAIL",
      "WELCOME",
      "PONG",
      "GOAWAY",
      "closed",
      "ready",
    ];
    assert.equal(
      wanted.filter((kind) => !kinds.has(kind)),
      [],
      "everything happens in some conversation",
    );
  },
  { timeoutMs: 1_800_000 },
);

test("a trace tells two conversations apart", async () => {
  assert.is.not(await trace([conversation(1)]), await trace([conversation(2)]));
});
