// Reading a stream whose messages are lent to the loop that reads them.

import { MessageQueue } from "./message-queue.ts";

/**
 * The same messages, lent: the `bytes` fields of one may be views of memory that is used again as soon as the next
 * message is asked for. Nothing is allocated for them then, which is what large uploads and downloads spend most of
 * their time on. Copy (`bytes.slice()`) what is to outlast its turn of the loop; all other fields are as ever. Ask for
 * one at a time, as `for await` does: of several asked for at once, each takes back the memory of the one before.
 *
 * ```ts
 * for await (const { bytes } of lent(chunks)) hash.update(bytes);
 * ```
 *
 * `messages` is what a handler is given, or what a streaming call returns. Where an interceptor has put an iterable of
 * its own in between, nothing is lent.
 */
export function lent<T>(messages: AsyncIterable<T>): AsyncIterable<T> {
  const reader = messages[Symbol.asyncIterator]();
  if (reader instanceof MessageQueue) reader.lend();
  return { [Symbol.asyncIterator]: () => reader };
}
