// node-flags: --no-disallow-code-generation-from-strings
// (ajv and protobufjs compile what they check)
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { createWorkspace } from "./workspace.ts";

const test = suite("codegen: the fingerprint of a service");

const schema = `syntax = "proto3";
package f;
enum Kind { KIND_NONE = 0; }
message Inner { bool flag = 1; }
message Request { string a = 1; Inner inner = 2; map<string, Kind> kinds = 3; oneof one { int32 x = 4; Inner y = 5; } optional int32 z = 6; }
message Reply { repeated Request requests = 1; }
message Unused { string a = 1; }
service S { rpc A(Request) returns (Reply); rpc B(Request) returns (stream Reply); }
`;

async function fingerprintOf(text: string): Promise<string> {
  const workspace = createWorkspace({ "f.proto": text });
  try {
    assert.is((await workspace.run("--proto", "f.proto", "--out", "gen")).errors, "");
    return /fingerprint: (0x[0-9a-f]{8}),/.exec(workspace.read("gen/f.ts"))?.[1] ?? "none";
  } finally {
    workspace.remove();
  }
}

test("is what docs/CODEGEN.md computes by hand", async () => {
  const text = [
    "method f.S/A unary f.Request f.Reply",
    "method f.S/B server_stream f.Request f.Reply",
    "message f.Inner 1=bool",
    "message f.Reply 1=repeated message f.Request",
    "message f.Request 1=string 2=message f.Inner 3=map<string,enum f.Kind> 4=oneof 0 int32 5=oneof 0 message f.Inner 6=int32",
  ];
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${text.join("\n")}\n`)) hash = Math.imul(hash ^ byte, 0x01000193);
  assert.is(await fingerprintOf(schema), `0x${(hash >>> 0).toString(16).padStart(8, "0")}`);
});

test("stays when names of fields, comments, order or unrelated types change", async () => {
  const same = [
    schema.replace("string a = 1; Inner", "string renamed = 1; Inner"),
    schema.replace("message Inner", "// About.\nmessage Inner"),
    schema.replace(/(rpc A.*?;) (rpc B.*?;)/, "$2 $1"),
    schema.replace("message Unused { string a = 1; }", ""),
    schema.replace("KIND_NONE = 0;", "KIND_NONE = 0; KIND_ONE = 1;"),
  ];
  const original = await fingerprintOf(schema);
  for (const text of same) {
    assert.is.not(text, schema);
    assert.is(await fingerprintOf(text), original, text);
  }
});

test("changes when bytes would mean something else", async () => {
  const different = [
    schema.replace("bool flag = 1", "bool flag = 2"),
    schema.replace("bool flag = 1", "int32 flag = 1"),
    schema.replace("repeated Request", "Request"),
    schema.replace("returns (stream Reply)", "returns (Reply)"),
    schema.replace("map<string, Kind>", "map<string, int32>"),
    schema.replace("rpc A(", "rpc C("),
    schema.replace("int32 x = 4; ", ""),
  ];
  const seen = new Set([await fingerprintOf(schema)]);
  for (const text of different) seen.add(await fingerprintOf(text));
  assert.is(seen.size, different.length + 1);
});
