// node-flags: --no-disallow-code-generation-from-strings
// (ajv and protobufjs compile what they check)
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { tightenDecoders } from "../../codegen/src/tighten.ts";
import { WireError } from "../../packages/wire/src/index.ts";
import { KitchenSink } from "../gen/kitchen_sink.ts";
import { suite } from "../support/suite.ts";

const test = suite("codegen: decoders on Vertex's reader");
const generated = readFileSync(new URL("../gen/kitchen_sink.ts", import.meta.url), "utf8");
const decoders = generated.match(/^ {2}decode\([\s\S]*?^ {2}\},$/gm) ?? [];

test("every one of them enters and leaves, and reads tags and lengths as such", () => {
  assert.ok(decoders.length > 10);
  for (const text of decoders) {
    assert.match(text, "const outer = reader.enter(length);");
    assert.match(text, "reader.leave(outer);");
    assert.match(text, "const tag = reader.nextTag();");
    assert.match(text, "reader.skip(tag & 7, tag >>> 3);");
    assert.not.match(
      text,
      /DecodeDepth|^ +try \{|\(tag & 7\) === 4|decode\(reader, reader\.uint32|uint32\(\) \+ reader\.pos/,
    );
    assert.not.match(text, /while \(reader\.pos < end\d/);
  }
});

test("a file shares one empty byte string, and only in new messages", () => {
  assert.match(generated, "const $noBytes: Uint8Array = new Uint8Array(0);");
  assert.not.match(
    generated.match(/^function createBase[\s\S]*?^\}/gm)?.join("\n") ?? "",
    "new Uint8Array(0)",
  );
});

test("what ts-proto writes in another way one day is refused, not passed over", () => {
  const head = "    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;";
  assert.throws(() => tightenDecoders(`${head}\n    somethingNew();\n`), /another way/);
});

const refused: readonly (readonly [what: string, bytes: readonly number[], code: string])[] = [
  ["field number 0", [0x00], "field-number"],
  ["a group's end that nobody opened", [0x0c], "group"],
  ["a tag of six bytes", [0x88, 0x80, 0x80, 0x80, 0x80, 0x00], "varint"],
];

for (const [what, bytes, code] of refused) {
  test(`${what} is refused by name`, () => {
    try {
      KitchenSink.decode(Uint8Array.from(bytes));
    } catch (error) {
      assert.instance(error, WireError);
      assert.is((error as WireError).code, code);
      return;
    }
    assert.unreachable(`${what} was accepted`);
  });
}
