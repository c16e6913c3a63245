// One process of the stream measurements: a server or a client that does what commands.ts names, and counts.
import { type AddressInfo, connect as connectSocket, createServer as createSocketServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, connect, lent } from "@vertex/client";
import { type CallContext, createServer } from "@vertex/server";
import { Blobs, type BlobsClient, Greeter, type GreeterClient } from "../gen/greeter.ts";
import { blobHandlers, greeterHandlers } from "../support/server/greeter.ts";
import type { Commands, Held, Load } from "./commands.ts";
import type { Question, Reply } from "./sides.ts";

/** Says to `consume` how many messages to take before it reads no more. */
const TAKE = "take";
/** Says to `consume` that its messages may be lent to it. */
const LENT = "lent";
const NO_DEADLINE = { timeoutMs: Number.POSITIVE_INFINITY };
/** How often the memory is looked at while it is watched. */
const SAMPLE_MS = 5;

let client: Client;
/** A second connection to the same server. */
let other: Client;
let greeter: GreeterClient;
let blobs: BlobsClient;
let sent = 0;
let rssPeak = 0;
let watch: NodeJS.Timeout | undefined;
let holding = new AbortController();

/** Resolves when the caller has gone. */
function gone({ signal }: CallContext): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

const ofSize = new Map<number, Uint8Array>();

/** Messages of that size, counted as they are asked for. All share their bytes: what a process holds is not theirs. */
function* messages(count: number, size: number): Generator<{ data: Uint8Array }> {
  const data = ofSize.get(size) ?? new Uint8Array(size).fill(7);
  ofSize.set(size, data);
  for (let i = 0; i < count; i++) {
    sent += size;
    yield { data };
  }
}

/** Takes that many messages and then no more, without leaving the stream. */
async function take(stream: AsyncIterable<unknown>, count: number): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]();
  for (let i = 0; i < count; i++) await iterator.next();
}

async function upload(load: Load, taken: number): Promise<void> {
  const { signal } = holding;
  const metadata = { [TAKE]: String(taken) };
  const call = blobs.consume({ ...NO_DEADLINE, signal, metadata });
  await call.send(messages(Number.POSITIVE_INFINITY, load.messageBytes)).catch(() => {});
}

async function download(load: Load, taken: number): Promise<void> {
  const { signal } = holding;
  const call = blobs.produce({ count: 0xffffffff, size: load.messageBytes }, { ...NO_DEADLINE, signal });
  await take(call, taken);
  await call.trailers.catch(() => {});
}

async function collectGarbage(): Promise<Held> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await sleep(20);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss, rssPeak };
}

const commands: Commands = {
  serve() {
    const server = createServer({ log: () => {} });
    server.handle(Greeter, greeterHandlers).handle(Blobs, {
      ...blobHandlers,
      produce: ({ count, size }) => messages(count, size),
      async consume(requests, context) {
        const taken = context.metadata.get(TAKE);
        if (taken === undefined) {
          return blobHandlers.consume(context.metadata.has(LENT) ? lent(requests) : requests, context);
        }
        await take(requests, Number(taken));
        await gone(context);
        return { total: 0n, count: 0 };
      },
    });
    return server.listen("tcp://127.0.0.1:0");
  },

  async serveBare() {
    const server = createSocketServer((socket) => {
      socket.on("data", () => {});
      socket.on("end", () => socket.end("."));
      socket.on("error", () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  },

  async connect(address) {
    client = connect(address);
    other = connect(address);
    greeter = client.use(Greeter);
    blobs = client.use(Blobs);
    await Promise.all([client.ready(), other.ready()]);
  },

  async hold(load, taken) {
    for (let i = 0; i < load.streams; i++) void (load.direction === "up" ? upload : download)(load, taken);
  },

  async release() {
    holding.abort();
    holding = new AbortController();
    while (client.stats().openCalls + other.stats().openCalls > 0) await sleep(5);
  },

  sent: () => sent,

  async pass(direction, bytes, messageBytes, lends) {
    const count = Math.ceil(bytes / messageBytes);
    const startedAt = performance.now();
    let got = 0;
    if (direction === "up") {
      const options = lends ? { ...NO_DEADLINE, metadata: { [LENT]: "" } } : NO_DEADLINE;
      got = Number((await blobs.consume(options).send(messages(count, messageBytes))).total);
    } else {
      const call = blobs.produce({ count, size: messageBytes }, NO_DEADLINE);
      for await (const { data } of lends ? lent(call) : call) got += data.length;
      await call.trailers;
    }
    return { bytes: got, ms: performance.now() - startedAt };
  },

  async passBare(port, bytes, writeBytes) {
    const socket = connectSocket(port, "127.0.0.1").setNoDelay(true);
    await new Promise((resolve) => socket.once("connect", resolve));
    const chunk = new Uint8Array(writeBytes).fill(7);
    const startedAt = performance.now();
    const ended = new Promise((resolve) => socket.once("data", resolve));
    for (let left = bytes; left > 0; left -= writeBytes) {
      if (!socket.write(chunk)) await new Promise((resolve) => socket.once("drain", resolve));
    }
    socket.end();
    await ended;
    return { bytes, ms: performance.now() - startedAt };
  },

  async probe(ms, atOnce) {
    const times: number[] = [];
    const endAt = performance.now() + ms;
    const caller = async (): Promise<void> => {
      for (let now = performance.now(); now < endAt; ) {
        await greeter.hello({ name: "probe" });
        const then = performance.now();
        times.push(then - now);
        now = then;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, caller));
    return times;
  },

  async upload(messageBytes, beside, lends) {
    const { signal } = holding;
    const options = { ...NO_DEADLINE, signal, metadata: lends ? { [LENT]: "" } : {} };
    const call = (beside ? other.use(Blobs) : blobs).consume(options);
    await call.write({ data: new Uint8Array(messageBytes) });
    void call.send(messages(Number.POSITIVE_INFINITY, messageBytes)).catch(() => {});
  },

  async watchMemory() {
    const held = await collectGarbage();
    rssPeak = held.rss;
    clearInterval(watch);
    watch = setInterval(() => {
      rssPeak = Math.max(rssPeak, process.memoryUsage.rss());
    }, SAMPLE_MS);
    return { ...held, rssPeak };
  },

  held: collectGarbage,
};

process.on("message", ({ id, name, args }: Question) => {
  const command = commands[name] as (...given: readonly unknown[]) => unknown;
  const reply = (rest: Omit<Reply, "id">): void => void process.send?.({ id, ...rest } satisfies Reply);
  Promise.resolve()
    .then(() => command(...args))
    .then(
      (value) => reply({ value }),
      (error: unknown) =>
        reply({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
});
