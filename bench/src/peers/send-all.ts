// Writing to Node's streams with their own back-pressure.

import { once } from "node:events";
import type { Writable } from "node:stream";

/** Writes all messages and ends. */
export async function sendAll(
  stream: Pick<Writable, "write" | "end" | "once" | "off">,
  messages: Iterable<unknown>,
): Promise<void> {
  for (const message of messages) {
    if (!stream.write(message)) await once(stream as Writable, "drain");
  }
  stream.end();
}
