// node-flags: --no-disallow-code-generation-from-strings
// (ajv and protobufjs compile what they check)
import * as assert from "uvu/assert";
import { Value } from "../gen/google/protobuf/struct.ts";
import { KitchenSink, Maps, WellKnown } from "../gen/kitchen_sink.ts";
import { suite } from "../support/suite.ts";
import { createWorkspace, repository } from "./workspace.ts";

const test = suite("codegen: what is changed in ts-proto's text");

test("keeps every key of a map through JSON, whatever it is called", () => {
  const keys = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", ""];
  const maps = Maps.create({ byString: new Map(keys.map((key) => [key, `value of ${key}`])) });
  const json = JSON.stringify(Maps.toJSON(maps));
  assert.equal([...Maps.fromJSON(JSON.parse(json)).byString.keys()], keys);
  assert.equal([...Maps.decode(Maps.encode(maps).finish()).byString.keys()], keys);
});

test("keeps both keys of a map from bool through JSON", () => {
  const maps = Maps.create({
    byBool: new Map([
      [true, "yes"],
      [false, "no"],
    ]),
  });
  const read = Maps.fromJSON(JSON.parse(JSON.stringify(Maps.toJSON(maps))));
  assert.equal(
    [...read.byBool],
    [
      [true, "yes"],
      [false, "no"],
    ],
  );
});

test("makes a Struct's key __proto__ a property and not a prototype", () => {
  const struct = JSON.parse('{"__proto__": {"isAdmin": true}, "constructor": 1, "nested": {"__proto__": 2}}');
  const known = WellKnown.create({ struct, value: struct });
  const read = WellKnown.decode(WellKnown.encode(known).finish());
  for (const made of [read.struct, read.value as { [key: string]: unknown }]) {
    assert.is(made?.isAdmin, undefined);
    assert.is(Object.getPrototypeOf(made), Object.prototype);
    assert.equal(Object.keys(made ?? {}), ["__proto__", "constructor", "nested"]);
    assert.is(JSON.stringify(made), JSON.stringify(struct));
  }
  assert.is(({} as { isAdmin?: boolean }).isAdmin, undefined);
  assert.ok(Value.unwrap(Value.wrap(null)) === null);
});

test("still finds every line it changes", async () => {
  const workspace = createWorkspace({
    "a.proto": 'syntax = "proto3";\nenum E { default = 0; OK = 1; }\nmessage M { string constructor = 1; }\n',
  });
  try {
    await workspace.run("--proto", "a.proto", `${repository}/test/schema`, "--out", "gen");
    const code = workspace
      .list("gen")
      .map((file) => workspace.read(`gen/${file}`))
      .join("\n");
    const before = [
      /globalThis\.(?:atob|btoa)/,
      /^ +obj\S+ = \{\};$/m,
      /object\[key\] = message\.fields/,
      /globalThis\.Boolean\(key\)/,
      /export type default/,
    ];
    const after = [
      /\(globalThis as any\)\.atob\(/,
      /\(globalThis as any\)\.btoa\(/,
      /^ +obj\.byString = globalThis\.Object\.create\(null\);$/m,
      /globalThis\.Object\.defineProperty\(object, key, \{/,
      /acc\.set\(key === "true", /,
      /^ {4}object = globalThis\.Object\.assign\(globalThis\.Object\.create\(null\), object\);$/m,
    ];
    for (const pattern of before) assert.not.match(code, pattern);
    for (const pattern of after) assert.match(code, pattern);
    assert.match(code, /\bdefault: 0,/);
  } finally {
    workspace.remove();
  }
});

test("leaves the empty message empty", () => {
  assert.is(KitchenSink.encode(KitchenSink.create()).finish().length, 0);
});
