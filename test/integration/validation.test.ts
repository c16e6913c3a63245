// Requests that break rules of their schema: refused before the handler, on every kind of call, and on the client if
// it wants to.

import { type ClientOptions, connect, VertexError, violationsOf } from "@vertex/client";
import { createServer } from "@vertex/server";
import * as assert from "uvu/assert";
import { Order, Orders, type OrdersHandlers } from "../gen/orders.ts";
import { suite } from "../support/suite.ts";

const test = suite("a request that breaks rules of its schema");

const good = Order.create({
  id: "8b208305-00e8-4460-a440-5e0dcd83bb0a",
  customer: { number: 1n, mail: "ada@example.com", nick: "ada" },
  lines: [{ article: "tea", count: 2, price: 3.5, kind: 1 }],
  payment: { $case: "card", value: "4111111111111111" },
});
const bad: Order = {
  ...good,
  lines: [...good.lines, { ...good.lines[0], count: 0, article: "", parts: [] } as never],
};
const badFields = ["lines[1].article string.min_len", "lines[1].count uint32.gte_lte"];

interface World {
  readonly orders: ReturnType<typeof Orders.createClient>;
  /** Handlers that were entered. */
  readonly entered: string[];
  /** Orders that handlers were given. */
  readonly taken: Order[];
  readonly connects: () => number;
}

async function serve(body: (world: World) => Promise<void>, options: ClientOptions = {}): Promise<void> {
  const entered: string[] = [];
  const taken: Order[] = [];
  const take = (order: Order) => {
    taken.push(order);
    return { lines: order.lines.length };
  };
  const handlers: OrdersHandlers = {
    place(order) {
      entered.push("place");
      // No question marks: what is required is there, by its type too.
      assert.ok(order.customer.nick.length > 0 && order.payment.$case !== undefined);
      return take(order);
    },
    note: (order) => void take(order),
    async *watch(order) {
      entered.push("watch");
      yield take(order);
    },
    async import(orders) {
      entered.push("import");
      for await (const order of orders) take(order);
      return { lines: taken.length };
    },
    async *exchange(orders) {
      entered.push("exchange");
      for await (const order of orders) yield take(order);
    },
  };
  const server = createServer({ log: () => {} }).handle(Orders, handlers);
  const client = connect(await server.listen("tcp://127.0.0.1:0"), options);
  try {
    await body({ orders: client.use(Orders), entered, taken, connects: () => client.stats().connects });
  } finally {
    await client.close();
    await server.shutdown({ graceMs: 100 });
  }
}

async function failureOf(call: Promise<unknown>): Promise<VertexError> {
  const error = await call.then(
    () => undefined,
    (failed: unknown) => failed,
  );
  assert.instance(error, VertexError);
  return error as VertexError;
}

function fieldsOf(error: unknown): string[] {
  return violationsOf(error).map(({ field, rule }) => `${field} ${rule}`);
}

async function drain(answers: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of answers) count++;
  return count;
}

test("is INVALID_ARGUMENT, not executed, with each violation; the handler is not entered, the connection goes on", () =>
  serve(async ({ orders, entered, connects }) => {
    const error = await failureOf(orders.place(bad));
    assert.is(error.code, "INVALID_ARGUMENT");
    assert.is(error.outcome, "not-executed");
    assert.is(error.family, "status");
    assert.is(
      error.message,
      "the request breaks rules of its schema: lines[1].article: must be at least 1 characters (string.min_len), and 1 more",
    );
    assert.equal(violationsOf(error)[1], {
      field: "lines[1].count",
      rule: "uint32.gte_lte",
      message: "must be greater than or equal to 1 and less than or equal to 100",
      forKey: false,
    });
    assert.equal(fieldsOf(error), badFields);
    assert.equal(entered, []);
    assert.equal(await orders.place(good), { lines: 1 });
    assert.is(connects(), 1);
  }));

test("is refused on a server stream", () =>
  serve(async ({ orders, entered }) => {
    const error = await failureOf(drain(orders.watch(bad)));
    assert.is(error.code, "INVALID_ARGUMENT");
    assert.equal(fieldsOf(error), badFields);
    assert.equal(entered, []);
    assert.is(await drain(orders.watch(good)), 1);
  }));

test("is refused wherever it stands in a stream, and no handler sees it", () =>
  serve(async ({ orders, taken, connects }) => {
    const upload = await failureOf(orders.import().send([good, bad, good]));
    assert.is(upload.code, "INVALID_ARGUMENT");
    // The handler had begun: what it has done with the messages before is its own affair.
    assert.is(upload.outcome, "unknown");
    assert.equal(fieldsOf(upload), badFields);
    const exchange = orders.exchange();
    const sent = exchange.send([good, bad]).catch(() => {});
    assert.equal(fieldsOf(await failureOf(drain(exchange))), badFields);
    await sent;
    assert.ok(taken.every((order) => order.lines.length === 1));
    assert.is(connects(), 1);
  }));

test("does not reach the handler of a one-way command", () =>
  serve(async ({ orders, taken }) => {
    await orders.note(bad);
    await orders.place(good);
    assert.is(taken.length, 1);
  }));

test("names nested messages, keys of maps, and the message itself", () =>
  serve(async ({ orders }) => {
    const error = await failureOf(
      orders.place({
        ...good,
        id: "none",
        customer: { number: 0n, phone: "12345", mail: "x@y.z", token: Uint8Array.of(1), nick: undefined },
        labels: new Map([["Bad Key", "fine"]]),
        payment: { $case: "invoice", value: { dueInDays: 91n } },
        patience: { seconds: 86_400n, nanos: 0 },
      }),
    );
    assert.equal(fieldsOf(error).sort(), [
      "customer message.oneof",
      "customer.nick required",
      "customer.number uint64.gt",
      "customer.token bytes.len",
      "id string.uuid",
      "invoice.due_in_days int64.gt_lte",
      'labels["Bad Key"] string.pattern',
      "patience duration.gte_lt",
    ]);
    assert.ok(violationsOf(error).find(({ field }) => field.startsWith("labels"))?.forKey);
    const missing = await failureOf(orders.place({ ...good, customer: undefined, payment: undefined }));
    assert.equal(fieldsOf(missing).sort(), ["customer required", "payment required"]);
  }));

test("with a thousand violations is told of sixteen, in a frame of its own", () =>
  serve(async ({ orders }) => {
    const lines = Array.from({ length: 1_000 }, () => ({ ...bad.lines[1], article: "" }) as never);
    const labels = new Map([["Ä".repeat(100_000), "x"]]);
    const error = await failureOf(orders.place({ ...good, lines, labels }));
    assert.is(violationsOf(error).length, 16);
    assert.ok(violationsOf(error).every(({ field }) => field.length < 600));
    assert.equal(await orders.place(good), { lines: 1 });
  }));

test("fails before it is sent where the client validates: the same violations, nothing at the server", () =>
  serve(
    async ({ orders, entered, taken }) => {
      for (const call of [orders.place(bad), orders.note(bad), drain(orders.watch(bad))]) {
        const error = await failureOf(call);
        assert.is(error.code, "INVALID_ARGUMENT");
        assert.is(error.family, "usage");
        assert.is(error.outcome, "not-executed");
        assert.equal(fieldsOf(error), badFields);
      }
      const upload = orders.import();
      await upload.write(good);
      assert.equal(fieldsOf(await failureOf(upload.write(bad))), badFields);
      assert.equal(await upload.end(), { lines: 1 });
      assert.equal(entered, ["import"]);
      assert.is(taken.length, 1);
    },
    { validate: true },
  ));

test("that nests without end is refused by a client that validates, and is no stack overflow", () =>
  serve(
    async ({ orders }) => {
      const line = { ...good.lines[0], parts: [] as unknown[] };
      line.parts.push(line);
      const error = await failureOf(orders.place({ ...good, lines: [line as never] }));
      assert.equal(
        violationsOf(error).map(({ rule }) => rule),
        ["depth"],
      );
      assert.ok(violationsOf(error)[0]?.field.startsWith("lines[0].parts[0].parts[0]"));
    },
    { validate: true },
  ));

test(
  "is refused in the worker thread that would serve it, before the handler, with the same violations",
  async () => {
    const rest = {
      note: () => {},
      watch: () => [],
      exchange: () => [],
    };
    const server = createServer({ log: () => {} })
      .handle(Orders, rest, { inWorkers: ["place", "import"] })
      .workers(new URL("../support/server/orders-worker.js", import.meta.url), {
        threads: 1,
        startTimeoutMs: 60_000,
      });
    const client = connect(await server.listen("tcp://127.0.0.1:0"));
    try {
      const orders = client.use(Orders);
      const error = await failureOf(orders.place(bad, { timeoutMs: 60_000 }));
      assert.is(error.code, "INVALID_ARGUMENT");
      assert.is(error.outcome, "not-executed");
      assert.equal(fieldsOf(error), badFields);
      assert.equal(fieldsOf(await failureOf(orders.import().send([bad]))), badFields);
      assert.equal(await orders.place(good, { timeoutMs: 60_000 }), { lines: 1 });
    } finally {
      await client.close();
      await server.shutdown({ graceMs: 100 });
    }
  },
  { timeoutMs: 60_000 },
);
