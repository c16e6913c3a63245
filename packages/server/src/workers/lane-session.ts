// Limits of the sessions between the main thread and its workers. What peers may do was decided on the main thread;
// these only keep a stream's producer from running ahead of its consumer, and none of them counts calls that are taken
// back: those of all peers come through here. Nobody sweeps these sessions: a thread that
// computes is silent, and alive.

import { type ResolvedSessionOptions, resolveSessionOptions } from "@vertex/protocol";

export const laneSessionOptions: ResolvedSessionOptions = resolveSessionOptions({
  maxFrameBytes: 0xffffff,
  maxMessageBytes: 0x7fffffff,
  maxConcurrentCalls: 0x7fffffff,
});
