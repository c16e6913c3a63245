// Failures with messages of the schema as details, and streams without a deadline.

import { connect, detailOf } from "@vertex/client";
import { createServer, detail, VertexError } from "@vertex/server";
import * as assert from "uvu/assert";
import { Shop } from "../gen/shop.ts";
import { suite } from "../support/suite.ts";

const test = suite("a typed detail");

async function failureOf(thrown: unknown): Promise<unknown> {
  const server = createServer({ log: () => {} }).handle(Shop, {
    buy: () => {
      throw thrown;
    },
    watchStock: () => [],
  });
  await using client = connect(await server.listen("tcp://127.0.0.1:0"));
  const error = await client
    .use(Shop)
    .buy({ article: "tea", count: 3 })
    .catch((failed: unknown) => failed);
  await server.shutdown({ graceMs: 100 });
  return error;
}

test("is found by its type, and by no other", async () => {
  const details = [detail(Shop.errors.soldOut, { left: 2 })];
  const error = await failureOf(new VertexError("FAILED_PRECONDITION", "not so many", { details }));
  assert.is((error as VertexError).code, "FAILED_PRECONDITION");
  assert.equal(detailOf(error, Shop.errors.soldOut), { left: 2 });
  assert.is(detailOf(error, Shop.errors.limitReached), undefined);
});

test("is absent from what carries none", async () => {
  assert.is(detailOf(await failureOf(new Error("secret")), Shop.errors.soldOut), undefined);
  assert.is(detailOf(new Error("no error of a call"), Shop.errors.soldOut), undefined);
  assert.is(detailOf(undefined, Shop.errors.soldOut), undefined);
});

test("an endless method has no deadline unless its call names one", async () => {
  const seen: number[] = [];
  const server = createServer().handle(Shop, {
    buy: () => ({ left: 0 }),
    watchStock: (_, call) => {
      seen.push(call.remainingMs);
      return [];
    },
  });
  await using client = connect(await server.listen("tcp://127.0.0.1:0"));
  const shop = client.use(Shop);
  for await (const _ of shop.watchStock({ article: "tea" })) assert.unreachable();
  for await (const _ of shop.watchStock({ article: "tea" }, { timeoutMs: 5_000 })) assert.unreachable();
  assert.is(seen[0], Number.POSITIVE_INFINITY);
  assert.ok((seen[1] ?? 0) <= 5_000);
  await server.shutdown({ graceMs: 100 });
});
