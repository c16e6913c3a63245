// A server in a process of its own. Arguments: grace time in milliseconds, heartbeat interval and timeout.
import { createServer } from "@vertex/server";
import { Greeter } from "../../gen/greeter.ts";
import { greeterHandlers } from "./greeter.ts";

const [graceMs = 2_000, heartbeatIntervalMs = 15_000, heartbeatTimeoutMs = 10_000] = process.argv
  .slice(2)
  .map(Number);

const server = createServer({ session: { heartbeatIntervalMs, heartbeatTimeoutMs } });
server.handle(Greeter, greeterHandlers);
server.shutdownOnSignals({ graceMs });
process.stdout.write(`listening ${await server.listen("tcp://127.0.0.1:0")}\n`);
