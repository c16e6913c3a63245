import * as assert from "uvu/assert";
import {
  resolveSessionOptions,
  type SessionOptions,
  sessionOptionRules,
} from "../../../packages/protocol/src/session-options.ts";
import { VertexError } from "../../../packages/protocol/src/vertex-error.ts";
import { suite } from "../../support/suite.ts";

const test = suite("session options");
const isUsage = (error: unknown) => error instanceof VertexError && error.family === "usage";

test("are complete and frozen without being given any", () => {
  const resolved = resolveSessionOptions();
  assert.ok(Object.isFrozen(resolved));
  assert.equal(
    resolved,
    Object.fromEntries(Object.entries(sessionOptionRules).map(([name, [standard]]) => [name, standard])),
  );
});

for (const [name, [standard, min, max]] of Object.entries(sessionOptionRules)) {
  test(`${name} takes ${min} to ${max}, whole numbers only, and never means "without a limit"`, () => {
    assert.ok(min >= 1 && min <= standard && standard <= max && Number.isFinite(max));
    for (const good of [min, standard, max, undefined]) {
      const resolved = resolveSessionOptions({ [name]: good } as SessionOptions);
      assert.is(resolved[name as keyof SessionOptions], good ?? standard);
    }
    for (const bad of [
      min - 1,
      max + 1,
      min + 0.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      0,
      -1,
      String(min),
    ]) {
      assert.throws(() => resolveSessionOptions({ [name]: bad } as SessionOptions), isUsage, String(bad));
    }
  });
}

test("refuse names that do not exist, also those that every object has", () => {
  for (const name of ["maxFrameByte", "toString", "constructor"]) {
    assert.throws(() => resolveSessionOptions({ [name]: 1 } as SessionOptions), isUsage, name);
  }
  assert.throws(() => resolveSessionOptions(JSON.parse('{"__proto__":1}')), isUsage);
});
