// The process that encodes and decodes: every message of the suite with every codec, in turn.

import * as types from "../../codec/gen/vertex.ts";
import { suiteMessages } from "../../codec/messages.ts";
import { type Codec, type MessageName, type MessageType, type Prepared, typeOf } from "../codecs/codec.ts";
import { peerCodecs } from "../codecs/peers.ts";
import { inPlace, lent, vertex } from "../codecs/vertex.ts";
import { cpuMicros } from "../load/flood.ts";
import { interleave, progress, type Task } from "../runner.ts";
import { answerParent } from "./child.ts";
import { profiling } from "./profiling.ts";
import { usage } from "./usage.ts";

const codecs: readonly Codec[] = [vertex, inPlace, lent, ...peerCodecs];
const messages = suiteMessages();

/** How to measure. */
export interface CodecPlan {
  readonly rounds: number;
  /** Length of one timing. */
  readonly ms: number;
  /** Codecs by id; none: all. */
  readonly only: readonly string[];
  /** Messages; default: all. */
  readonly messages?: readonly string[];
  /** Default: both. */
  readonly kind?: "encode" | "decode";
}

/** Holds the last result, so that no compiler finds it useless. */
let kept: unknown;

/** CPU nanoseconds a run, over about so many milliseconds: CPU time, because others may use the core meanwhile. */
function time(run: () => unknown, ms: number): number {
  // The garbage of whoever came before is not this one's.
  globalThis.gc?.({ type: "minor" });
  let runs = 0;
  let batch = 16;
  const cpuBefore = cpuMicros();
  const startedAt = performance.now();
  do {
    for (let i = 0; i < batch; i++) kept = run();
    runs += batch;
    if (batch < 1_024) batch *= 2;
  } while (performance.now() - startedAt < ms);
  return ((cpuMicros() - cpuBefore) * 1_000) / runs;
}

/** Whether it writes the bytes that everybody writes; one that cannot carry a message may also throw. */
function agrees(prepared: Prepared, bytes: Uint8Array): boolean {
  try {
    const written = prepared.bytes();
    return written.length === bytes.length && written.every((byte, i) => byte === bytes[i]);
  } catch {
    return false;
  }
}

/** The timings of one message, and the codecs that cannot carry it. */
function tasksOf(
  name: MessageName,
  { ms, only, kind: wanted }: CodecPlan,
): { tasks: Task<number>[]; unable: string[] } {
  const bytes = typeOf<MessageType>(types, name).encode(messages[name]).finish();
  const tasks: Task<number>[] = [];
  const unable: string[] = [];
  for (const codec of codecs) {
    if (only.length > 0 && !only.includes(codec.id)) continue;
    const prepared = codec.prepare(name, messages[name], bytes);
    if (codec.protobuf && !agrees(prepared, bytes)) {
      unable.push(`${codec.id} ${name}`);
      continue;
    }
    const add = (kind: string, run: () => unknown) => {
      if ((wanted ?? kind) !== kind) return;
      tasks.push({ key: `${kind} ${name} ${codec.id}`, run: async () => time(run, ms) });
    };
    if (codec.decodesOnly !== true) add("encode", prepared.encode);
    add("decode", prepared.decode);
  }
  return { tasks, unable };
}

answerParent({
  codecs: () => codecs.map(({ id, name, packages }) => ({ id, name, packages })),
  sizes: () =>
    Object.entries(messages).map(([name, message]) => [
      name,
      typeOf<MessageType>(types, name).encode(message).finish().length,
    ]),
  async measure(plan: CodecPlan) {
    const names = (Object.keys(messages) as MessageName[]).filter(
      (name) => plan.messages?.includes(name) ?? true,
    );
    const parts = names.map((name) => tasksOf(name, plan));
    const tasks = parts.flatMap((part) => part.tasks);
    for (const { run } of tasks) for (let warm = 0; warm < 3; warm++) await run();
    const times = await interleave(plan.rounds, tasks, (text) => progress(`codecs, ${text}`));
    return { times: [...times], unable: parts.flatMap((part) => part.unable) };
  },
  usage,
  ...profiling,
});
void kept;
