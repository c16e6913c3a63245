// The yardstick's client: a promise for each frame that comes back, and nothing else.

import { once } from "node:events";
import { createConnection } from "node:net";
import { type Connect, type Sample, sample } from "../peer.ts";
import { CALL_FIXED_BYTES, FrameReader, kinds, Outbox, SAMPLE_BYTES } from "./frames.ts";

/** @param coalesce sends all calls of a turn in one write. */
export function connectingFrames(coalesce: boolean): Connect {
  return async (port, { lost }) => {
    const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    socket.on("close", lost);
    socket.on("error", () => {});
    const outbox = new Outbox(socket, coalesce);
    const call = Buffer.alloc(CALL_FIXED_BYTES + SAMPLE_BYTES, 7);
    const waiting: ((reply: Sample) => void)[] = [];
    const free: number[] = [];
    let passed = 0;
    let ended: (messages: number) => void = () => {};
    const reader = new FrameReader((kind, id) => {
      if (kind === kinds.echo) {
        free.push(id);
        waiting[id]?.(sample);
      } else if (kind === kinds.data) passed++;
      else ended(passed === 0 ? id : passed);
    });
    socket.on("data", (chunk) => reader.push(chunk));
    return {
      echo: ({ holdMs }) =>
        new Promise((resolve) => {
          const id = free.pop() ?? waiting.length;
          waiting[id] = resolve;
          call[CALL_FIXED_BYTES] = holdMs;
          outbox.send(holdMs === 0 ? kinds.echo : kinds.hold, id, call, 0, call.length);
        }),
      async pass({ direction, bytes, messages }) {
        passed = 0;
        const count = new Promise<number>((resolve) => {
          ended = resolve;
        });
        if (direction === "up") {
          await outbox.sendData(messages, Buffer.alloc(bytes || SAMPLE_BYTES, 7));
          outbox.send(kinds.end, 0, call, 0, 0);
        } else {
          const order = Buffer.alloc(4);
          order.writeUInt32BE(bytes);
          outbox.send(kinds.order, messages, order, 0, 4);
        }
        return count;
      },
    };
  };
}

export const connect: Connect = connectingFrames(true);
