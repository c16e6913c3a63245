// The yardstick must move as many bytes as Vertex does, and find its frames wherever the stream is cut.

import { createConnection, createServer, type Socket } from "node:net";
import { connect } from "@vertex/client";
import { createServer as createVertexServer } from "@vertex/server";
import * as assert from "uvu/assert";
import { Bench, Sample } from "../../bench/gen/bench.ts";
import {
  CALL_FIXED_BYTES,
  FrameReader,
  HEADER_BYTES,
  kinds,
  SAMPLE_BYTES,
} from "../../bench/src/peers/net/frames.ts";
import { sample } from "../../bench/src/peers/peer.ts";
import { suite } from "../support/suite.ts";

const test = suite("bench yardstick");

test("a sample has the bytes that the yardstick sends for one", () => {
  assert.is(Sample.encode(sample).finish().length, SAMPLE_BYTES);
});

/** Counts what passes through it, in both directions. */
async function meter(port: number) {
  const sockets: Socket[] = [];
  const count = { up: 0, down: 0 };
  const server = createServer((near) => {
    const far = createConnection(port, "127.0.0.1");
    sockets.push(near, far);
    near.on("data", (chunk) => {
      count.up += chunk.length;
      far.write(chunk);
    });
    far.on("data", (chunk) => {
      count.down += chunk.length;
      near.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { count, close, port: (server.address() as { port: number }).port };
}

test("a call of Vertex moves as many bytes as one of the yardstick, there and back", async () => {
  const server = createVertexServer({ log: () => {} });
  server.handle(Bench, {
    echo: (request) => request,
    collect: () => ({ messages: 0 }),
    emit: () => [],
    upload: () => ({ messages: 0 }),
    download: () => [],
  });
  const address = await server.listen("tcp://127.0.0.1:0");
  const { count, close, port } = await meter(Number(new URL(address).port));
  const client = connect(`tcp://127.0.0.1:${port}`);
  const bench = client.use(Bench);
  await bench.echo(sample);
  const before = { ...count };
  for (let call = 0; call < 10; call++) await bench.echo(sample);
  const moved = { up: count.up - before.up, down: count.down - before.down };
  await client.close();
  await server.shutdown({ graceMs: 0 });
  close();
  assert.equal(moved, {
    up: 10 * (HEADER_BYTES + CALL_FIXED_BYTES + SAMPLE_BYTES),
    down: 10 * (HEADER_BYTES + SAMPLE_BYTES),
  });
});

/** A frame with this payload. */
function frame(kind: number, id: number, payload: string): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = kind;
  bytes.writeUInt32BE(id, 4);
  bytes.write(payload, HEADER_BYTES);
  return bytes;
}

test("frames are found however the stream is cut, and the payload of data is skipped", () => {
  const stream = Buffer.concat([
    frame(kinds.echo, 1, "one"),
    frame(kinds.data, 0, "a long payload"),
    frame(kinds.echo, 2, ""),
    frame(kinds.end, 3, ""),
  ]);
  for (let size = 1; size <= stream.length; size++) {
    const found: string[] = [];
    const reader = new FrameReader((kind, id, bytes, start, end) => {
      found.push(`${kind} ${id} ${kind === kinds.data ? "" : bytes.toString("utf8", start, end)}`);
    });
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
    assert.equal(found, ["1 1 one", "4 0 ", "1 2 ", "5 3 "], `in chunks of ${size}`);
  }
});
