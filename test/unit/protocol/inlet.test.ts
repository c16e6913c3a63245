import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import * as assert from "uvu/assert";
import { Inlet } from "../../../packages/protocol/src/inlet.ts";
import { readThroughInlet } from "../../../packages/protocol/src/socket-transport.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the buffer that all sockets read into");

interface Ends {
  dialed: Socket;
  /** Of the dialed socket. */
  outer: Inlet;
  accepted: Socket;
  inner: Inlet;
  closeServer(): Promise<void>;
  /** Whether the server is closed and all its sockets are gone. */
  serverClosed(): boolean;
}

async function ends(): Promise<Ends> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const outer = new Inlet();
  const dialed = connect({
    port: (server.address() as AddressInfo).port,
    host: "127.0.0.1",
    onread: outer.onread,
  });
  const [raw] = (await once(server, "connection")) as [Socket];
  const { socket: accepted, inlet } = readThroughInlet(raw);
  assert.ok(inlet, "this Node lets an accepted socket read into a buffer");
  let closed = false;
  const closeServer = async (): Promise<void> => {
    server.close(() => {
      closed = true;
    });
  };
  return { dialed, outer, accepted, inner: inlet, closeServer, serverClosed: () => closed };
}

function collect(inlet: Inlet): { bytes(): Buffer; buffers: Set<ArrayBufferLike> } {
  const parts: Buffer[] = [];
  const buffers = new Set<ArrayBufferLike>();
  inlet.open({
    received(chunk) {
      assert.is(chunk.constructor, Uint8Array);
      buffers.add(chunk.buffer);
      parts.push(Buffer.from(chunk));
      chunk.fill(0xdd);
    },
  });
  return { bytes: () => Buffer.concat(parts), buffers };
}

test("carries bytes both ways, through one buffer, and both ends close", async () => {
  const { dialed, outer, accepted, inner, closeServer, serverClosed } = await ends();
  const there = collect(inner);
  const back = collect(outer);
  accepted.resume();
  const sent = Buffer.alloc(1_000_000, "the quick brown fox ");
  dialed.write(sent);
  accepted.write("and back");
  dialed.end();
  await once(accepted, "end");
  assert.ok(there.bytes().equals(sent));
  assert.is(back.bytes().toString(), "and back");
  assert.equal(there.buffers, back.buffers);
  assert.is(there.buffers.size, 1);
  await closeServer();
  await Promise.all([accepted, dialed].map((socket) => socket.closed || once(socket, "close")));
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(serverClosed(), "the server has counted the socket that stands for the one it accepted");
});

test("keeps what comes before anybody takes it, and stops reading until then", async () => {
  const { dialed, accepted, inner, closeServer } = await ends();
  accepted.resume();
  dialed.write("early");
  await new Promise((resolve) => setTimeout(resolve, 20));
  dialed.write(", late");
  await new Promise((resolve) => setTimeout(resolve, 20));
  const got = collect(inner);
  assert.is(got.bytes().toString(), "early");
  accepted.resume();
  dialed.end();
  await once(accepted, "end");
  assert.is(got.bytes().toString(), "early, late");
  await closeServer();
});

test("stops for a pause and goes on where it was", async () => {
  const { dialed, accepted, inner, closeServer } = await ends();
  let bytes = 0;
  inner.open({
    received(chunk) {
      bytes += chunk.length;
      accepted.pause();
      setImmediate(() => accepted.resume());
    },
  });
  accepted.resume();
  dialed.end(Buffer.alloc(3_000_000));
  await once(accepted, "end");
  assert.is(bytes, 3_000_000);
  await closeServer();
});

test("leaves a socket alone that it cannot take over", () => {
  const socket = connect({ port: 1, host: "127.0.0.1" }).on("error", () => {});
  const { socket: same, inlet } = readThroughInlet(socket);
  assert.is(same, socket);
  assert.is(inlet, undefined);
  socket.destroy();
});
