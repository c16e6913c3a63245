// node-flags: --no-disallow-code-generation-from-strings
// (ajv compiles what it checks)
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { createWorkspace } from "../workspace.ts";

const test = suite("codegen: rules that cannot be compiled, and where they stand");

const HEAD = 'syntax = "proto3";\nimport "buf/validate/validate.proto";\n';

/** Sentence, schema behind the two lines of the head, and all that the command says about it. */
const cases: [sentence: string, schema: string, errors: string[]][] = [
  [
    "CEL, of a field, an item, a map's key and the message",
    `message M {
  option (buf.validate.message).cel = { id: "a", expression: "true" };
  int32 a = 1 [(buf.validate.field).cel = { id: "a", expression: "this > 1" }];
  repeated int32 b = 2 [
    (buf.validate.field).repeated.items.cel_expression = "this > 1"
  ];
  map<string, int32> c = 3 [(buf.validate.field).map.keys.cel = { id: "a" }];
}
`,
    [
      "a.proto:4:3: cel is not supported; use standard rules, or check it in the handler",
      "a.proto:5:16: cel is not supported; use standard rules, or check it in the handler",
      "a.proto:7:5: cel_expression is not supported; use standard rules, or check it in the handler",
      "a.proto:9:29: cel is not supported; use standard rules, or check it in the handler",
    ],
  ],
  [
    "rules that do not fit the type",
    `message M {
  string a = 1 [(buf.validate.field).int32.gt = 5];
  M b = 2 [(buf.validate.field).string.min_len = 1];
  repeated string c = 3 [(buf.validate.field).string.min_len = 1];
  map<string, int32> d = 4 [(buf.validate.field).map.values.string.min_len = 1];
  repeated M e = 5 [(buf.validate.field).repeated.unique = true];
}
`,
    [
      "a.proto:4:17: rules of int32 do not fit the type of the field; use those of string",
      "a.proto:5:12: rules of string do not fit the type of the field; it takes none",
      "a.proto:6:26: rules of string do not fit the field; use those of repeated",
      "a.proto:7:29: rules of string do not fit the type of the field; use those of int32",
      "a.proto:8:21: messages cannot be compared; remove the rule unique",
    ],
  ],
  [
    "patterns that would not run in linear time",
    `message M {
  string a = 1 [(buf.validate.field).string.pattern = "^(a)\\\\1$"];
  bytes b = 2 [(buf.validate.field).bytes.pattern = "\\\\bword"];
  repeated string c = 3 [(buf.validate.field).repeated.items.string.pattern = "^(?:a{1000}){1000}$"];
}
`,
    [
      'a.proto:4:17: the pattern "^(a)\\\\1$" cannot be compiled to one step a character: it refers back to a group; change it',
      'a.proto:5:16: the pattern "\\\\bword" cannot be compiled to one step a character: the word boundary \\b is not supported; change it',
      'a.proto:6:26: the pattern "^(?:a{1000}){1000}$" cannot be compiled to one step a character: it is too large; shorten its repetitions; change it',
    ],
  ],
  [
    "oneof rules about fields that are not there",
    `message M {
  option (buf.validate.message).oneof = { fields: ["a", "b"] };
  option (buf.validate.message).oneof = { fields: ["a", "a"] };
  option (buf.validate.message).oneof = {};
  string a = 1;
}
`,
    [
      'a.proto:4:3: a oneof rule names "b", which is no field; correct it',
      "a.proto:4:3: a oneof rule names a field twice; correct it",
      "a.proto:4:3: a oneof rule names no fields; name them",
    ],
  ],
];

async function refusal(files: Record<string, string>, ...more: string[]): Promise<string[]> {
  const workspace = createWorkspace(files);
  try {
    const { code, errors } = await workspace.run("--proto", "a.proto", "--out", "gen", ...more);
    assert.is(code, 1);
    assert.not.ok(workspace.has("gen"), "nothing is written");
    return errors.split("\n");
  } finally {
    workspace.remove();
  }
}

for (const [sentence, schema, errors] of cases) {
  test(`${sentence}`, async () => assert.equal(await refusal({ "a.proto": HEAD + schema }), errors));
}

test("a predefined rule, by the name of its extension", async () => {
  const rules = `syntax = "proto2";
package my.rules;
import "buf/validate/validate.proto";
extend buf.validate.Int32Rules {
  optional bool even = 1001 [(buf.validate.predefined).cel = { id: "even", expression: "this % 2 == 0" }];
}
`;
  const used = `syntax = "proto3";
import "my/rules.proto";
import "buf/validate/validate.proto";
message M {
  int32 a = 1 [(buf.validate.field).int32.(my.rules.even) = true];
}
`;
  assert.equal(await refusal({ "a.proto": used, "inc/my/rules.proto": rules }, "--include", "inc"), [
    "a.proto:5:16: the predefined rule (my.rules.even) is not supported; use standard rules, or check it in the handler",
  ]);
});

test("a rule that a later validate.proto brings, by its number", async () => {
  const later = `syntax = "proto2";
package buf.validate;
import "google/protobuf/descriptor.proto";
extend google.protobuf.FieldOptions { optional FieldRules field = 1159; }
message FieldRules { optional StringRules string = 14; }
message StringRules { optional uint64 min_len = 2; optional bool prime_len = 99; }
`;
  const used = `${HEAD}message M { string a = 1 [(buf.validate.field).string.prime_len = true]; }\n`;
  assert.equal(
    await refusal({ "a.proto": used, "inc/buf/validate/validate.proto": later }, "--include", "inc"),
    ["a.proto:3:27: rule 99 of buf.validate.StringRules is not known; it may be newer than this generator"],
  );
});

test("a schema whose name its rules need", async () => {
  const rules = `${HEAD}message M { string a = 1 [(buf.validate.field).required = true]; }\n`;
  const workspace = createWorkspace({
    "s/a.proto": rules,
    "s/a.rules.proto": 'syntax = "proto3";\nmessage N {}\n',
  });
  try {
    const { errors } = await workspace.run("--proto", "s", "--out", "gen");
    assert.is(errors, "s/a.proto:1:1: its rules and a.rules.proto would be one file; rename one of them");
  } finally {
    workspace.remove();
  }
});
