// tRPC over a WebSocket, with JSON as it comes.

import type { AddressInfo } from "node:net";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import { answer, type Sample, type Serving } from "../peer.ts";

const trpc = initTRPC.create();
const router = trpc.router({
  echo: trpc.procedure.input((input) => input as Sample).query(({ input }) => answer(input)),
});

export type BenchRouter = typeof router;

export const serving: Serving = {
  listen: () =>
    new Promise((resolve, reject) => {
      const wss = new WebSocketServer({ host: "127.0.0.1", port: 0 });
      applyWSSHandler({ wss, router });
      wss.on("error", reject);
      wss.on("listening", () => resolve(`ws://127.0.0.1:${(wss.address() as AddressInfo).port}`));
    }),
};
