// What Vertex's server answers, wherever it runs.

import type { BenchHandlers } from "../../../gen/bench.ts";
import { answer, countOf, payloadOf, repeat, sample } from "../peer.ts";

export const handlers: BenchHandlers = {
  echo: answer,
  collect: async (samples) => ({ messages: await countOf(samples) }),
  emit: ({ messages }) => repeat(sample, messages),
  upload: async (chunks) => ({ messages: await countOf(chunks) }),
  download: ({ messages, bytes }) => repeat({ payload: payloadOf(bytes) }, messages),
};
