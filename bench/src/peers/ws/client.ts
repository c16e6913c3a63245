// Calls over one WebSocket: the id finds the promise.

import { once } from "node:events";
import WebSocket from "ws";
import type { Connect, Sample } from "../peer.ts";
import { samples } from "../protobuf.ts";

export const connect: Connect = async (address, { lost }) => {
  const socket = new WebSocket(address);
  await once(socket, "open");
  socket.on("close", lost);
  const open = new Map<number, (reply: Sample) => void>();
  let calls = 0;
  socket.on("message", (message: Buffer) => {
    const id = message.readUInt32BE(0);
    open.get(id)?.(samples.read(message.subarray(4)));
    open.delete(id);
  });
  return {
    echo: (request) =>
      new Promise((resolve) => {
        const id = ++calls;
        open.set(id, resolve);
        const head = Buffer.allocUnsafe(4);
        head.writeUInt32BE(id, 0);
        socket.send(Buffer.concat([head, samples.write(request)]));
      }),
  };
};
