// What Vertex's server answers, wherever it runs.

import { lent } from "@vertex/server";
import type { BenchHandlers } from "../../../gen/bench.ts";
import { answer, countOf, payloadOf, repeat, sample } from "../peer.ts";

/** Metadata of uploads whose messages the server is to read lent. */
export const LENT = "lent";

export const handlers: BenchHandlers = {
  echo: answer,
  collect: async (samples) => ({ messages: await countOf(samples) }),
  emit: ({ messages }) => repeat(sample, messages),
  upload: async (chunks, { metadata }) => ({
    messages: await countOf(metadata.has(LENT) ? lent(chunks) : chunks),
  }),
  download: ({ messages, bytes }) => repeat({ payload: payloadOf(bytes) }, messages),
};
