import * as assert from "uvu/assert";
import { Router } from "../../../packages/protocol/src/router.ts";
import type { AnyMethod, Service } from "../../../packages/protocol/src/service.ts";
import { VertexError } from "../../../packages/protocol/src/vertex-error.ts";
import { echo, labService, plainHandlers } from "../../support/protocol/lab-service.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a router");
const isUsage = (words: RegExp) => (error: unknown) =>
  error instanceof VertexError && error.family === "usage" && words.test(error.message);

function service(name: string, methods: Record<string, number>): Service<null, object> {
  const made = Object.entries(methods).map(([local, id]) => [
    local,
    { ...echo, id, path: `${name}/${local}` },
  ]);
  return {
    name,
    fingerprint: 1,
    methods: Object.fromEntries(made) as { [name: string]: AnyMethod },
    createClient: () => null,
  };
}

test("finds a handler by the id of its method, with the object it stands in as this", () => {
  const router = new Router();
  class Handlers {
    readonly #greeting = "hello";
    greet(): string {
      return this.#greeting;
    }
  }
  router.add(service("a.A", { greet: 5 }), new Handlers());
  assert.is(router.find(5)?.invoke(undefined, {} as never), "hello");
  assert.is(router.find(6), undefined);
  assert.equal(router.services, [{ name: "a.A", fingerprint: 1 }]);
});

test("wants a handler for every method, and serves nothing of a service that lacks one", () => {
  const router = new Router();
  const { echo: _without, ...others } = plainHandlers();
  assert.throws(() => router.add(labService, others as never), isUsage(/needs a handler for echo/));
  assert.equal(router.services, []);
  assert.is(router.find(echo.id), undefined);
});

test("does not take what every object inherits for a handler", () => {
  for (const name of ["toString", "valueOf", "hasOwnProperty", "constructor"]) {
    assert.throws(
      () => new Router().add(service("a.A", { [name]: 1 }), {}),
      isUsage(/needs a handler/),
      name,
    );
    new Router().add(service("a.A", { [name]: 1 }), { [name]: () => 1 });
  }
});

test("refuses two methods with one id, of two services or of one", () => {
  const handlers = { one: () => 1, two: () => 2 };
  const router = new Router();
  router.add(service("a.A", { one: 7 }), handlers);
  assert.throws(
    () => router.add(service("b.B", { two: 7 }), handlers),
    isUsage(/a\.A\/one and b\.B\/two|b\.B\/two and a\.A\/one/),
  );
  assert.throws(() => router.add(service("c.C", { one: 8, two: 8 }), handlers), isUsage(/same method id/));
  assert.is(router.find(8), undefined);
});

test("serves a service once", () => {
  const router = new Router();
  router.add(labService, plainHandlers());
  assert.throws(() => router.add(labService, plainHandlers()), isUsage(/served already/));
});
