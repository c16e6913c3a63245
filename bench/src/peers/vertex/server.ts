// Nothing but the server: its memory is one of the figures.

import { createServer } from "@vertex/server";
import { Bench } from "../../../gen/bench.ts";
import type { Serving } from "../peer.ts";
import { handlers } from "./handlers.ts";

const server = createServer();
server.handle(Bench, handlers);

export const serving: Serving = {
  listen: () => server.listen("tcp://127.0.0.1:0"),
  connections: () => server.connections.size,
};
