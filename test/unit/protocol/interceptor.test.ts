import * as assert from "uvu/assert";
import type { CallContext } from "../../../packages/protocol/src/call.ts";
import {
  compose,
  composeServing,
  type InterceptedCall,
  type Interceptor,
} from "../../../packages/protocol/src/interceptor.ts";
import type { AnyMethod } from "../../../packages/protocol/src/service.ts";
import { echo } from "../../support/protocol/lab-service.ts";
import { suite } from "../../support/suite.ts";

const test = suite("interceptors");
const method = echo as unknown as AnyMethod;
const call: InterceptedCall = { method, side: "client", request: "r", options: {} };

function noting(log: string[], name: string): Interceptor {
  return (through, next) => {
    log.push(`${name} in`);
    const result = next({ ...through, request: `${through.request}${name}` });
    log.push(`${name} out`);
    return `${String(result)}${name}`;
  };
}

test("see a call in the order in which they stand, and its result in the other", () => {
  const log: string[] = [];
  const chain = compose([noting(log, "a"), noting(log, "b")], ({ request }) => `<${String(request)}>`);
  assert.is(chain(call), "<rab>ba");
  assert.equal(log, ["a in", "b in", "b out", "a out"]);
});

test("may answer by themselves, throw, or call again", () => {
  let calls = 0;
  const last = () => ++calls;
  assert.is(compose([() => "own"], last)(call), "own");
  assert.is(calls, 0);
  assert.throws(
    () =>
      compose(
        [
          () => {
            throw new Error("no");
          },
        ],
        last,
      )(call),
    /no/,
  );
  assert.is(compose([(through, next) => [next(through), next(through)].length], last)(call), 2);
  assert.is(calls, 2);
});

test("are not there for a handler when there are none", () => {
  const handler = () => "x";
  assert.is(composeServing([], method, handler), handler);
});

test("around a handler are given its method, side, request and context", () => {
  const context = {} as CallContext;
  const seen: InterceptedCall[] = [];
  const spy: Interceptor = (through, next) => {
    seen.push(through);
    return next({ ...through, request: "changed" });
  };
  const handler = composeServing([spy], method, (request, given) => [request, given]);
  assert.equal(handler("asked", context), ["changed", context]);
  assert.is(seen[0]?.side, "server");
  assert.is(seen[0]?.method, method);
  assert.is(seen[0]?.request, "asked");
  assert.is(seen[0]?.context, context);
});
