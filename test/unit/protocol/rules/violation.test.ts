import { explain, MAX_VIOLATIONS, subscript, tooDeep } from "@vertex/protocol/rules";
import * as assert from "uvu/assert";
import { suite } from "../../../support/suite.ts";

const test = suite("violations");

const table = {
  "#/properties/firstName/allOf/0": ["first_name", "string.min_len", "must be longer"],
  "#/properties/lines/each": ["lines"],
  "#/properties/labels/entries/keys/allOf/0": ["labels", "string.email", "must be an address", true],
  "#/allOf/0": ["", "message.oneof", "one of a, b must be set"],
} as const;

test("name the field as the schema spells it, the rule and its text", () => {
  const failed = [
    { instancePath: "/firstName", schemaPath: "#/properties/firstName/allOf/0/minLength", params: {} },
    { instancePath: "", schemaPath: "#/allOf/0/together", params: {} },
    {
      instancePath: '/labels["a"]',
      schemaPath: "#/properties/labels/entries/keys/allOf/0/format",
      params: {},
    },
  ];
  assert.equal(explain(failed, table), [
    { field: "first_name", rule: "string.min_len", message: "must be longer", forKey: false },
    { field: "", rule: "message.oneof", message: "one of a, b must be set", forKey: false },
    { field: 'labels["a"]', rule: "string.email", message: "must be an address", forKey: true },
  ]);
});

test("of a message inside stand behind the path of its field", () => {
  const inner = [
    { field: "count", rule: "uint32.gt", message: "must be greater than 0", forKey: false },
    { field: "", rule: "message.oneof", message: "one of a, b must be set", forKey: false },
  ];
  const failed = [
    { instancePath: "/lines[7]", schemaPath: "#/properties/lines/each/message", params: { inner } },
  ];
  assert.equal(
    explain(failed, table).map(({ field }) => field),
    ["lines[7].count", "lines[7]"],
  );
});

test("are bounded in number and length", () => {
  const failed = Array.from({ length: 100 }, () => ({
    instancePath: `/lines[${"9".repeat(5_000)}]`,
    schemaPath: "#/properties/lines/each/message",
    params: { inner: tooDeep() },
  }));
  const violations = explain(failed, table);
  assert.is(violations.length, MAX_VIOLATIONS);
  assert.ok(violations.every(({ field }) => field.length <= 513));
});

test("show keys of maps as they are written, long ones cut", () => {
  assert.is(subscript(5n), "[5]");
  assert.is(subscript(true), "[true]");
  assert.is(subscript('a"b'), '["a\\"b"]');
  assert.is(subscript("x".repeat(100)), `["${"x".repeat(64)}…"]`);
});
