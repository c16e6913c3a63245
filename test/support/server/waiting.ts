// Waiting in tests without guessing how long: for a condition, for a rejection, for a moment.
import type { Client } from "@vertex/client";
import { VertexError } from "@vertex/protocol";
import { Greeter } from "../../gen/greeter.ts";

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves as soon as `condition` holds; fails with `what` when it does not within `timeoutMs`. */
export async function until(what: string, condition: () => boolean, timeoutMs = 5_000): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await sleep(5);
  }
}

/** The VertexError that `promise` rejects with. */
export async function failureOf(promise: PromiseLike<unknown>): Promise<VertexError> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (error instanceof VertexError) return error;
    throw error;
  }
  throw new Error(`it was expected to fail, and gave ${JSON.stringify(value)}`);
}

/** The same for something that throws at once. */
export function thrownBy(body: () => unknown): VertexError {
  try {
    body();
  } catch (error) {
    if (error instanceof VertexError) return error;
    throw error;
  }
  throw new Error("it was expected to throw");
}

/** All messages of a stream. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

/** Why the calls of `client` wait: what one says that is not waited for, once a try to connect has failed. */
export async function reasonToWait(client: Client): Promise<VertexError> {
  await until("a try to connect has failed", () => client.stats().disconnects > 0);
  return failureOf(client.use(Greeter).hello({ name: "" }, { timeoutMs: 20 }));
}

/** A door that handlers stand before until it is opened. */
export function door(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
