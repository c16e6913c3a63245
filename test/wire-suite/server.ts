// The suite's own server, for when no other is named. Small limits keep the cases quick.
import { createServer, type Server, VertexError } from "@vertex/server";
import { Greeter, type SlowRequest } from "../gen/greeter.ts";
import { greeterHandlers } from "../support/server/greeter.ts";
import { sleep } from "../support/server/waiting.ts";
import { serverTls } from "../support/tls/test-certificate.ts";
import type { Target } from "./run-server.ts";

/** A server that runs, and where. */
export interface OwnServer {
  readonly server: Server;
  readonly target: Target;
}

/** Refuses the scheme "refused"; takes its time over "slow", which holds back what follows the HELLO. */
async function considered(scheme: string): Promise<string> {
  await sleep(250);
  if (scheme === "slow-refused") throw new VertexError("UNAUTHENTICATED", "not you");
  return scheme;
}

/** Takes its time, and does not care whether anybody still waits. */
async function stubborn({ waitMs, name }: SlowRequest): Promise<{ text: string }> {
  await sleep(waitMs);
  return { text: `Finally, ${name}` };
}

/** Starts it, on a free port of this machine unless another address is given. */
export async function startOwnServer(address = "tcp://127.0.0.1:0"): Promise<OwnServer> {
  const server = createServer({
    tls: serverTls,
    log: () => {},
    authenticate: ({ credentials }) => {
      const scheme = credentials?.scheme ?? "";
      if (scheme === "refused") throw new VertexError("UNAUTHENTICATED", "not you");
      return scheme.startsWith("slow") ? considered(scheme) : scheme;
    },
    session: {
      maxFrameBytes: 20_000,
      maxMessageBytes: 60_000,
      maxConcurrentCalls: 8,
      initialCreditBytes: 16_000,
      callCreditBytes: 32_000,
      heartbeatIntervalMs: 600,
      heartbeatTimeoutMs: 500,
      handshakeTimeoutMs: 800,
    },
  });
  server.handle(Greeter, { ...greeterHandlers, slow: stubborn });
  return { server, target: { address: await server.listen(address) } };
}
