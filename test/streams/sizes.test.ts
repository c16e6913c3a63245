// Messages around every border of frames and credit, through streams in both directions: whole, and in order.
import { type Client, connect } from "@vertex/client";
import { createServer, type Server } from "@vertex/server";
import * as assert from "uvu/assert";
import { Blobs } from "../gen/greeter.ts";
import { blobHandlers, clientOptions } from "../support/server/greeter.ts";
import { suite } from "../support/suite.ts";

/** Sizes of the field; the message is two to four bytes longer. */
const sizes = [
  0, 1, 251, 252, 253, 254, 257, 1_010, 1_014, 1_015, 1_017, 1_018, 1_019, 1_021, 1_022, 2_048, 65_523,
  65_527, 65_528, 65_529, 65_531, 65_532, 65_533, 65_536, 65_537, 131_060, 200_000,
];
const frames = [1_024, 65_536];
const windows = [
  { initialCreditBytes: 1, callCreditBytes: 1 },
  { initialCreditBytes: 300, callCreditBytes: 700 },
  { initialCreditBytes: 65_536, callCreditBytes: 65_536 },
  { initialCreditBytes: 65_536, callCreditBytes: 262_144 },
];

function* blobs(): Generator<{ data: Uint8Array }> {
  for (const [i, size] of sizes.entries()) yield { data: new Uint8Array(size).fill(i + 1) };
}

async function assertAll(messages: AsyncIterable<{ data: Uint8Array }>): Promise<void> {
  let i = 0;
  for await (const { data } of messages) {
    const size = sizes[i++] as number;
    assert.is(data.length, size);
    assert.ok(
      data.every((byte) => byte === i),
      `message ${i} of ${size} bytes came as it was sent`,
    );
  }
  assert.is(i, sizes.length);
}

for (const maxFrameBytes of frames) {
  for (const window of windows) {
    const session = { maxFrameBytes, ...window };
    const named = `${maxFrameBytes} bytes, initial credit ${window.initialCreditBytes}, window ${window.callCreditBytes}`;
    const test = suite(`sizes of messages with frames of ${named}`);
    let server: Server;
    let client: Client;

    test.before(async () => {
      server = createServer({ session, log: () => {} }).handle(Blobs, {
        ...blobHandlers,
        produce: () => blobs(),
        async consume(requests) {
          await assertAll(requests);
          return { total: 0n, count: sizes.length };
        },
      });
      client = connect(await server.listen("tcp://127.0.0.1:0"), clientOptions({ session }));
      await client.ready();
    });
    test.after(async () => {
      await client.close({ graceMs: 0 });
      await server.shutdown({ graceMs: 0 });
    });

    test("every message of a server stream comes whole and in order", () =>
      assertAll(client.use(Blobs).produce({ count: 0, size: 0 })));

    test("every message of a client stream comes whole and in order", async () => {
      assert.is((await client.use(Blobs).consume().send(blobs())).count, sizes.length);
    });
  }
}
