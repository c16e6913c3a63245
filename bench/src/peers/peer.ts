// What every peer written in JavaScript looks like: `server.ts` exports `serving`, `client.ts` exports `connect`.

/** The message of all calls: vertex.bench.v1.Sample. */
export interface Sample {
  id: number;
  source: string;
  delta: number;
  value: number;
  urgent: boolean;
  /** How long the server keeps the answer, in milliseconds. */
  holdMs: number;
}

/** A server in a process of its own. */
export interface Serving {
  /** Starts listening and resolves to what the client's `connect` takes. */
  listen(): Promise<string>;
  /** Connections that the server holds now. */
  connections?(): number;
  /** Other processes that do the server's work, whose CPU time counts as the server's. */
  helpers?(): readonly number[];
}

/** Messages through one stream. */
export interface Passage {
  /** "up" is from client to server. */
  readonly direction: "up" | "down";
  /** Payload of a message in bytes; 0 sends samples. */
  readonly bytes: number;
  readonly messages: number;
  /** Whether readers let go of each message when they take the next, where a peer knows that. */
  readonly lent: boolean;
}

/** A connection to the server. */
export interface Link {
  /** Has the sample sent back. */
  echo(sample: Sample): Promise<{ readonly id: number }>;
  /** Sends messages through one stream; resolves to how many came out at the other end. */
  pass?(passage: Passage): Promise<number>;
}

export interface LinkOptions {
  /** Idle time before a heartbeat, where the protocol has one. Default: what the protocol does by itself. */
  readonly heartbeatMs?: number | undefined;
  /** Is called when the connection goes. */
  readonly lost: () => void;
}

/** Resolves when calls can be made. */
export type Connect = (address: string, options: LinkOptions) => Promise<Link>;

/** 29 bytes encoded. */
export const sample: Sample = {
  id: 4_711,
  source: "eu-1/rack-7",
  delta: -5,
  value: 36.6,
  urgent: true,
  holdMs: 0,
};

/** What a handler does with a sample: answers at once, or after the time it names. */
export function answer<T extends { readonly holdMs: number }>(request: T): T | Promise<T> {
  if (request.holdMs === 0) return request;
  return new Promise((resolve) => setTimeout(resolve, request.holdMs, request));
}

/** The same for handlers that take a callback. */
export function answerTo<T extends { readonly holdMs: number }>(request: T, done: (reply: T) => void): void {
  if (request.holdMs === 0) done(request);
  else setTimeout(done, request.holdMs, request);
}

/** `messages` times the same message. */
export function* repeat<T>(message: T, messages: number): Generator<T> {
  for (let sent = 0; sent < messages; sent++) yield message;
}

const payloads = new Map<number, Uint8Array>();

/** So many bytes; the same ones each time. */
export function payloadOf(bytes: number): Uint8Array {
  const payload = payloads.get(bytes) ?? new Uint8Array(bytes).fill(7);
  payloads.set(bytes, payload);
  return payload;
}

/** Counts what comes. */
export async function countOf(messages: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of messages) count++;
  return count;
}
