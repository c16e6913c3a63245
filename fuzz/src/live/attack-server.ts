// One corrupted conversation against the running server: what a client said once, not quite as it said it.

import { connect, type Socket } from "node:net";
import type { Input } from "../input.ts";
import { Finding } from "../target.ts";
import { corrupt, settingOf } from "./corrupt.ts";
import { recordingOf } from "./script.ts";
import type { Stage } from "./stage.ts";

/** Time in which the server must close a connection after the other side has. */
const CLOSE_MS = 10_000;

/**
 * Holds one conversation.
 * @returns how it ended.
 * @throws Finding when the server falls, or keeps the connection.
 */
export async function attackServer(stage: Stage, input: Input): Promise<string> {
  const { dialer } = await recordingOf(settingOf(input, "talk"));
  const pieces = corrupt(dialer, input);
  const { kinds, closed } = await converse(dial(stage, input), pieces);
  stage.mustStand();
  if (!closed) throw new Finding("the server keeps a connection whose other side has gone");
  return kinds;
}

function dial({ tcp, unix }: Stage, input: Input): Socket {
  if (settingOf(input, "over") === 1) return connect(unix.slice("unix:".length));
  return connect(Number(tcp.slice(tcp.lastIndexOf(":") + 1)), "127.0.0.1");
}

function converse(
  socket: Socket,
  pieces: readonly Uint8Array[],
): Promise<{ kinds: string; closed: boolean }> {
  let heard = 0;
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      socket.destroy();
      resolve({ kinds: "", closed: false });
    }, CLOSE_MS);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.length;
    });
    socket.once("close", () => {
      clearTimeout(timer);
      resolve({ kinds: `heard ${Math.ceil(Math.log2(heard + 1))}`, closed: true });
    });
    socket.once("connect", () => {
      for (const piece of pieces) socket.write(piece);
      socket.end();
    });
  });
}
