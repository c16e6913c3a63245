import * as assert from "uvu/assert";
import { StatusNumber, statusName } from "../../../packages/protocol/src/status.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a status");

test("has gRPC's name and number", () => {
  const grpc = [
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
  ];
  assert.equal(Object.keys(StatusNumber), grpc);
  for (const [index, name] of grpc.entries()) {
    assert.is(StatusNumber[name as keyof typeof StatusNumber], index + 1);
    assert.is(statusName(index + 1), name);
  }
});

test("with a number that gRPC does not know reads as UNKNOWN", () => {
  for (const number of [0, 17, -1, 0xffffffff, 1.5, Number.NaN]) assert.is(statusName(number), "UNKNOWN");
});
