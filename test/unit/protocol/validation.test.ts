import { VertexError, type Violation, violationsOf } from "@vertex/protocol";
import * as assert from "uvu/assert";
import { encodeFailure } from "../../../packages/protocol/src/failure.ts";
import { invalidRequest } from "../../../packages/protocol/src/validation.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the refusal of an invalid request");

const violation: Violation = {
  field: "a.b",
  rule: "int32.gt",
  message: "must be greater than 5",
  forKey: false,
};

test("says that nothing ran, what is wrong, and carries the violations", () => {
  const error = invalidRequest([violation, { ...violation, field: "" }]);
  assert.is(error.code, "INVALID_ARGUMENT");
  assert.is(error.outcome, "not-executed");
  assert.is(
    error.message,
    "the request breaks rules of its schema: a.b: must be greater than 5 (int32.gt), and 1 more",
  );
  assert.equal(violationsOf(error), [violation, { ...violation, field: "" }]);
});

test("names the message where the rule is about the whole", () => {
  const error = invalidRequest([
    { field: "", rule: "message.oneof", message: "one of a, b must be set", forKey: false },
  ]);
  assert.is(
    error.message,
    "the request breaks rules of its schema: the message: one of a, b must be set (message.oneof)",
  );
});

test("fits into the room for details, whatever the rules say", () => {
  const long = { ...violation, field: "f".repeat(513), message: "ü".repeat(10_000) };
  const error = invalidRequest(Array.from({ length: 16 }, () => long));
  const carried = violationsOf(error);
  assert.ok(carried.length >= 1 && carried.length < 16);
  assert.ok((error.details[0]?.value.length ?? 0) <= 12_288);
  assert.ok(encodeFailure(error).length < 65_536);
});

test("other errors have no violations", () => {
  assert.equal(violationsOf(new VertexError("NOT_FOUND", "no")), []);
  assert.equal(violationsOf(new Error("no")), []);
  assert.equal(violationsOf(undefined), []);
});
