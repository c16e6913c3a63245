// The behaviours that gRPC implementations show each other, by their names, over TCP, TLS and Unix sockets.
// Source: https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md
// file-timeout: 300 s
import { type CallOptions, type Client, connect, type Metadata } from "@vertex/client";
import * as assert from "uvu/assert";
import {
  SimpleRequest,
  StreamingOutputCallRequest,
  TestService,
  type TestServiceClient,
  UnimplementedService,
} from "../gen/interop.ts";
import {
  ECHO_BYTES,
  ECHO_TEXT,
  type InteropIdentity,
  type InteropServer,
  serveInterop,
  zeros,
} from "../support/interop-service.ts";
import { clientOptions, transports } from "../support/server/greeter.ts";
import { collect, failureOf, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

const LARGE_REQUEST = 271_828;
const LARGE_RESPONSE = 314_159;
const STATUS_UNKNOWN = 2;
const SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1F608}\t\n";
const echoed = { [ECHO_TEXT]: "test_initial_metadata_value", [ECHO_BYTES]: Uint8Array.of(0xab, 0xab, 0xab) };
const identity: InteropIdentity = { username: "ada@example.org", scope: "telemetry.write" };

const golden = Buffer.alloc(LARGE_RESPONSE);
const largeRequest = SimpleRequest.create({
  responseSize: LARGE_RESPONSE,
  payload: zeros(LARGE_REQUEST),
});

/** One request of a stream: it asks for responses of these sizes, and holds that many bytes itself. */
function streamRequest(sizes: readonly number[], payload = 0): StreamingOutputCallRequest {
  return StreamingOutputCallRequest.create({
    responseParameters: sizes.map((size) => ({ size })),
    payload: zeros(payload),
  });
}

function assertEchoed(trailers: Metadata = new Map()): void {
  assert.is(trailers.get(ECHO_TEXT), echoed[ECHO_TEXT]);
  assert.equal([...(trailers.get(ECHO_BYTES) as Uint8Array)], [...echoed[ECHO_BYTES]]);
}

for (const transport of transports) {
  const test = suite(`gRPC behaviours over ${transport.name}`);
  let bed: InteropServer;
  let client: Client;
  let service: TestServiceClient;

  /** Resolves once the handler of `method` has seen one more caller go than at the time of this call. */
  const cancellationOf = (method: string): (() => Promise<void>) => {
    const before = bed.cancelled.get(method) ?? 0;
    return () => until(`${method} is cancelled`, () => (bed.cancelled.get(method) ?? 0) > before);
  };

  const largeUnary = async (options?: CallOptions): Promise<void> => {
    const { payload } = await service.unaryCall(largeRequest, options);
    assert.ok(golden.equals(payload?.body ?? golden.subarray(0, 0)));
  };

  /** Fails as the server was asked to, unary and duplex. */
  const assertStatus = async (message: string): Promise<void> => {
    const responseStatus = { code: STATUS_UNKNOWN, message };
    const duplex = service.fullDuplexCall();
    await duplex.write(StreamingOutputCallRequest.create({ responseStatus }));
    await duplex.end();
    const errors = [
      await failureOf(service.unaryCall(SimpleRequest.create({ responseStatus }))),
      await failureOf(collect(duplex)),
    ];
    for (const error of errors) {
      assert.is(error.code, "UNKNOWN");
      assert.is(error.message, message);
      assert.is(error.family, "status");
      assert.is(error.outcome, "executed");
    }
  };

  test.before(async () => {
    bed = await serveInterop(transport.address());
    const credentials = { scheme: "bearer", data: Buffer.from(JSON.stringify(identity)) };
    client = connect(bed.address, clientOptions({ credentials }));
    service = client.use(TestService);
    await client.ready();
  });
  test.after(async () => {
    await client.close({ graceMs: 0 });
    await bed.server.shutdown({ graceMs: 0 });
  });
  test.after.each(async () => {
    await until("no handler runs any more", () => bed.server.stats().runningCalls === 0);
    assert.is(client.stats().disconnects, 0, "the connection has outlived the test");
    assert.is(client.stats().openCalls, 0, "no call is left open");
  });

  test("empty_unary: an empty request has an empty response", async () => {
    assert.equal(await service.emptyCall({}), {});
  });

  test("large_unary: 271,828 bytes go out and 314,159 come in", () => largeUnary());

  test("large_unary: the response names whom the handshake has authenticated, if it is asked to", async () => {
    const request = SimpleRequest.create({ fillUsername: true, fillOauthScope: true });
    const { username, oauthScope } = await service.unaryCall(request);
    assert.equal({ username, scope: oauthScope }, identity);
  });

  test("client_streaming: four requests are summed up to 74,922 bytes", async () => {
    const call = service.streamingInputCall();
    for (const size of [27_182, 8, 1_828, 45_904]) await call.write({ payload: zeros(size) });
    assert.equal(await call.end(), { aggregatedPayloadSize: 74_922 });
  });

  test("server_streaming: exactly four responses come, in order and sized as asked", async () => {
    const sizes = [31_415, 9, 2_653, 58_979];
    const responses = await collect(service.streamingOutputCall(streamRequest(sizes)));
    assert.equal(
      responses.map(({ payload }) => payload?.body.length),
      sizes,
    );
  });

  test("ping_pong: each request of a duplex stream is answered before the next is sent", async () => {
    const call = service.fullDuplexCall();
    const responses = call[Symbol.asyncIterator]();
    const rounds = [
      [31_415, 27_182],
      [9, 8],
      [2_653, 1_828],
      [58_979, 45_904],
    ] as const;
    for (const [size, payload] of rounds) {
      await call.write(streamRequest([size], payload));
      assert.is((await responses.next()).value?.payload?.body.length, size);
    }
    await call.end();
    assert.is((await responses.next()).done, true, "exactly four responses");
    await call.trailers;
  });

  test("empty_stream: a duplex stream without a message in either direction ends well", async () => {
    const call = service.fullDuplexCall();
    await call.end();
    assert.equal(await collect(call), []);
    await call.trailers;
  });

  test("custom_metadata: text and bytes come back; in the trailers, since responses have no leading metadata", async () => {
    let trailers: Metadata | undefined;
    const onTrailers = (got: Metadata) => {
      trailers = got;
    };
    await largeUnary({ metadata: echoed, onTrailers });
    assertEchoed(trailers);
    const call = service.fullDuplexCall({ metadata: echoed });
    await call.write(streamRequest([LARGE_RESPONSE], LARGE_REQUEST));
    await call.end();
    assert.equal(
      (await collect(call)).map(({ payload }) => payload?.body.length),
      [LARGE_RESPONSE],
    );
    assertEchoed(await call.trailers);
  });

  test("status_code_and_message: unary and duplex calls fail as the server says", () =>
    assertStatus("test status message"));

  test("special_status_message: whitespace and all of Unicode come through", () => assertStatus(SPECIAL));

  test("unimplemented_method: a method that the service lacks is UNIMPLEMENTED", async () => {
    const error = await failureOf(service.unimplementedCall({}));
    assert.is(error.code, "UNIMPLEMENTED");
    assert.is(error.outcome, "not-executed");
  });

  test("unimplemented_service: a service that nobody serves is UNIMPLEMENTED", async () => {
    const error = await failureOf(client.use(UnimplementedService).unimplementedCall({}));
    assert.is(error.code, "UNIMPLEMENTED");
    assert.is(error.outcome, "not-executed");
  });

  test("cancel_after_begin: a client stream that is cancelled before its first request ends as CANCELLED", async () => {
    const cancelled = cancellationOf("StreamingInputCall");
    const call = service.streamingInputCall();
    call.cancel();
    assert.is((await failureOf(call.end())).code, "CANCELLED");
    await cancelled();
  });

  test("cancel_after_first_response: a duplex stream that is cancelled in the middle ends as CANCELLED", async () => {
    const cancelled = cancellationOf("FullDuplexCall");
    const call = service.fullDuplexCall();
    await call.write(streamRequest([31_415], 27_182));
    const responses = call[Symbol.asyncIterator]();
    assert.is((await responses.next()).value?.payload?.body.length, 31_415);
    call.cancel();
    assert.is((await failureOf(responses.next())).code, "CANCELLED");
    assert.is((await failureOf(call.trailers)).code, "CANCELLED");
    assert.is((await failureOf(call.write(streamRequest([1])))).code, "CANCELLED");
    await cancelled();
  });

  test("timeout_on_sleeping_server: a duplex stream of one millisecond ends as DEADLINE_EXCEEDED", async () => {
    const call = service.fullDuplexCall({ timeoutMs: 1 });
    await call.write(streamRequest([], 27_182));
    assert.is((await failureOf(collect(call))).code, "DEADLINE_EXCEEDED");
    assert.is((await failureOf(call.trailers)).code, "DEADLINE_EXCEEDED");
  });

  test(
    "concurrent_large_unary: a thousand large calls in parallel on one connection are all answered",
    async () => {
      await Promise.all(Array.from({ length: 1_000 }, () => largeUnary({ timeoutMs: 80_000 })));
      assert.is(client.stats().connections, 1);
    },
    { timeoutMs: 90_000 },
  );

  test("thousands that time out at once all settle, at their deadline or soon after", async () => {
    const timeoutMs = 500;
    const request = StreamingOutputCallRequest.create({
      responseParameters: [{ size: 1, intervalUs: 60_000_000 }],
    });
    const settled = await Promise.all(
      Array.from({ length: 3_000 }, async () => {
        const dueAt = performance.now() + timeoutMs;
        const { code } = await failureOf(collect(service.streamingOutputCall(request, { timeoutMs })));
        return { code, lateMs: performance.now() - dueAt };
      }),
    );
    assert.equal([...new Set(settled.map(({ code }) => code))], ["DEADLINE_EXCEEDED"]);
    const late = settled.map(({ lateMs }) => lateMs).sort((a, b) => a - b);
    assert.ok((late[0] as number) >= 0, `none before its deadline, not ${late[0]} ms`);
    assert.ok((late.at(-1) as number) < 2_000, `none later than 2 s, not ${late.at(-1)} ms`);
    assert.equal(await service.emptyCall({}), {}, "the connection serves on");
  });
}
