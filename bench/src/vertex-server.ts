// The process that serves Vertex. Nothing but the server: its memory is one of the figures.

import { createServer } from "@vertex/server";
import { Bench } from "../gen/bench.ts";
import { answerParent } from "./child.ts";
import { usage } from "./usage.ts";

let notes = 0;
const server = createServer();
server.handle(Bench, {
  echo: (sample) => sample,
  note: () => {
    notes++;
  },
  noted: () => ({ notes }),
});

answerParent({
  listen: () => server.listen("tcp://127.0.0.1:0"),
  usage,
  connections: () => server.connections.size,
});
