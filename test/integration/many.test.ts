// Many clients: who is connected, one command to all of them, topics, and subscriptions that come back.

import { type Client, connect } from "@vertex/client";
import { type CallContext, createServer, type Server, Topic, type VertexError } from "@vertex/server";
import * as assert from "uvu/assert";
import { CountdownRequest, Greeter, Line, type Tick } from "../gen/greeter.ts";
import { onlyHandlers as handlers } from "../support/server/greeter-handlers.ts";
import { suite } from "../support/suite.ts";

const test = suite("many clients");

/** Resolves when `holds` does. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const text = (value: string) => new TextEncoder().encode(value);

/** Clients named 0, 1, 2, … that note what they are told. */
async function audience(server: Server, count: number) {
  const address = await server.listen("tcp://127.0.0.1:0");
  const heard: string[][] = Array.from({ length: count }, () => []);
  const clients = heard.map((lines, index) => {
    const credentials = { scheme: "name", data: text(index % 2 === 0 ? "even" : "odd") };
    return connect(address, { name: String(index), credentials }).handle(
      Greeter,
      handlers({ notify: ({ text: line }) => void lines.push(line) }),
    );
  });
  await Promise.all(clients.map((client) => client.ready()));
  await until(() => server.connections.size === count);
  return { heard, clients };
}

async function end(server: Server, clients: readonly Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.close()));
  await server.shutdown({ graceMs: 500 });
}

test("are found by identity, by tag, and by the call that they make", async () => {
  let caller: number | undefined;
  const server = createServer({
    authenticate: ({ credentials }) => new TextDecoder().decode(credentials?.data),
  });
  server.handle(
    Greeter,
    handlers({
      hello: ({ name }, call) => {
        const connection = server.connections.of(call);
        connection?.tag(`room:${name}`);
        caller = connection?.id;
        return { text: "" };
      },
    }),
  );
  const { clients } = await audience(server, 3);
  assert.equal(
    server.connections.withIdentity("even").map(({ name }) => name),
    ["0", "2"],
  );
  await clients[1]?.use(Greeter).hello({ name: "blue" });
  const tagged = server.connections.tagged("room:blue");
  assert.equal(
    tagged.map(({ name }) => name),
    ["1"],
  );
  assert.is(tagged[0]?.id, caller);
  tagged[0]?.untag("room:blue");
  assert.equal(server.connections.tagged("room:blue"), []);
  tagged[0]?.tag("again");
  await clients[1]?.close();
  await until(() => server.connections.size === 2);
  assert.equal(server.connections.tagged("again"), []);
  assert.equal(server.connections.withIdentity("odd"), []);
  await end(server, clients);
});

test("all get a one-way command, which is encoded once", async () => {
  const server = createServer();
  const { clients, heard } = await audience(server, 5);
  const encode = Line.encode;
  let encoded = 0;
  Line.encode = (...args) => {
    encoded++;
    return encode(...args);
  };
  await server.all(Greeter).notify({ text: "hear, hear" });
  Line.encode = encode;
  await until(() => heard.every((lines) => lines.length === 1));
  assert.is(encoded, 1);
  const [first] = server.connections;
  await server.all(Greeter, first === undefined ? [] : [first]).notify({ text: "you" });
  await until(() => heard.flat().length === 6);
  await end(server, clients);
});

test("cannot be asked for answers all at once", async () => {
  const server = createServer();
  assert.throws(() => server.all(Greeter).hello({ name: "x" }), /only one-way commands/);
  await server.shutdown();
});

/** A context that says nothing, and can be cancelled. */
function fakeCall(): { call: CallContext; cancel: () => void } {
  const stop = new AbortController();
  return { call: { signal: stop.signal, cancelled: false } as CallContext, cancel: () => stop.abort() };
}

/** Publishes 1 to `count` at a subscriber that has taken one event only, then says what it gets. */
async function behind(topic: Topic<number>, count: number): Promise<unknown[]> {
  const { call, cancel } = fakeCall();
  const events = topic.subscribe(call);
  const first = events.next();
  await until(() => topic.subscribers === 1);
  for (let n = 1; n <= count; n++) topic.publish(n);
  const seen: unknown[] = [(await first).value];
  cancel();
  try {
    for await (const event of events) seen.push(event);
  } catch (error) {
    seen.push((error as VertexError).code);
  }
  assert.is(topic.subscribers, 0);
  return seen;
}

test("a subscriber that is behind loses the oldest, or all but the latest, or its stream", async () => {
  assert.equal(await behind(new Topic({ bufferSize: 3 }), 6), [4, 5, 6]);
  assert.equal(await behind(new Topic({ whenSlow: "keep-latest" }), 6), [6]);
  assert.equal(await behind(new Topic({ whenSlow: "keep-latest", key: (n) => n % 2 }), 6), [5, 6]);
  const cut = new Topic<number>({ bufferSize: 3, whenSlow: "disconnect" });
  const { call } = fakeCall();
  const next = cut.subscribe(call).next();
  await until(() => cut.subscribers === 1);
  for (let n = 0; n < 4; n++) cut.publish(n);
  const failed = await next.catch((error: unknown) => error);
  assert.is((failed as VertexError).code, "RESOURCE_EXHAUSTED");
});

test("a subscription goes on behind the last event when its server is replaced", async () => {
  const ticks = new Topic<Tick>({ history: 100, cursor: ({ n }) => n });
  const serve = () =>
    createServer({ log: () => {} }).handle(
      Greeter,
      handlers({ countdown: ({ from }, call) => ticks.subscribe(call, { after: from }) }),
    );
  const first = serve();
  const address = await first.listen("tcp://127.0.0.1:0");
  const client = connect(address, { reconnect: { initialDelayMs: 20, maxDelayMs: 50 } });
  const greeter = client.use(Greeter);
  const seen: number[] = [];
  const reading = (async () => {
    const open = (last?: Tick) =>
      greeter.countdown(CountdownRequest.fromPartial({ from: last?.n ?? 0 }), { timeoutMs: 20_000 });
    for await (const { n } of client.resume(open)) if (seen.push(n) === 6) break;
  })();
  await until(() => ticks.subscribers === 1);
  for (const n of [1, 2, 3]) ticks.publish({ n });
  await until(() => seen.length === 3);
  await first.shutdown({ graceMs: 0 });
  await until(() => ticks.subscribers === 0);
  for (const n of [4, 5]) ticks.publish({ n });
  const second = serve();
  await second.listen(address);
  await until(() => ticks.subscribers === 1);
  ticks.publish({ n: 6 });
  await reading;
  assert.equal(seen, [1, 2, 3, 4, 5, 6]);
  await end(second, [client]);
});
