// ws, binary messages: a call id, then the sample on protobufjs's codec.

import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { answerTo, type Serving } from "../peer.ts";
import { samples } from "../protobuf.ts";

export const serving: Serving = {
  listen: () =>
    new Promise((resolve, reject) => {
      const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
      server.on("connection", (socket) => {
        socket.on("message", (message: Buffer) =>
          answerTo(samples.read(message.subarray(4)), (reply) => {
            const id = message.subarray(0, 4);
            socket.send(Buffer.concat([id, samples.write(reply)]));
          }),
        );
      });
      server.on("error", reject);
      server.on("listening", () => resolve(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`));
    }),
};
