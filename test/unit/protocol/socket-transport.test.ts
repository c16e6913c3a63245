// What a socket says of the bytes that wait in it. The other end reads when it is told to, and only so much.
import { once } from "node:events";
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, connect as dialTls } from "node:tls";
import * as assert from "uvu/assert";
import { SocketTransport } from "../../../packages/protocol/src/socket-transport.ts";
import { socketPath } from "../../support/server/greeter.ts";
import { until } from "../../support/server/waiting.ts";
import { suite } from "../../support/suite.ts";
import { clientTls, serverTls } from "../../support/tls/test-certificate.ts";

const test = suite("the transport over a socket");

/** More than two kernels keep for a connection. */
const WRITE_BYTES = 24 * 2 ** 20;
const READ_BYTES = 65_536;

interface Ends {
  readonly writer: SocketTransport;
  /** Of the writer. */
  readonly socket: Socket;
  readonly reader: Socket;
  readonly server: Server;
}

async function ends(server: Server, accepted: string, where: object, dialer: typeof dial): Promise<Ends> {
  server.listen(where);
  await once(server, "listening");
  const bound = server.address() as AddressInfo | string;
  const to = typeof bound === "string" ? { path: bound } : { port: bound.port, host: "127.0.0.1" };
  const reader = dialer(to as { port: number });
  const [socket] = (await once(server, accepted)) as [Socket];
  reader.on("error", () => {});
  const writer = new SocketTransport(socket, "a reader");
  writer.start({ received: () => {}, drained: () => {}, closed: () => {} });
  return { writer, socket, reader, server };
}

const plain = () => createServer();
const ways: readonly (readonly [name: string, open: () => Promise<Ends>])[] = [
  ["TCP", () => ends(plain(), "connection", { port: 0, host: "127.0.0.1" }, dial)],
  ["Unix", () => ends(plain(), "connection", { path: socketPath() }, dial)],
  [
    "TLS",
    () =>
      ends(createTlsServer(serverTls), "secureConnection", { port: 0, host: "127.0.0.1" }, ((to: object) =>
        dialTls({ ...to, ...clientTls, servername: "localhost" })) as unknown as typeof dial),
  ],
];

for (const [name, open] of ways) {
  test(`over ${name} marks what is taken of one large write, and nothing else`, async () => {
    const { writer, socket, reader, server } = await open();
    let read = 0;
    const more = (): boolean => {
      read += (reader.read(Math.min(READ_BYTES, reader.readableLength)) as Buffer | null)?.length ?? 0;
      reader.read(0);
      return false;
    };
    reader.pause();
    writer.write(new Uint8Array(WRITE_BYTES));
    // The kernels take what they can hold, and no more while nobody reads.
    let mark = Number.NaN;
    let since = performance.now();
    await until("no byte is taken any more", () => {
      if (mark !== writer.takenMark) since = performance.now();
      mark = writer.takenMark;
      return performance.now() - since > 200;
    });
    writer.write(new Uint8Array(1_000));
    assert.is(writer.takenMark, mark, "what is written behind it is not taken");
    assert.is(writer.bufferedBytes, WRITE_BYTES + 1_000, "Node counts the write as a whole");
    const marks = new Set<number>();
    await until("it is taken in parts", () => {
      marks.add(writer.takenMark);
      return more() || (marks.size > 3 && writer.bufferedBytes === WRITE_BYTES + 1_000);
    });
    assert.ok(read < WRITE_BYTES);
    socket.destroy();
    reader.destroy();
    server.close();
    await once(server, "close");
  });
}
