// tRPC's own client on one WebSocket.

import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import WebSocket from "ws";
import { type Connect, sample } from "../peer.ts";
import type { BenchRouter } from "./server.ts";

export const connect: Connect = async (url, { lost }) => {
  const client = createWSClient({
    url,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    onClose: lost,
  });
  const bench = createTRPCClient<BenchRouter>({ links: [wsLink({ client })] });
  await bench.echo.query(sample);
  return { echo: (request) => bench.echo.query(request) };
};
