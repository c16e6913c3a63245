import { MessageChannel } from "node:worker_threads";
import * as assert from "uvu/assert";
import { laneMethod } from "../../../../packages/server/src/workers/lane-codec.ts";
import {
  type Notice,
  PortTransport,
  TRANSFER_BYTES,
} from "../../../../packages/server/src/workers/port-transport.ts";
import { Heavy } from "../../../gen/heavy.ts";
import { until } from "../../../support/server/waiting.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("a MessagePort as a transport");

interface End {
  readonly transport: PortTransport;
  readonly chunks: Uint8Array[];
  readonly notices: Notice[];
  closed: boolean;
}

function ends(): [End, End] {
  const { port1, port2 } = new MessageChannel();
  return [port1, port2].map((port): End => {
    const notices: Notice[] = [];
    const end: End = {
      transport: new PortTransport(port, "test", (notice) => notices.push(notice)),
      chunks: [],
      notices,
      closed: false,
    };
    end.transport.start({
      received: (chunk) => end.chunks.push(chunk.slice()),
      drained: () => {},
      closed: () => {
        end.closed = true;
      },
    });
    return end;
  }) as [End, End];
}

test("copies what is written at once, and delivers it in order", async () => {
  const [here, there] = ends();
  const shared = new Uint8Array([1, 2, 3]);
  assert.is(here.transport.write(shared), true);
  shared.fill(9);
  here.transport.write(new Uint8Array(2 * TRANSFER_BYTES).fill(4));
  here.transport.write(Uint8Array.of(5));
  await until("all is there", () => there.chunks.length === 3);
  assert.equal(there.chunks[0], Uint8Array.of(1, 2, 3));
  assert.equal(
    there.chunks.map(({ length }) => length),
    [3, 2 * TRANSFER_BYTES, 1],
  );
  here.transport.end();
  there.transport.end();
  assert.ok(here.closed && there.closed);
});

test("keeps what comes before somebody receives it", async () => {
  const { port1, port2 } = new MessageChannel();
  const notices: Notice[] = [];
  const late = new PortTransport(port2, "late", (notice) => notices.push(notice));
  const here = new PortTransport(port1, "here", () => {});
  here.write(Uint8Array.of(1));
  await new Promise((resolve) => setImmediate(resolve));
  here.tell({ kind: "gone", number: 1 });
  await until("it has come", () => notices.length === 1);
  const received: number[] = [];
  late.start({ received: (chunk) => received.push(...chunk), drained: () => {}, closed: () => {} });
  assert.equal(received, [1]);
  here.destroy();
  late.destroy();
});

test("hands attachments over, in order, and drops those that nobody took", async () => {
  const [here, there] = ends();
  const large = [1, 2, 3].map((value) => new Uint8Array(20_000).fill(value));
  const numbers = large.map((bytes) => here.transport.attach(bytes));
  here.transport.write(Uint8Array.of(1));
  await until("it is there", () => there.chunks.length === 1);
  assert.equal(
    large.map(({ length }) => length),
    [0, 0, 0],
    "they have changed hands",
  );
  assert.is(there.transport.take(numbers[1] as number)[0], 2);
  assert.throws(() => there.transport.take(numbers[0] as number), /missing/);
  assert.is(there.transport.take(numbers[2] as number).length, 20_000);
  here.transport.destroy();
  there.transport.destroy();
});

test("tells notices, and nothing once it is closed", async () => {
  const [here, there] = ends();
  here.transport.tell({ kind: "done", callId: 5 });
  await until("it is told", () => there.notices.length === 1);
  here.transport.destroy();
  here.transport.tell({ kind: "done", callId: 6 });
  here.transport.write(Uint8Array.of(1));
  here.transport.destroy();
  there.transport.destroy();
  assert.equal(there.notices, [{ kind: "done", callId: 5 }]);
});

const codecs = suite("methods between threads");

for (const bytes of [0, 10, TRANSFER_BYTES - 10, TRANSFER_BYTES + 10, 200_000]) {
  codecs(`carry a message of ${bytes} bytes from raw to read and back`, async () => {
    const [here, there] = ends();
    const raw = laneMethod(Heavy.methods.mirror as never, here.transport, true);
    const read = laneMethod(Heavy.methods.mirror as never, there.transport, false);
    const data = new Uint8Array(bytes).fill(6);
    const request = Heavy.methods.mirror.request.encode({ data }).finish();
    const travelling = raw.request.encode(request).finish();
    assert.ok(travelling.length <= TRANSFER_BYTES + 16, `${travelling.length} bytes in the frame`);
    here.transport.write(travelling);
    await until("it is there", () => there.chunks.length === 1);
    const message = read.request.decode(there.chunks[0] as Uint8Array);
    assert.equal(message, { data });
    there.transport.write(read.response.encode(message).finish());
    await until("it is back", () => here.chunks.length === 1);
    const answer = raw.response.decode(here.chunks[0] as Uint8Array) as Uint8Array;
    assert.equal(Heavy.methods.mirror.response.decode(answer), { data });
    here.transport.destroy();
    there.transport.destroy();
  });
}

codecs("are answered also when they are one-way, and streams carry all their bytes themselves", () => {
  const [here, there] = ends();
  const note = laneMethod(Heavy.methods.note as never, here.transport, false);
  assert.is(note.kind, "unary");
  assert.is(note.response.decode(note.response.encode(undefined).finish()), undefined);
  const echo = laneMethod(Heavy.methods.echo as never, here.transport, true);
  assert.is(echo.request.encode(new Uint8Array(50_000)).finish().length, 50_001);
  here.transport.destroy();
  there.transport.destroy();
});
