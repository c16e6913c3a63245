import * as assert from "uvu/assert";
import { handlersIn, workerHandlers } from "../../../../packages/server/src/workers/worker-handlers.ts";
import { Greeter } from "../../../gen/greeter.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("the handlers of a worker module");

test("are found among its exports, under any name, each once", () => {
  const made = workerHandlers(Greeter, { hello: ({ name }) => ({ text: name }) });
  const found = handlersIn({ default: made, greeter: made, other: 5, nothing: null, service: Greeter });
  assert.equal(
    [found.length, found[0]?.service.name, found[0]?.interceptors],
    [1, "vertex.test.v1.Greeter", []],
  );
});

test("look the same to a second copy of this module", () => {
  const made = workerHandlers(Greeter, {});
  assert.ok(Object.getOwnPropertySymbols(made).includes(Symbol.for("vertex.workerHandlers")));
});
