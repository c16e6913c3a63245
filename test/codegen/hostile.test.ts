// file-timeout: 240 s
// node-flags: --no-disallow-code-generation-from-strings
// (ajv and protobufjs compile what they check)
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { runGenerated, UNHARMED } from "./canary.ts";
import { hostileNames, hostileSchema } from "./hostile-schema.ts";
import { createWorkspace } from "./workspace.ts";

const test = suite("codegen: schemas that mean harm");

/** How many schemas are made up. VERTEX_HOSTILE_SCHEMAS asks for more. */
const count = Number(process.env.VERTEX_HOSTILE_SCHEMAS ?? 40);

test(
  "yield code that compiles and does nothing but what it should",
  async () => {
    const workspace = createWorkspace();
    try {
      for (let seed = 1; seed <= count; seed++)
        workspace.write({ [`schema/n${seed}.proto`]: hostileSchema(seed) });
      const result = await workspace.run("--proto", "schema", "--out", "gen");
      assert.is(result.errors, "");
      assert.is(await workspace.typeErrors("gen"), "");
      const files = workspace.list("gen").map((file) => `gen/${file}`);
      assert.is(files.length, count);
      assert.is(runGenerated(workspace, files), UNHARMED);
    } finally {
      workspace.remove();
    }
  },
  { timeoutMs: 120_000 },
);

test("would be noticed if their code ran", () => {
  const workspace = createWorkspace({ "bad.ts": "(globalThis as any).__canary = 1;" });
  try {
    assert.is(runGenerated(workspace, ["bad.ts"]), "[1,0]");
  } finally {
    workspace.remove();
  }
});

test(
  "keep every name that TypeScript can keep",
  async () => {
    const messages = hostileNames.map((name) => `message ${name} { string ${name}_field = 1; }\n`);
    // As the value of an enum, too: each alone, because values that differ only in case are one in JSON.
    const values = hostileNames
      .filter((name) => name !== "__proto__")
      .map((name, index) => `message V${index}_ { enum E { ${name} = 0; } }\n`);
    const workspace = createWorkspace({
      "values.proto": `syntax = "proto3";\npackage values;\n${values.join("")}`,
      "names.proto": `syntax = "proto3";\npackage names;\n${messages.join("")}message Kept { ${hostileNames
        .filter((name) => name !== "__proto__" && name !== "_1")
        .map((name, index) => `names.${name} ${name}_f = ${index + 1};`)
        .join(" ")} }\n`,
    });
    try {
      const result = await workspace.run("--proto", "names.proto", "values.proto", "--out", "gen");
      assert.is(result.errors, "");
      assert.is(await workspace.typeErrors("gen"), "");
      const code = workspace.read("gen/names.ts");
      for (const kept of ["Error", "Symbol", "Service", "Record", "Caller"])
        assert.match(code, `export interface ${kept} {`);
      for (const changed of ["Map", "Promise", "Uint8Array", "DeepPartial", "class", "constructor"])
        assert.match(code, `export interface ${changed}Message {`);
    } finally {
      workspace.remove();
    }
  },
  { timeoutMs: 60_000 },
);

test("cannot make a message take what every object inherits for its own", async () => {
  const workspace = createWorkspace({
    "a.proto":
      'syntax = "proto3";\nmessage M { string constructor = 1; string to_string = 2; map<string, M> value_of = 3; string plain = 4; }\n',
  });
  try {
    await workspace.run("--proto", "a.proto", "--out", "gen");
    const { M } = (await workspace.import("gen/a.ts")) as {
      M: { [fn: string]: (value?: unknown) => unknown };
    };
    const nothing = { constructor: "", toString: "", valueOf: new Map(), plain: "" };
    for (const made of [M.create?.({}), M.fromPartial?.({}), M.fromJSON?.({})])
      assert.equal({ ...(made as object) }, nothing);
    const json = JSON.parse('{"valueOf": {"__proto__": {"plain": "x"}, "constructor": {"plain": "y"}}}');
    const read = M.fromJSON?.(json) as { valueOf: Map<string, { plain: string }> };
    assert.equal(
      [...read.valueOf].map(([key, { plain }]) => [key, plain]),
      [
        ["__proto__", "x"],
        ["constructor", "y"],
      ],
    );
    assert.is(JSON.stringify(M.toJSON?.(read)), JSON.stringify(json));
    assert.is(({} as { plain?: string }).plain, undefined);
  } finally {
    workspace.remove();
  }
});
