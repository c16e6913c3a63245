// node-flags: --no-disallow-code-generation-from-strings
// (ajv and protobufjs compile what they check)
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { createWorkspace } from "./workspace.ts";

const test = suite("codegen: comments");

test("become JSDoc on types, fields, stubs and handlers", async () => {
  const workspace = createWorkspace({
    "a.proto": `syntax = "proto3";
message First {}

// Detached.

// About M.
//   Indented.
message M {
  /* A block
   * of two lines. */
  string a = 1;
  string b = 2; // Behind b.
}
// buf:lint:ignore SERVICE_SUFFIX
// About S.
service S {
  // Goes.
  rpc Go(M) returns (M) {
    option deprecated = true;
  }
  rpc Quiet(M) returns (M);
}
`,
  });
  try {
    await workspace.run("--proto", "a.proto", "--out", "gen");
    const code = workspace.read("gen/a.ts");
    assert.match(code, "/**\n * About M.\n *   Indented.\n */\nexport interface M {");
    assert.match(code, "  /** Behind b. */\n  b: string;");
    assert.match(code, "/** About S. */\nexport class SClient {");
    const method = "  /**\n   * Goes.\n   *\n   * @deprecated The schema says so.\n   */\n  go(request: M";
    assert.is(code.split(method).length, 3, "once for handlers, once for the stub");
    assert.match(code, "\n\n  quiet(request: M, options?: CallOptions)");
    assert.not.match(code, "Detached");
  } finally {
    workspace.remove();
  }
});

test("cannot close their block, break their line or speak to the compiler", async () => {
  const evil = "// */ globalThis.__canary = 1; /* \u2028 next \u202e turned @ts-expect-error\n";
  const workspace = createWorkspace({
    "a.proto": `syntax = "proto3";\n${evil}message M {\n${evil}  string a = 1;\n}\n${evil}service S {\n${evil}  rpc Go(M) returns (M);\n}\n`,
  });
  try {
    await workspace.run("--proto", "a.proto", "--out", "gen");
    const code = workspace.read("gen/a.ts");
    assert.not.match(code, /[\u2028\u2029\u202e]/);
    assert.not.match(code, "@ts-");
    assert.is(code.split("\\/ globalThis.__canary = 1;").length - 1, 6);
    assert.not.match(code, /\*\/ globalThis/);
  } finally {
    workspace.remove();
  }
});
