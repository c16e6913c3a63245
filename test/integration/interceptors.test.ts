// Interceptors on both sides: order, short cuts, mapped errors, streams, repeats.
import { type Interceptor, VertexError } from "@vertex/client";
import * as assert from "uvu/assert";
import { Greeter, type HelloReply } from "../gen/greeter.ts";
import { greeterHandlers, serve, type TestBed } from "../support/server/greeter.ts";
import { collect, failureOf, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

const test = suite("interceptors");

let bed: TestBed;
test.after.each(() => bed.close());

/** Notes when it is entered and left. */
function noting(name: string, notes: string[]): Interceptor {
  return async (call, next) => {
    notes.push(`${name} in ${call.side} ${call.method.path.split("/")[1]}`);
    const result = await next(call);
    notes.push(`${name} out`);
    return result;
  };
}

async function* mapped<T>(stream: AsyncIterable<T>, map: (message: T) => T): AsyncGenerator<T> {
  for await (const message of stream) yield map(message);
}

test("the first is the outermost, on both sides", async () => {
  const notes: string[] = [];
  bed = await serve("tcp://127.0.0.1:0", { interceptors: [noting("C", notes), noting("D", notes)] });
  const client = bed.connect({ interceptors: [noting("A", notes), noting("B", notes)] });
  await client.use(Greeter).hello({ name: "x" });
  assert.equal(notes, [
    "A in client Hello",
    "B in client Hello",
    "C in server Hello",
    "D in server Hello",
    "D out",
    "C out",
    "B out",
    "A out",
  ]);
});

test("one that answers by itself spares the rest", async () => {
  const reply: HelloReply = { text: "cached" };
  bed = await serve("tcp://127.0.0.1:0", { interceptors: [() => ({ text: "from the server's cache" })] });
  assert.equal(
    await bed
      .connect({ interceptors: [() => reply] })
      .use(Greeter)
      .hello({ name: "x" }),
    reply,
  );
  assert.is(bed.server.stats().servedCalls, 0);
  assert.equal(await bed.connect().use(Greeter).hello({ name: "x" }), { text: "from the server's cache" });
});

test("one changes the request, the options and the answer", async () => {
  bed = await serve("tcp://127.0.0.1:0", {
    interceptors: [
      async (call, next) => {
        const name = call.context?.metadata.get("name") ?? "nobody";
        const { text } = (await next({ ...call, request: { name } })) as HelloReply;
        return { text: `${text}!` };
      },
    ],
  });
  const client = bed.connect({
    interceptors: [
      (call, next) => next({ ...call, options: { ...call.options, metadata: { name: "meta" } } }),
    ],
  });
  assert.equal(await client.use(Greeter).hello({ name: "x" }), { text: "Hello meta!" });
});

test("one turns errors into others: on the server for the caller, on the client for its user", async () => {
  bed = await serve("tcp://127.0.0.1:0", {
    interceptors: [
      async (call, next) => {
        try {
          return await next(call);
        } catch (error) {
          if (error instanceof TypeError) throw new VertexError("FAILED_PRECONDITION", "mapped there");
          throw error;
        }
      },
    ],
  });
  const plain = bed.connect().use(Greeter);
  const error = await failureOf(plain.fail({ code: 0, message: "", retryAfterMs: 0 }));
  assert.equal([error.code, error.message], ["FAILED_PRECONDITION", "mapped there"]);
  assert.is(bed.server.stats().failedHandlers, 0);

  const seen: unknown[] = [];
  const forgiving: Interceptor = async (call, next) => {
    try {
      return await next(call);
    } catch (failure) {
      seen.push(failure);
      return { text: "never mind" };
    }
  };
  const greeter = bed.connect({ interceptors: [forgiving] }).use(Greeter);
  assert.equal(await greeter.fail({ code: 8, message: "", retryAfterMs: 0 }), { text: "never mind" });
  assert.is((seen[0] as VertexError).code, "RESOURCE_EXHAUSTED");
});

test("one that throws refuses the call, without its text on the server unless it is a VertexError", async () => {
  bed = await serve("tcp://127.0.0.1:0", {
    interceptors: [
      (call, next) => {
        if (call.context?.metadata.has("public")) throw new VertexError("PERMISSION_DENIED", "not for you");
        if (call.context?.metadata.has("private")) throw new Error("the secret");
        return next(call);
      },
    ],
  });
  const greeter = bed.connect().use(Greeter);
  const denied = await failureOf(greeter.hello({ name: "x" }, { metadata: { public: "1" } }));
  assert.equal([denied.code, denied.message], ["PERMISSION_DENIED", "not for you"]);
  const failed = await failureOf(greeter.hello({ name: "x" }, { metadata: { private: "1" } }));
  assert.equal([failed.code, failed.message], ["INTERNAL", "the handler failed"]);
});

test("one that calls again repeats the call", async () => {
  let tries = 0;
  bed = await serve(
    "tcp://127.0.0.1:0",
    {},
    {
      hello: () => {
        if (++tries < 3) throw new VertexError("ABORTED", "once more");
        return { text: `try ${tries}` };
      },
    },
  );
  const again: Interceptor = async (call, next) => {
    for (;;) {
      try {
        return await next(call);
      } catch (error) {
        if (!(error instanceof VertexError) || error.code !== "ABORTED") throw error;
      }
    }
  };
  assert.equal(
    await bed
      .connect({ interceptors: [again] })
      .use(Greeter)
      .hello({ name: "" }),
    {
      text: "try 3",
    },
  );
});

test("streams of every kind go through on both sides, and can be changed there", async () => {
  const seen: string[] = [];
  const onServer: Interceptor = (call, next) => {
    seen.push(`server ${call.method.kind}`);
    const result = next(call);
    if (call.method.kind !== "server_stream") return result;
    return mapped(result as AsyncIterable<{ n: number }>, ({ n }) => ({ n: n * 10 }));
  };
  const onClient: Interceptor = (call, next) => {
    seen.push(`client ${call.method.kind}`);
    return next(call);
  };
  bed = await serve("tcp://127.0.0.1:0", { interceptors: [onServer] });
  const greeter = bed.connect({ interceptors: [onClient] }).use(Greeter);
  assert.equal(await collect(greeter.countdown({ from: 2, intervalMs: 0 })), [{ n: 20 }, { n: 10 }]);
  assert.equal(await greeter.sum().send([{ n: 4 }, { n: 5 }]), { total: 9n, count: 2 });
  const chat = greeter.chat();
  const [lines] = await Promise.all([collect(chat), chat.send([{ text: "a" }])]);
  assert.equal(lines, [{ text: "echo a" }]);
  await greeter.notify({ text: "x" });
  assert.equal(seen.filter((note) => note.startsWith("client")).sort(), [
    "client client_stream",
    "client duplex",
    "client one_way",
    "client server_stream",
  ]);
});

test("an interceptor that is async may stand around a stream on the server", async () => {
  const patient: Interceptor = async (call, next) => {
    await Promise.resolve();
    return next(call);
  };
  bed = await serve("tcp://127.0.0.1:0", { interceptors: [patient] });
  const greeter = bed.connect().use(Greeter);
  assert.equal(await collect(greeter.countdown({ from: 1, intervalMs: 0 })), [{ n: 1 }]);
});

test("calls from server to client run through those of both ends, one to many once for all", async () => {
  const notes: string[] = [];
  bed = await serve("tcp://127.0.0.1:0", {
    interceptors: [noting("not here", notes)],
    reverseInterceptors: [noting("caller", notes)],
  });
  const offered = () => {
    const client = bed.connect({
      interceptors: [noting("nor here", notes)],
      reverseInterceptors: [noting("handler", notes)],
    });
    return client.handle(Greeter, { ...greeterHandlers, notify: () => {} }).ready();
  };
  await Promise.all([offered(), offered()]);
  await until("both are known", () => bed.server.connections.size === 2);
  const [connection] = bed.server.connections;
  assert.equal(await connection?.use(Greeter).hello({ name: "x" }), { text: "Hello x" });
  assert.equal(notes.splice(0), [
    "caller in client Hello",
    "handler in server Hello",
    "handler out",
    "caller out",
  ]);
  await bed.server.all(Greeter).notify({ text: "x" });
  await until("both were told", () => notes.filter((note) => note === "handler out").length === 2);
  assert.is(notes.filter((note) => note === "caller in client Notify").length, 1);
  assert.is(notes.filter((note) => note === "handler in server Notify").length, 2);
});

test("one around a command to many changes what all of them are told", async () => {
  const heard: string[] = [];
  bed = await serve("tcp://127.0.0.1:0", {
    reverseInterceptors: [(call, next) => next({ ...call, request: { text: "changed" } })],
  });
  const client = bed.connect();
  client.handle(Greeter, { ...greeterHandlers, notify: ({ text }) => void heard.push(text) });
  await client.ready();
  await until("it is known", () => bed.server.connections.size === 1);
  await bed.server.all(Greeter).notify({ text: "x" });
  await until("it was told", () => heard.length === 1);
  assert.equal(heard, ["changed"]);
});
