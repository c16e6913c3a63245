// Which messages can hold themselves.
import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import * as assert from "uvu/assert";
import { recursiveTypes } from "../../codegen/src/recursion.ts";
import { suite } from "../support/suite.ts";

const test = suite("codegen: messages that can hold themselves");

interface Shape {
  readonly [name: string]: readonly string[];
}
/** Files of messages, each with the types of its fields. */
const file = (name: string, shape: Shape, entries: Shape = {}): FileDescriptorProto => {
  const message = ([own, uses]: [string, readonly string[]]): object => ({
    name: own,
    field: uses.map((use) => ({ typeName: use === "" ? "" : `.${use}` })),
    nestedType: Object.entries(own in shape ? entries : {}).map(message),
  });
  return { package: name, messageType: Object.entries(shape).map(message) } as unknown as FileDescriptorProto;
};

const found = (...files: readonly FileDescriptorProto[]) => [...recursiveTypes(files)].sort();

test("are those on a cycle, at once, over others, over files, and through maps", () => {
  assert.equal(found(file("a", { Tree: ["a.Tree", ""], Leaf: [""], Root: ["a.Tree", "a.Leaf"] })), [
    "a.Tree",
  ]);
  assert.equal(
    found(file("a", { One: ["b.Two"], User: ["a.One"] }), file("b", { Two: ["a.One", "b.End"], End: [] })),
    ["a.One", "b.Two"],
  );
  assert.equal(found(file("a", { Map: ["a.Map.Entry"] }, { Entry: ["a.Map"] })), ["a.Map", "a.Map.Entry"]);
  assert.equal(found(file("", { Bare: ["Bare"] })), ["Bare"]);
});

test("are none where nothing comes back, and of what a run does not know nothing is said", () => {
  assert.equal(found(file("a", { A: ["a.B", "a.C"], B: ["a.D"], C: ["a.D"], D: ["unknown.E"] })), []);
});

test("are found at the end of a chain of 50,000", () => {
  const chain = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`M${n}`, [`a.M${n + 1}`]]));
  assert.equal(found(file("a", { ...chain, M50000: ["a.M50000"] })), ["a.M50000"]);
});
