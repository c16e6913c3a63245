// The server under attack. Argument: the path of its Unix socket. Answers with its addresses and its figures.

import { createServer } from "@vertex/server";
import { Blobs, Greeter } from "../../../test/gen/greeter.ts";
import { blobHandlers, greeterIn } from "../handlers.ts";
import { serveParent } from "./child.ts";

const LONGEST_SLEEP_MS = 20;

/** What it answers with. */
export interface ServerState {
  readonly tcp: string;
  readonly unix: string;
  readonly connections: number;
  readonly accepted: number;
  readonly heapMib: number;
}

const server = createServer({ session: { handshakeTimeoutMs: 2_000 }, log: () => {} });
const time = {
  sleep: (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, LONGEST_SLEEP_MS))),
};
server.handle(Greeter, greeterIn(time));
server.handle(Blobs, blobHandlers());
const tcp = await server.listen("tcp://127.0.0.1:0");
const unix = await server.listen(`unix:${process.argv[2]}`);

serveParent((): ServerState => {
  const { connections, accepted } = server.stats();
  return { tcp, unix, connections, accepted, heapMib: process.memoryUsage().heapUsed / 1_048_576 };
});
