// node-flags: --no-disallow-code-generation-from-strings
// (ajv compiles rules to code here; that the code needs none of that is for conformance.test.ts and the integration tests)
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { createWorkspace, type Workspace } from "../workspace.ts";

const test = suite("codegen: what is generated from rules");

const HEAD = 'syntax = "proto3";\npackage a.v1;\nimport "buf/validate/validate.proto";\n';

async function inWorkspace(
  files: Record<string, string>,
  body: (workspace: Workspace) => Promise<void>,
): Promise<void> {
  const workspace = createWorkspace(files);
  try {
    const result = await workspace.run("--proto", "s", "--out", "gen", "--import-suffix", ".ts");
    assert.is(result.errors, "");
    await body(workspace);
  } finally {
    workspace.remove();
  }
}

type Validate = (
  message: unknown,
) => readonly { readonly field: string; readonly rule: string }[] | undefined;

async function validator(workspace: Workspace, path: string, name: string): Promise<Validate> {
  return (await workspace.import(path))[`validate${name}`] as Validate;
}

test("a schema without rules has no validators and imports none", () =>
  inWorkspace(
    { "s/a.proto": `${HEAD}message M { string a = 1; }\nservice S { rpc Go(M) returns (M); }\n` },
    async (workspace) => {
      assert.equal(workspace.list("gen"), ["a.ts"]);
      assert.not.match(workspace.read("gen/a.ts"), /rules|validate/);
    },
  ));

test("validators import the runtime and each other, nothing else, and make no code", () =>
  inWorkspace(
    {
      "s/a.proto": `${HEAD}import "b.proto";\nmessage M { string a = 1 [(buf.validate.field).string = { pattern: "^a+$", email: true, in: ["x"] }]; N n = 2; }\n`,
      "s/b.proto": `${HEAD}message N { int64 n = 1 [(buf.validate.field).int64.gt = -5]; }\n`,
    },
    async (workspace) => {
      const text = workspace.read("gen/a.rules.ts");
      const imports = [...text.matchAll(/^import .* from "([^"]+)";$/gm)].map((found) => found[1]);
      assert.equal([...new Set(imports)].sort(), ["./a.ts", "./b.rules.ts", "@vertex/protocol/rules"]);
      assert.not.match(text, /\beval\b|\bFunction\b|new RegExp|require\(|ajv\b(?!'s)/);
      const validate = await validator(workspace, "gen/a.rules.ts", "M");
      assert.equal(
        validate({ a: "aaa", n: { n: -5n } })?.map(({ field, rule }) => `${field} ${rule}`),
        ["a string.in", "a string.email", "n.n int64.gt"],
      );
    },
  ));

test(
  "what handlers are given has its required parts, through lists, maps, oneofs and files, for both compilers",
  () =>
    inWorkspace(
      {
        "s/a.proto": `${HEAD}import "d/b.proto";
message M {
  b.v1.N n = 1 [(buf.validate.field).required = true];
  repeated b.v1.N list = 2;
  map<int64, b.v1.N> map = 3;
  oneof choice { option (buf.validate.oneof).required = true; b.v1.N one = 4; string two = 5; }
  optional string nick = 6 [(buf.validate.field).required = true];
  M again = 7;
  b.v1.N loose = 8 [(buf.validate.field).ignore = IGNORE_ALWAYS];
}
service S { rpc Go(M) returns (M); rpc Up(stream M) returns (b.v1.N); }
`,
        "s/d/b.proto": `${HEAD.replace("a.v1", "b.v1")}message N { P p = 1 [(buf.validate.field).required = true]; }\nmessage P { string s = 1; }\n`,
        "gen/use.ts": `import type { M, SHandlers } from "./a.ts";
export const handlers: SHandlers = {
  go(m) {
    const texts: string[] = [m.n.p.s, m.nick, ...m.list.map((n) => n.p.s), ...[...m.map.values()].map((n) => n.p.s)];
    const key: bigint | undefined = [...m.map.keys()][0];
    const choice: string = m.choice.$case === "one" ? m.choice.value.p.s : m.choice.value;
    const again: string | undefined = m.again?.n.p.s;
    // @ts-expect-error what is not looked at keeps its type
    m.loose.p;
    const plain: M = m;
    return texts.length > 0 && key === 0n && choice === again ? m : plain;
  },
  async up(all) {
    for await (const m of all) return m.n;
    return { p: undefined };
  },
};
`,
      },
      async (workspace) => assert.is(await workspace.typeErrors("gen"), ""),
    ),
  { timeoutMs: 50_000 },
);

test(
  "text of the schema stays text, whatever it holds",
  () => {
    const nasty = "'\\\"`$" + "{1}*/</script>\\u2028\\n\\\\";
    const names = [
      "constructor",
      "toString",
      "hasOwnProperty",
      "__proto__x",
      "errors",
      "data",
      "validate0",
      "this",
    ];
    const fields = names.map(
      (name, index) => `string ${name} = ${index + 1} [(buf.validate.field).string.const = "${nasty}"];`,
    );
    const schema = `${HEAD}message M { ${fields.join("\n")} bytes b = 20 [(buf.validate.field).bytes.in = "${nasty}\\377"];
  map<string, string> m = 21 [(buf.validate.field).map.values.string.not_contains = "${nasty}"];
  repeated string p = 22 [(buf.validate.field).repeated.items.string = { pattern: "^[\\"'\`]*$" }]; }\n`;
    return inWorkspace({ "s/a.proto": schema }, async (workspace) => {
      assert.is(await workspace.typeErrors("gen"), "");
      const text = "'\"`$" + "{1}*/</script>\u2028\n\\";
      const validate = await validator(workspace, "gen/a.rules.ts", "M");
      const codec = (await workspace.import("gen/a.ts")).M as {
        create(message: object): Record<string, unknown>;
      };
      const good = codec.create({
        b: Uint8Array.from([...new TextEncoder().encode(text), 255]),
        p: ["\"'`"],
      });
      for (const name of Object.keys(good)) if (good[name] === "") good[name] = text;
      assert.is(validate(good), undefined);
      const m = new Map([[`__proto__${text}`, `x${text}`]]);
      assert.equal(
        validate({ ...good, constructor: "", m })?.map(({ field }) => field.slice(0, 16)),
        ["constructor", 'm["__proto__\'\\"`'],
      );
    });
  },
  { timeoutMs: 50_000 },
);

test("64-bit integers, floats and times keep their values to the last digit", () =>
  inWorkspace(
    {
      "s/a.proto": `${HEAD}import "google/protobuf/duration.proto";
message M {
  uint64 u = 1 [(buf.validate.field).uint64 = { gte: 18446744073709551615 }];
  int64 i = 2 [(buf.validate.field).int64 = { in: [-9223372036854775808, 9223372036854775807] }];
  float f = 3 [(buf.validate.field).float.const = 0.1];
  double d = 4 [(buf.validate.field).double = { gte: -1e-7, lt: 1e300, not_in: [1e21, inf] }];
  google.protobuf.Duration t = 5 [(buf.validate.field).duration = { gt: { seconds: -1, nanos: -1 }, lte: { nanos: 1 } }];
}
`,
    },
    async (workspace) => {
      const validate = await validator(workspace, "gen/a.rules.ts", "M");
      const good = {
        u: 2n ** 64n - 1n,
        i: -(2n ** 63n),
        f: Math.fround(0.1),
        d: 5,
        t: { seconds: -1n, nanos: 0 },
      };
      assert.is(validate(good), undefined);
      assert.is(validate({ ...good, i: 2n ** 63n - 1n, d: -1e-7, t: { seconds: 0n, nanos: 1 } }), undefined);
      const bad = { u: 2n ** 64n - 2n, i: 0n, f: 0.1, d: Number.NaN, t: { seconds: 0n, nanos: 2 } };
      assert.equal(
        validate(bad)
          ?.map(({ rule }) => rule)
          .sort(),
        ["double.gte_lt", "duration.gt_lte", "float.const", "int64.in", "uint64.gte"],
      );
      assert.equal(
        validate({ ...good, d: 1e21 })?.map(({ rule }) => rule),
        ["double.not_in"],
      );
    },
  ));

test("a message nests as deep as it can be decoded, and no deeper", () =>
  inWorkspace(
    { "s/a.proto": `${HEAD}message M { M m = 1; int32 n = 2 [(buf.validate.field).int32.gte = 0]; }\n` },
    async (workspace) => {
      const validate = await validator(workspace, "gen/a.rules.ts", "M");
      const nested = (depth: number): object => (depth === 0 ? { n: 0 } : { n: 0, m: nested(depth - 1) });
      assert.is(validate(nested(100)), undefined);
      assert.equal(
        validate(nested(101))?.map(({ rule }) => rule),
        ["depth"],
      );
      let deep: object = { n: 0 };
      for (let i = 0; i < 100_000; i++) deep = { n: 0, m: deep };
      assert.equal(
        validate(deep)?.map(({ rule }) => rule),
        ["depth"],
      );
    },
  ));

test("validators of rules that are gone go too", () =>
  inWorkspace(
    { "s/a.proto": `${HEAD}message M { string a = 1 [(buf.validate.field).string.min_len = 1]; }\n` },
    async (workspace) => {
      assert.equal(workspace.list("gen"), ["a.rules.ts", "a.ts"]);
      workspace.write({ "s/a.proto": 'syntax = "proto3";\npackage a.v1;\nmessage M { string a = 1; }\n' });
      const { out } = await workspace.run("--proto", "s", "--out", "gen", "--import-suffix", ".ts");
      assert.match(out, /1 removed/);
      assert.equal(workspace.list("gen"), ["a.ts"]);
    },
  ));
