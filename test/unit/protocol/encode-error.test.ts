import * as assert from "uvu/assert";
import { encodeError } from "../../../packages/protocol/src/encode-error.ts";
import type { Codec } from "../../../packages/protocol/src/service.ts";
import { Customer, Line, Order } from "../../gen/orders.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a message that cannot be encoded");

/** What is said of `message`, which has to be refused. */
function said<T>(codec: Codec<T>, message: unknown): string {
  let cause: unknown;
  try {
    codec.encode(message as T);
  } catch (error) {
    cause = error;
  }
  assert.ok(cause, "it was encoded");
  const { code, outcome, family, message: text } = encodeError(cause, codec, message as T);
  assert.equal([code, outcome, family], ["INVALID_ARGUMENT", "not-executed", "usage"]);
  return text.replace("the message cannot be encoded: ", "");
}

test("says which field it is, and what stands there", () => {
  const { id: _, ...rest } = Order.create();
  assert.is(said(Order, rest), "id: not a value of a string field: undefined");
  assert.is(said(Order, Order.create({ id: 7 as never })), "id: not a value of a string field: number 7");
});

test("says it of fields of fields, of lists and of oneofs, frozen or not", () => {
  const line = Line.create({ article: "a", count: 1 });
  const broken = { ...line, parts: [line, { ...line, count: 1.5 }] };
  const deep = Object.freeze({ ...Order.create(), lines: Object.freeze([line, Object.freeze(broken)]) });
  assert.is(said(Order, deep), "lines[1].parts[1].count: not a value of a uint32 field: number 1.5");
  const paid = { ...Order.create(), payment: { $case: "invoice", value: { dueInDays: {} } } };
  assert.match(said(Order, paid), "payment.value.dueInDays: not a value of");
  assert.match(said(Order, { ...Order.create(), labels: new Map([["a", 1]]) }), "labels: not a value of");
  assert.match(
    said(Customer, { ...Customer.create(), token: [1] }),
    "token: not a value of a bytes field: Array",
  );
});

test("that is none at all is named by the reason alone", () => {
  assert.match(said(Order, undefined), /^Cannot read properties of undefined/);
});

test("that holds itself is refused without a path that never ends", () => {
  const line = Line.create();
  line.parts.push(line);
  assert.ok(said(Line, line).length < 300);
});
