// A conversation in order, drawn from a number: what one client does, and, recorded in memory, every frame that both
// sides then say.

import { FrameDecoder } from "@vertex/framing";
import { Loop, resolveSessionOptions, Session, type SessionEvents } from "@vertex/protocol";
import { type MemoryTransport, memoryPair } from "@vertex/protocol/testing";
import { frameBytes } from "../frame-bytes.ts";
import { serveAll } from "../handlers.ts";
import { callerOf, OwnCalls } from "../own-calls.ts";
import { Random } from "../random.ts";
import { World } from "../world.ts";

/** Scripts that there are: recordings are kept. */
export const SCRIPTS = 256;

/** One thing that the client does. */
interface Step {
  readonly verb: "open" | "write" | "end" | "read" | "abort";
  readonly args: readonly [number, number];
}

/** The script number `number`. */
function scriptOf(number: number): readonly Step[] {
  const random = new Random(`script ${number}`);
  const steps: Step[] = [];
  for (let calls = random.between(1, 5); calls > 0; calls--) {
    const kind = random.below(9);
    steps.push({ verb: "open", args: [kind, random.size(2_000)] });
    for (let more = random.below(4); more > 0; more--) {
      const verb = random.pick(["write", "write", "read", "end"] as const);
      steps.push({ verb, args: [0, random.size(600)] });
    }
    if (kind >= 6) steps.push({ verb: "end", args: [0, 0] });
    if (random.oneIn(12)) steps.push({ verb: "abort", args: [0, 0] });
  }
  return steps;
}

/** Plays a script; `turn` passes between its steps. */
export async function play(
  number: number,
  own: Pick<OwnCalls, Step["verb"]>,
  turn: () => Promise<unknown>,
): Promise<void> {
  for (const { verb, args } of scriptOf(number % SCRIPTS)) {
    if (verb === "open") own.open(args[0], args[1], 0);
    else if (verb === "write") own.write(args[0], args[1]);
    else own[verb](args[0]);
    await turn();
  }
}

/** What both sides say, frame by frame. */
export interface Recording {
  readonly dialer: readonly Uint8Array[];
  readonly acceptor: readonly Uint8Array[];
}

const recordings = new Map<number, Promise<Recording>>();

/** The frames of a script. */
export function recordingOf(number: number): Promise<Recording> {
  const key = number % SCRIPTS;
  let recording = recordings.get(key);
  if (recording === undefined) {
    recording = record(key);
    recordings.set(key, recording);
  }
  return recording;
}

async function record(number: number): Promise<Recording> {
  const world = new World();
  const loop = new Loop(world.environment);
  const transports = memoryPair(world.environment);
  const router = serveAll(world);
  const quiet = (): void => {};
  const events: SessionEvents = {
    opened: quiet,
    roomy: quiet,
    draining: quiet,
    closed: quiet,
    handlerFailed: quiet,
  };
  const tapes = transports.map(tap);
  const [dialer] = transports.map((transport, i) => {
    const session = new Session({
      role: i === 0 ? "dialer" : "acceptor",
      loop,
      transport,
      options: resolveSessionOptions({}),
      router,
      introduction: { name: "recorded", services: router.services },
      events,
    });
    session.start();
    return session;
  }) as [Session];
  const own = new OwnCalls(callerOf(dialer));
  await world.settle();
  await play(number, own, () => world.turn());
  await world.settle();
  await world.advance(5);
  await world.settle();
  return { dialer: tapes[0] as Uint8Array[], acceptor: tapes[1] as Uint8Array[] };
}

/** Keeps the frames that a transport is given. */
function tap(transport: MemoryTransport): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const sink = {
    frame: (kind: number, callId: number, buf: Uint8Array, start: number, end: number) =>
      void frames.push(frameBytes(kind, callId, buf.subarray(start, end))),
  };
  const decoder = new FrameDecoder(sink, 0xffffff);
  const write = transport.write.bind(transport);
  transport.write = (bytes) => {
    decoder.push(bytes.slice());
    return write(bytes);
  };
  return frames;
}
