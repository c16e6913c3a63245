// The handshake, on both sides: whatever comes first, the session opens or ends with a named reason, in its time.
//
//   side N AUTH     0 acceptor, 1 dialer; how `authenticate` answers: see `authenticators`
//   hello =…        HELLO with this message behind the preface
//   welcome =…      WELCOME with this message behind the preface
//   frame KIND ID =…  any frame
//   bytes =…        any bytes
//   pass MS         time passes

import { Kind } from "@vertex/framing";
import { VertexError } from "@vertex/protocol";
import { Hello, Welcome } from "../../../packages/protocol/src/gen/vertex/v1/control.ts";
import { Conversation } from "../conversation.ts";
import { frameBytes, prefaced, randomFrame, strangers } from "../frame-bytes.ts";
import { arg, type Input, type Op, op } from "../input.ts";
import type { Random } from "../random.ts";
import { mustHold, type Target } from "../target.ts";
import type { World } from "../world.ts";

const HANDSHAKE_MS = 5_000;
const LONGEST_PASS_MS = 10_000;
const floors = { maxFrameBytes: 1_024, initialCreditBytes: 1 };

/** The ways in which `authenticate` answers. */
const authenticators: readonly ((world: () => World) => unknown)[] = [
  () => "somebody",
  (world) => world().sleep(10),
  (world) => world().sleep(HANDSHAKE_MS + 2_000),
  () => new Promise(() => {}),
  () => {
    throw new VertexError("UNAUTHENTICATED", "no");
  },
  () => {
    throw new TypeError("a secret");
  },
  async (world) => {
    await world().sleep(5);
    throw new Error("a secret");
  },
];

function hello(random: Random): Uint8Array {
  const number = () => random.pick([0, 1, 2, 255, 1_024, 65_536, 0xffffffff]);
  const message: Hello = {
    minVersion: random.pick([0, 1, 1, 1, 2]),
    maxVersion: random.pick([1, 1, 1, 2, 0]),
    limits: random.oneIn(4)
      ? undefined
      : {
          maxFrameBytes: number(),
          maxMessageBytes: number(),
          maxConcurrentCalls: number(),
          initialCreditBytes: number(),
        },
    heartbeat: random.oneIn(3) ? undefined : { intervalMs: number(), timeoutMs: number() },
    name: "n".repeat(random.size(400)),
    credentials: random.oneIn(2) ? undefined : { scheme: "bearer", data: random.bytes(random.size(64)) },
    services: [{ name: "a.B", fingerprint: random.bits() }],
  };
  return Hello.encode(message).finish();
}

function welcome(random: Random): Uint8Array {
  const { limits, heartbeat, name, services } = Hello.decode(hello(random));
  return Welcome.encode({
    version: random.pick([1, 1, 1, 0, 2]),
    limits,
    heartbeat,
    name,
    services,
  }).finish();
}

function generate(random: Random): Input {
  const dialer = random.below(2);
  const ops = [op("side", [dialer, random.below(authenticators.length)])];
  if (random.oneIn(12)) ops.push(op("bytes", [], random.pick(strangers)));
  else ops.push(dialer === 1 ? op("welcome", [], welcome(random)) : op("hello", [], hello(random)));
  for (let count = random.below(4); count > 0; count--) {
    ops.push(random.oneIn(2) ? op("bytes", [], randomFrame(random)) : op("pass", [random.size(7_000)]));
  }
  return ops;
}

/** The bytes of an operation; none for those that send nothing. */
function bytesOf(each: Op): Uint8Array {
  if (each.verb === "hello") return frameBytes(Kind.HELLO, 0, prefaced(each.bytes));
  if (each.verb === "welcome") return frameBytes(Kind.WELCOME, 0, prefaced(each.bytes));
  if (each.verb === "frame") return frameBytes(arg(each, 0) & 0xff, arg(each, 1) >>> 0, each.bytes);
  return each.verb === "bytes" ? each.bytes : new Uint8Array(0);
}

async function run(input: Input): Promise<string> {
  const side = input.find(({ verb }) => verb === "side") ?? op("side");
  const dialer = arg(side, 0) % 2 === 1;
  const authenticator = authenticators[arg(side, 1) % authenticators.length] as (typeof authenticators)[0];
  const conversation: Conversation = new Conversation({
    role: dialer ? "dialer" : "acceptor",
    options: { handshakeTimeoutMs: HANDSHAKE_MS },
    stated: floors,
    authenticate: () => authenticator(() => conversation.world),
  });
  const { world, session, peer } = conversation;
  if (dialer) conversation.own.open(0, 3, 0);
  for (const each of input) {
    const bytes = bytesOf(each);
    if (bytes.length > 0) peer.write(bytes);
    if (each.verb === "pass") await conversation.pass(Math.min(LONGEST_PASS_MS, arg(each, 0)));
    else await world.turn();
  }
  await world.settle();
  const state = session.state;
  await conversation.pass(HANDSHAKE_MS + 500);
  mustHold(session.state !== "handshake", "a handshake outlives its time");
  return `${dialer ? "dialer" : "acceptor"} ${state}; ${await conversation.conclude()}`;
}

/** The handshake of both sides. */
export const handshake: Target = {
  name: "handshake",
  about: "mutated HELLO and WELCOME against a session of each role",
  generate,
  run,
};
