// A server with the test services, and the ways to reach it: the same list of transports for every integration test.
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, type ClientOptions, connect } from "@vertex/client";
import { createServer, type LogEntry, type Server, type ServerOptions, VertexError } from "@vertex/server";
import { Blobs, type BlobsHandlers, Greeter, type GreeterHandlers } from "../../gen/greeter.ts";
import { clientTls, serverTls } from "../tls/test-certificate.ts";
import { sleep } from "./waiting.ts";

/** One way to carry Vertex. */
export interface TestTransport {
  readonly name: "TCP" | "TLS" | "Unix";
  /** A fresh address to listen on. */
  address(): string;
}

let paths = 0;

/** A path for a Unix socket that nobody uses. */
export function socketPath(): string {
  return join(tmpdir(), `vertex-test-${process.pid}-${paths++}.sock`);
}

export const transports: readonly TestTransport[] = [
  { name: "TCP", address: () => "tcp://127.0.0.1:0" },
  { name: "TLS", address: () => "tls://127.0.0.1:0" },
  { name: "Unix", address: () => `unix:${socketPath()}` },
];

/** Secret that handlers throw; it must never leave the process. */
export const SECRET = "hunter2-do-not-leak";

export const greeterHandlers: GreeterHandlers = {
  hello: ({ name }, context) => {
    for (const [key, value] of context.metadata) context.setTrailer(key, value);
    return { text: `Hello ${name}` };
  },
  remember: ({ name }) => ({ text: `I know ${name}` }),
  async slow({ waitMs, name }, { signal }) {
    const giveUpAt = performance.now() + waitMs;
    while (performance.now() < giveUpAt && !signal.aborted) await sleep(2);
    return { text: `Finally, ${name}` };
  },
  async *countdown({ from, intervalMs }, context) {
    for (let n = from; n > 0 && !context.cancelled; n--) {
      yield { n };
      if (intervalMs > 0) await sleep(intervalMs);
    }
    context.setTrailer("end", "lift-off");
  },
  async sum(ticks) {
    let total = 0n;
    let count = 0;
    for await (const { n } of ticks) {
      total += BigInt(n);
      count++;
    }
    return { total, count };
  },
  async *chat(lines) {
    for await (const { text } of lines) yield { text: `echo ${text}` };
  },
  notify: () => {},
  fail: ({ code, message, retryAfterMs }) => {
    if (code === 0) throw new TypeError(`the password is ${SECRET}`);
    throw new VertexError("RESOURCE_EXHAUSTED", message, {
      retryAfterMs,
      details: [{ type: "vertex.test.v1.Line", value: Uint8Array.of(1, 2, 3) }],
      trailers: new Map([["why", "asked for"]]),
    });
  },
  greet: ({ name }) => ({ text: name }),
};

export const blobHandlers: BlobsHandlers = {
  echo: ({ data }) => ({ data }),
  swallow: () => ({}),
  *produce({ count, size }) {
    for (let i = 0; i < count; i++) yield { data: new Uint8Array(size).fill(i) };
  },
  async consume(blobs) {
    let total = 0;
    let count = 0;
    for await (const { data } of blobs) {
      total += data.length;
      count++;
    }
    return { total: BigInt(total), count };
  },
};

/** A server that runs, with everything that a test closes at the end. */
export interface TestBed {
  readonly server: Server;
  readonly address: string;
  readonly log: LogEntry[];
  connect(options?: ClientOptions): Client;
  close(): Promise<void>;
}

/** Options for tests: quick reconnects, and the test's certificate. */
export function clientOptions(options: ClientOptions = {}): ClientOptions {
  return { tls: clientTls, reconnect: { initialDelayMs: 20, maxDelayMs: 100 }, ...options };
}

/** Starts a server with the test services on `address`. */
export async function serve(
  address = "tcp://127.0.0.1:0",
  options: ServerOptions = {},
  handlers: Partial<GreeterHandlers> = {},
): Promise<TestBed> {
  const log: LogEntry[] = [];
  const server = createServer({ tls: serverTls, log: (entry) => log.push(entry), ...options });
  server.handle(Greeter, { ...greeterHandlers, ...handlers }).handle(Blobs, blobHandlers);
  const dialable = await server.listen(address);
  const clients: Client[] = [];
  return {
    server,
    address: dialable,
    log,
    connect: (own) => {
      const client = connect(dialable, clientOptions(own));
      clients.push(client);
      return client;
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.close({ graceMs: 0 })));
      await server.shutdown({ graceMs: 0 });
      if (dialable.startsWith("unix:")) rmSync(dialable.slice("unix:".length), { force: true });
    },
  };
}
