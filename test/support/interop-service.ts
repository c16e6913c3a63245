// The server of the interop behaviours: answers as each request asks, and keeps count of what it was cancelled in.
import { setTimeout as sleepFor } from "node:timers/promises";
import { statusName } from "@vertex/protocol";
import { type CallContext, createServer, type Server, VertexError } from "@vertex/server";
import {
  type EchoStatus,
  type Payload,
  type StreamingOutputCallRequest,
  type StreamingOutputCallResponse,
  TestService,
  type TestServiceHandlers,
} from "../gen/interop.ts";
import { serverTls } from "./tls/test-certificate.ts";

/** Metadata with these keys comes back in the trailers. */
export const ECHO_TEXT = "x-grpc-test-echo-initial";
export const ECHO_BYTES = "x-grpc-test-echo-trailing-bin";

/** What the server takes from a client's credentials. */
export interface InteropIdentity {
  readonly username: string;
  readonly scope: string;
}

/** A running server and what its handlers have seen. */
export interface InteropServer {
  readonly server: Server;
  readonly address: string;
  /** Calls whose handler has seen its caller go, by the name of the method. */
  readonly cancelled: Map<string, number>;
}

/** `size` zero bytes. */
export function zeros(size: number): Payload {
  return { body: new Uint8Array(size) };
}

/** Serves all of TestService but the method that nobody implements. */
export async function serveInterop(address: string): Promise<InteropServer> {
  const cancelled = new Map<string, number>();
  const server = createServer({
    tls: serverTls,
    // Thousands of calls are to be open at once, not to wait for each other.
    session: { maxConcurrentCalls: 4_096 },
    log: () => {},
    authenticate: ({ credentials }) =>
      credentials === undefined
        ? undefined
        : (JSON.parse(Buffer.from(credentials.data).toString()) as unknown),
  });
  const { unimplementedCall: _nobody, ...methods } = TestService.methods;
  server.handle(
    { ...TestService, methods } as typeof TestService,
    handlers(cancelled) as TestServiceHandlers,
  );
  return { server, address: await server.listen(address), cancelled };
}

function handlers(cancelled: Map<string, number>): Omit<TestServiceHandlers, "unimplementedCall"> {
  const watch = (context: CallContext): void => {
    const name = context.method.slice(context.method.indexOf("/") + 1);
    context.signal.addEventListener("abort", () => cancelled.set(name, (cancelled.get(name) ?? 0) + 1));
  };
  return {
    emptyCall: () => ({}),
    unaryCall: (request, context) => {
      echoMetadata(context);
      throwStatus(request.responseStatus);
      const identity = context.peer.identity as InteropIdentity | undefined;
      return {
        payload: zeros(request.responseSize),
        username: request.fillUsername ? (identity?.username ?? "") : "",
        oauthScope: request.fillOauthScope ? (identity?.scope ?? "") : "",
      };
    },
    async *streamingOutputCall(request, context) {
      watch(context);
      yield* answers(request, context);
    },
    async streamingInputCall(requests, context) {
      watch(context);
      let size = 0;
      for await (const { payload } of requests) size += payload?.body.length ?? 0;
      return { aggregatedPayloadSize: size };
    },
    async *fullDuplexCall(requests, context) {
      watch(context);
      echoMetadata(context);
      for await (const request of requests) yield* answers(request, context);
    },
  };
}

async function* answers(
  { responseParameters, responseStatus }: StreamingOutputCallRequest,
  { signal }: CallContext,
): AsyncGenerator<StreamingOutputCallResponse> {
  throwStatus(responseStatus);
  for (const { size, intervalUs } of responseParameters) {
    if (intervalUs > 0) await sleepFor(intervalUs / 1_000, undefined, { signal });
    yield { payload: zeros(size) };
  }
}

function echoMetadata(context: CallContext): void {
  for (const key of [ECHO_TEXT, ECHO_BYTES]) {
    const value = context.metadata.get(key);
    if (value !== undefined) context.setTrailer(key, value);
  }
}

function throwStatus(status: EchoStatus | undefined): void {
  if (status === undefined || status.code === 0) return;
  throw new VertexError(statusName(status.code), status.message);
}
