// A call on its way through a thread and back, as bytes: what the main thread does instead of serving it.

import {
  type AnyMethod,
  type CallOptions,
  type DuplexStream,
  type ForwardedCall,
  type ServerStream,
  VertexError,
} from "@vertex/protocol";
import type { Lane } from "./lane.ts";
import type { Place } from "./place.ts";
import { TRANSFER_BYTES } from "./port-transport.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** Serves a call by a thread of `pool`. Requests and answers are bytes of messages. */
export function forward(
  pool: WorkerPool,
  method: AnyMethod,
  request: unknown,
  context: ForwardedCall,
): Promise<unknown> | AsyncIterable<unknown> {
  switch (method.kind) {
    case "server_stream":
      return serverStream(pool, method, request as Uint8Array, context);
    case "duplex":
      return duplex(pool, method, request as AsyncIterable<Uint8Array>, context);
    case "client_stream":
      return clientStream(pool, method, request as AsyncIterable<Uint8Array>, context);
    default:
      return unary(pool, method, request as Uint8Array, context);
  }
}

async function unary(
  pool: WorkerPool,
  method: AnyMethod,
  request: Uint8Array,
  context: ForwardedCall,
): Promise<unknown> {
  const options: CallOptions = {
    ...inherited(context),
    onTrailers: (trailers) => {
      for (const [key, value] of trailers) context.setTrailer(key, value);
    },
  };
  for (;;) {
    const place = await enter(pool, context, request);
    const { lane } = place;
    try {
      const answer = await lane.open(place, (caller) => caller.unary(lane.method(method), request, options));
      place.succeeded();
      return answer;
    } catch (error) {
      const failure = place.failed(error);
      if (failure !== null) throw failure;
    }
  }
}

async function* serverStream(
  pool: WorkerPool,
  method: AnyMethod,
  request: Uint8Array,
  context: ForwardedCall,
): AsyncGenerator<unknown> {
  for (;;) {
    const place = await enter(pool, context, request);
    const { lane } = place;
    const stream = lane.open(place, (caller) =>
      caller.serverStream(lane.method(method), request, inherited(context)),
    );
    if (yield* answers(place, stream, context)) return;
  }
}

async function* duplex(
  pool: WorkerPool,
  method: AnyMethod,
  requests: AsyncIterable<Uint8Array>,
  context: ForwardedCall,
): AsyncGenerator<unknown> {
  const place = await enter(pool, context, null);
  yield* answers(place, openDuplex(place, method, requests, context), context);
}

/** Its one answer comes as a stream of one, because that has trailers. */
async function clientStream(
  pool: WorkerPool,
  method: AnyMethod,
  requests: AsyncIterable<Uint8Array>,
  context: ForwardedCall,
): Promise<unknown> {
  const place = await enter(pool, context, null);
  let answer: unknown;
  for await (const bytes of answers(place, openDuplex(place, method, requests, context), context))
    answer = bytes;
  return answer;
}

function openDuplex(
  place: Place<Lane>,
  method: AnyMethod,
  requests: AsyncIterable<Uint8Array>,
  context: ForwardedCall,
): DuplexStream<unknown, unknown> {
  const { lane } = place;
  const stream = lane.open(place, (caller) => caller.duplex(lane.method(method), inherited(context)));
  // When it fails, so does the stream: whoever reads that is told.
  stream.send(requests).catch(() => {});
  return stream;
}

/** All answers of a stream, then its trailers. Returns false when the call is to be tried elsewhere. */
async function* answers(
  place: Place<Lane>,
  stream: ServerStream<unknown>,
  context: ForwardedCall,
): AsyncGenerator<unknown, boolean> {
  let ended = false;
  try {
    for await (const bytes of stream) yield bytes;
    for (const [key, value] of await stream.trailers) context.setTrailer(key, value);
    ended = true;
    place.succeeded();
    return true;
  } catch (error) {
    ended = true;
    const failure = place.failed(error);
    if (failure !== null) throw failure;
    return false;
  } finally {
    if (!ended) place.left();
  }
}

/** Waits for a place. Without `request`, or with a large one, which changes hands, the call cannot be taken back. */
async function enter(
  pool: WorkerPool,
  context: ForwardedCall,
  request: Uint8Array | null,
): Promise<Place<Lane>> {
  if (context.cancelled) throw callerGone();
  const movable = request !== null && request.length < TRANSFER_BYTES;
  const place = await pool.place(context, request?.length ?? 0, movable);
  if (context.cancelled) {
    place.left();
    throw callerGone();
  }
  context.whenCut = () => place.cut();
  return place;
}

function callerGone(): VertexError {
  return new VertexError("CANCELLED", "the caller has gone", { outcome: "not-executed" });
}

/** The trace travels as metadata; the deadline stands on the board, and `whenCut` ends the call. */

function inherited(context: ForwardedCall): CallOptions {
  const timeoutMs = Number.POSITIVE_INFINITY;
  return context.metadata.size === 0 ? { timeoutMs } : { timeoutMs, metadata: context.metadata };
}
