// The yardstick: sends frames back without looking into them.

import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Serving } from "../peer.ts";
import { CALL_FIXED_BYTES, FrameReader, kinds, nothing, Outbox, SAMPLE_BYTES } from "./frames.ts";

function serve(socket: Socket, coalesce: boolean): void {
  const outbox = new Outbox(socket, coalesce);
  let counted = 0;
  const reader = new FrameReader((kind, id, bytes, start, end) => {
    if (kind === kinds.echo) outbox.send(kind, id, bytes, start + CALL_FIXED_BYTES, end);
    else if (kind === kinds.hold) {
      const kept = Buffer.from(bytes.subarray(start + CALL_FIXED_BYTES, end));
      setTimeout(() => outbox.send(kinds.echo, id, kept, 0, kept.length), kept[0]);
    } else if (kind === kinds.data) counted++;
    else if (kind === kinds.end) {
      outbox.send(kinds.end, counted, nothing, 0, 0);
      counted = 0;
    } else if (kind === kinds.order) {
      const payload = Buffer.alloc(bytes.readUInt32BE(start) || SAMPLE_BYTES, 7);
      void outbox.sendData(id, payload).then(() => outbox.send(kinds.end, id, nothing, 0, 0));
    }
  });
  socket.setNoDelay(true);
  socket.on("data", (chunk) => reader.push(chunk));
  socket.on("error", () => {});
}

/** @param coalesce sends all answers of a turn in one write. */
export function servingFrames(coalesce: boolean): Serving {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serve(socket, coalesce);
  });
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.on("error", reject);
        server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () =>
          resolve(String((server.address() as AddressInfo).port)),
        );
      }),
    connections: () => sockets.size,
  };
}

export const serving: Serving = servingFrames(true);
