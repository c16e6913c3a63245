// node-flags: --no-disallow-code-generation-from-strings
// (ajv and protobufjs compile what they check)
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { createWorkspace } from "./workspace.ts";

const test = suite("codegen: what is wrong with a schema, and where");

/** Sentence, schema, and all that the command says about it. */
const cases: [sentence: string, schema: string, errors: string[]][] = [
  [
    "a forgotten semicolon",
    'syntax = "proto3";\nmessage M {\n  string a = 1\n}\n',
    ['a.proto:4:1: unexpected `}` after definition; end what stands before it with ";"'],
  ],
  [
    "a missing import",
    'syntax = "proto3";\nimport "not/there.proto";\nmessage M {}\n',
    [
      'a.proto:2:1: cannot find the import "not/there.proto"; name the directory that it is relative to with --include',
    ],
  ],
  [
    "unknown types, wherever they are used",
    'syntax = "proto3";\nmessage M { Nope a = 1; }\nservice S {\n  rpc A(M) returns (Gone);\n}\n',
    [
      "a.proto:2:13: cannot find `Nope` in this scope; declare `Nope`, or import the file that does",
      "a.proto:4:21: cannot find `Gone` in this scope; declare `Gone`, or import the file that does",
    ],
  ],
  [
    "field numbers that cannot be",
    'syntax = "proto3";\nmessage M {\n  string a = 0;\n  string b = 7;\n  string c = 7;\n}\n',
    [
      "a.proto:3:14: field number out of range; use 1 to 536870911, but not 19000 to 19999",
      "a.proto:5:14: field number `7` used more than once; give each its own number",
    ],
  ],
  [
    "an extension of a message, outside and inside of messages",
    'syntax = "proto2";\nmessage M { extensions 100 to 200; }\nextend M {\n  optional string extra = 100;\n}\nmessage N {\n  extend M { optional N n = 101; }\n}\n',
    [
      "a.proto:4:3: extending M would lose extra; declare it as a field of the message, or keep unknown fields",
      "a.proto:7:14: extending M would lose n; declare it as a field of the message, or keep unknown fields",
    ],
  ],
  [
    "a message set",
    'syntax = "proto2";\nmessage M {\n  option message_set_wire_format = true;\n  extensions 4 to max;\n}\n',
    ["a.proto:2:1: M has message_set_wire_format; remove the option, or keep unknown fields"],
  ],
  [
    "an edition",
    'edition = "2023";\nmessage M { string a = 1; }\n',
    ['a.proto:1:1: editions are not supported; start the file with syntax = "proto3"'],
  ],
  [
    "one-way methods that answer or stream",
    'syntax = "proto3";\nimport "vertex/v1/options.proto";\nimport "google/protobuf/empty.proto";\nmessage M {}\nservice S {\n  rpc A(M) returns (M) {\n    option (vertex.v1.method) = { one_way: true };\n  }\n  rpc B(stream M) returns (google.protobuf.Empty) { option (vertex.v1.method).one_way = true; }\n}\n',
    [
      "a.proto:6:3: a one_way method has no answer, but A returns M; make it return google.protobuf.Empty or remove one_way",
      "a.proto:9:3: a one_way method cannot stream; remove stream or one_way from B",
    ],
  ],
  [
    "error messages that do not exist, and deadlines for the endless",
    'syntax = "proto3";\nimport "vertex/v1/options.proto";\nmessage M {}\nservice S {\n  rpc A(M) returns (M) { option (vertex.v1.method) = { error: "N" }; }\n  rpc B(M) returns (stream M) { option (vertex.v1.method) = { endless: true timeout_ms: 5 }; }\n}\n',
    [
      "a.proto:5:3: there is no message N; write its full name, package included, and import its file",
      "a.proto:6:3: B is endless and has a timeout_ms; remove one of them",
    ],
  ],
  [
    "two methods with one id",
    'syntax = "proto3";\npackage c;\nmessage M {}\nservice S {\n  rpc M24699bced4(M) returns (M);\n  rpc M477aaa9349(M) returns (M);\n}\n',
    ["a.proto:6:3: c.S/M477aaa9349 and c.S/M24699bced4 have the same id 0x5842a5ad; rename one of them"],
  ],
  [
    "methods, fields, oneofs and types that TypeScript would take for one",
    'syntax = "proto3";\nmessage M {\n  oneof foo_bar { int32 q = 5; }\n  string fooBar = 6;\n}\nmessage Foo_Bar {}\nmessage FooBar {}\nservice S {\n  rpc get_user(M) returns (M);\n  rpc GetUser(M) returns (M);\n}\n',
    [
      "a.proto:3:3: foo_bar and fooBar are both fooBar in TypeScript; rename one of them",
      "a.proto:7:1: FooBar and Foo_Bar would both declare FooBar in TypeScript; rename one of them",
    ],
  ],
  [
    "names that no code can carry",
    'syntax = "proto3";\nmessage _ {}\nenum E { UNRECOGNIZED = 0; }\nmessage P { string a = 1 [json_name = "__proto__"]; string __ = 2; }\n',
    [
      'a.proto:2:1: "_" is no name that code can carry; use letters, digits and "_"',
      "a.proto:3:10: the enum value UNRECOGNIZED has a meaning of its own in generated code; rename it",
      'a.proto:4:13: the JSON name "__proto__" would change the object it is set on; choose another json_name',
      'a.proto:4:53: "__" is no name that code can carry; use letters, digits and "_"',
    ],
  ],
  [
    "a service whose names are all taken",
    'syntax = "proto3";\nmessage AClient {}\nmessage AServiceClient {}\nservice A {\n  rpc M(AClient) returns (AServiceClient);\n}\n',
    [
      "a.proto:4:1: the names that A would take in TypeScript belong to other parts of the file; rename the service",
    ],
  ],
  [
    "an option that Vertex does not have",
    'syntax = "proto3";\nimport "vertex/v1/options.proto";\nmessage M {}\nservice S {\n  rpc A(M) returns (M) { option (vertex.v1.method) = { timeout: 1 }; }\n}\n',
    [
      "a.proto:5:56: cannot resolve message field name for `vertex.v1.MethodRules`; use a field that `vertex.v1.MethodRules` declares",
    ],
  ],
];

for (const [sentence, schema, errors] of cases) {
  test(`names the place of ${sentence}`, async () => {
    const workspace = createWorkspace({ "a.proto": schema });
    try {
      const result = await workspace.run("--proto", "a.proto", "--out", "gen");
      assert.equal(result.errors.split("\n"), errors);
      assert.is(result.code, 1);
      assert.not.ok(workspace.has("gen"), "nothing is written");
    } finally {
      workspace.remove();
    }
  });
}

test("names files as the user knows them: from the working directory, or by their full path", async () => {
  const broken = 'syntax = "proto3";\nmessage M { Nope a = 1; }\n';
  const workspace = createWorkspace({ "deep/schema/a/b.proto": broken });
  try {
    const below = await workspace.run("--proto", "deep/schema", "--out", "gen");
    assert.match(below.errors, /^deep\/schema\/a\/b\.proto:2:13: /);
    const other = createWorkspace();
    const outside = await other.run("--proto", `${workspace.dir}/deep/schema`, "--out", "gen");
    other.remove();
    assert.ok(outside.errors.startsWith(`${workspace.dir}/deep/schema/a/b.proto:2:13: `));
  } finally {
    workspace.remove();
  }
});

test("reports a mistake in an imported file there, not in the importer", async () => {
  const workspace = createWorkspace({
    "schema/a.proto": 'syntax = "proto3";\nimport "lib/b.proto";\nmessage A { lib.B b = 1; }\n',
    "third/lib/b.proto":
      'syntax = "proto2";\npackage lib;\nmessage B {\n  optional int32 n = 1;\n  enum E { UNRECOGNIZED = 0; }\n}\n',
  });
  try {
    const result = await workspace.run("--proto", "schema", "--include", "third", "--out", "gen");
    assert.is(
      result.errors,
      "third/lib/b.proto:5:12: the enum value UNRECOGNIZED has a meaning of its own in generated code; rename it",
    );
  } finally {
    workspace.remove();
  }
});
