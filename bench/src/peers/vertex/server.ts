// Nothing but the server: its memory is one of the figures.

import { createServer } from "@vertex/server";
import { Bench } from "../../../gen/bench.ts";
import { answer, countOf, payloadOf, repeat, type Serving, sample } from "../peer.ts";

const server = createServer();
server.handle(Bench, {
  echo: answer,
  collect: async (samples) => ({ messages: await countOf(samples) }),
  emit: ({ messages }) => repeat(sample, messages),
  upload: async (chunks) => ({ messages: await countOf(chunks) }),
  download: ({ messages, bytes }) => repeat({ payload: payloadOf(bytes) }, messages),
});

export const serving: Serving = {
  listen: () => server.listen("tcp://127.0.0.1:0"),
  connections: () => server.connections.size,
};
