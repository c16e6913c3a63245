import * as assert from "uvu/assert";
import {
  decodeFailure,
  encodeFailure,
  MAX_DETAIL_BYTES,
  MAX_ERROR_TEXT,
  publicError,
} from "../../../packages/protocol/src/failure.ts";
import type { Status } from "../../../packages/protocol/src/status.ts";
import { StatusNumber } from "../../../packages/protocol/src/status.ts";
import {
  located,
  type Outcome,
  usageError,
  VertexError,
  type VertexErrorInit,
} from "../../../packages/protocol/src/vertex-error.ts";
import { BinaryReader } from "../../../packages/wire/src/index.ts";
import { failurePayload } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const wire = suite("a failure on the wire");
const shown = suite("what a caller is shown of an error");

const decode = (bytes: Uint8Array) => decodeFailure(new BinaryReader(bytes), "lab.Lab/Echo", "peer:1");

wire("comes back with its code, outcome and everything else", () => {
  for (const code of Object.keys(StatusNumber) as Status[]) {
    for (const outcome of ["executed", "not-executed", "unknown"] as Outcome[]) {
      const details = [{ type: "lab.Why", value: new Uint8Array([1, 2]) }];
      const trailers = new Map([["rows", "3"]]);
      const error = decode(
        encodeFailure(new VertexError(code, "why", { outcome, retryAfterMs: 12.5, details, trailers })),
      );
      assert.equal(
        [error.code, error.message, error.outcome, error.retryAfterMs],
        [code, "why", outcome, 13],
      );
      assert.equal([error.family, error.method, error.peer], ["status", "lab.Lab/Echo", "peer:1"]);
      assert.equal(
        error.details.map(({ type, value }) => [type, ...value]),
        [["lab.Why", 1, 2]],
      );
      assert.equal([...error.trailers], [["rows", "3"]]);
    }
  }
});

wire("with a code or an outcome from the future reads as unknown", () => {
  assert.is(decode(failurePayload({ code: 99 })).code, "UNKNOWN");
  assert.is(decode(failurePayload({ code: 5 })).outcome, "unknown");
  assert.is(decode(failurePayload({ code: 5, outcome: 7 as never })).outcome, "unknown");
  assert.is(decode(failurePayload({ code: 5 })).retryAfterMs, undefined);
});

wire("is bounded: text, details, and the whole", () => {
  const details = Array.from({ length: 5_000 }, (_, n) => ({
    type: "t".repeat(n % 50),
    value: new Uint8Array(n % 7),
  }));
  const long = new VertexError("INTERNAL", "ż".repeat(5_000), {
    details,
    trailers: new Map([["k", "v".repeat(8_000)]]),
  });
  const bytes = encodeFailure(long);
  assert.ok(bytes.length <= 65_536, `${bytes.length} bytes`);
  assert.is(decode(bytes).message.length, MAX_ERROR_TEXT);
  const huge = [{ type: "t", value: new Uint8Array(MAX_DETAIL_BYTES) }];
  assert.is(decode(encodeFailure(new VertexError("INTERNAL", "x", { details: huge }))).details.length, 0);
});

const careless: readonly [sentence: string, init: VertexErrorInit][] = [
  ["trailers over the limit", { trailers: new Map([["k", "v".repeat(9_000)]]) }],
  ["a trailer's key that is not allowed", { trailers: new Map([["Bad Key", "v"]]) }],
  ["a detail without bytes", { details: [{ type: "t", value: undefined as never }] }],
  ["a detail whose bytes are text", { details: [{ type: "t", value: "text" as never }] }],
  ["details that are no list", { details: 5 as never }],
  ["an outcome that does not exist", { outcome: "perhaps" as never }],
];

for (const [sentence, init] of careless) {
  wire(`says what it can when a handler gave it ${sentence}`, () => {
    const error = decode(encodeFailure(new VertexError("NOT_FOUND", "no such user", init)));
    assert.is(error.code, "NOT_FOUND");
    assert.match(error.message, /^no such user/);
  });
}

wire("takes any number for a retry-after, and any code", () => {
  const after = (retryAfterMs: number) =>
    decode(encodeFailure(new VertexError("ABORTED", "", { retryAfterMs }))).retryAfterMs;
  assert.is(after(Number.NaN), undefined);
  assert.is(after(-5), undefined);
  assert.is(after(Number.POSITIVE_INFINITY), 0xffffffff);
  assert.is(decode(encodeFailure(new VertexError("EVIL" as never, "x"))).code, "INTERNAL");
  assert.is(decode(encodeFailure(new VertexError("toString" as never, "x"))).code, "INTERNAL");
});

shown("is nothing of what a handler threw, unless it is a VertexError of its own", () => {
  const secrets = [
    new Error("password=hunter2"),
    "password=hunter2",
    { message: "password=hunter2" },
    undefined,
    null,
    5n,
  ];
  for (const secret of secrets) {
    const error = publicError(secret);
    assert.is(error.code, "INTERNAL");
    assert.not.match(JSON.stringify({ ...error, message: error.message }), /hunter2/);
    assert.is(error.cause, undefined);
  }
  const cause = new Error("password=hunter2");
  const own = new VertexError("NOT_FOUND", "no such user", { cause });
  assert.is(publicError(own), own);
  assert.not.match(Buffer.from(encodeFailure(own)).toString("latin1"), /hunter2/);
});

shown("is the code only, of a call that the handler made", () => {
  for (const family of ["link", "protocol", "status"] as const) {
    const nested = new VertexError("UNAVAILABLE", "connect 10.0.0.7 failed", {
      family,
      method: "db.Db/Get",
      outcome: "not-executed",
      retryAfterMs: 40,
    });
    const error = publicError(nested);
    assert.equal([error.code, error.retryAfterMs, error.outcome], ["UNAVAILABLE", 40, "executed"]);
    assert.not.match(error.message, /10\.0\.0\.7/);
  }
});

shown(
  "is INTERNAL when the handler called something wrongly: that is not its caller's INVALID_ARGUMENT",
  () => {
    assert.is(publicError(usageError("timeoutMs must be above 0", "db.Db/Get")).code, "INTERNAL");
    assert.is(publicError(usageError("the message cannot be encoded: secret")).code, "INTERNAL");
    assert.not.match(publicError(usageError("the message cannot be encoded: secret")).message, /secret/);
  },
);

shown("is where an error comes from, once", () => {
  const error = located(new VertexError("ABORTED", "x", { retryAfterMs: 4 }), "a.A/B", "peer:1");
  assert.equal([error.method, error.peer, error.retryAfterMs, error.code], ["a.A/B", "peer:1", 4, "ABORTED"]);
  assert.is(located(error, "c.C/D", "peer:2"), error);
});
