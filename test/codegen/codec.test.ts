// node-flags: --no-disallow-code-generation-from-strings
// (ajv and protobufjs compile what they check)
// What codecs do beyond reading and writing fields: merging, presence, groups, and what a schema does not know. The
// official conformance suite asks for the same and more (test/conformance).
import { BinaryReader } from "@vertex/protocol/gen";
import * as assert from "uvu/assert";
import { Choice, KitchenSink, Maps, Optionals, Scalars, WellKnown } from "../gen/kitchen_sink.ts";
import { Legacy, LegacyDefaults } from "../gen/kitchen_sink_legacy.ts";
import { suite } from "../support/suite.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";

const test = suite("codegen: codecs");

interface Codec {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): { [property: string]: unknown };
}

/** Both messages behind each other, read as one: what the specification says merging is. */
function merged<T>(
  codec: { encode(message: T): { finish(): Uint8Array }; decode(bytes: Uint8Array): T },
  ...parts: T[]
): T {
  return codec.decode(Buffer.concat(parts.map((part) => codec.encode(part).finish())));
}

async function withCodecs(
  schema: string,
  more: readonly string[],
  use: (codec: (name: string) => Codec, workspace: Workspace) => void,
): Promise<void> {
  const workspace = createWorkspace({ "a.proto": schema });
  try {
    const result = await workspace.run(
      "--proto",
      "a.proto",
      "--out",
      "gen",
      "--import-suffix",
      ".ts",
      ...more,
    );
    assert.is(result.errors, "");
    const module = await workspace.import("gen/a.ts");
    use((name) => module[name] as Codec, workspace);
  } finally {
    workspace.remove();
  }
}

test("sub-messages that come twice are merged, also in oneofs, and others replace each other", () => {
  const scalars = (fields: Partial<Scalars>) => Scalars.create(fields);
  const sink = merged(
    KitchenSink,
    KitchenSink.create({ scalars: scalars({ aString: "first", aBool: true }) }),
    KitchenSink.create({ scalars: scalars({ aString: "second", anInt32: 5 }) }),
  );
  assert.equal(sink.scalars, scalars({ aString: "second", aBool: true, anInt32: 5 }));
  const choice = (value: Partial<Scalars>) =>
    Choice.create({ choice: { $case: "scalars", value: scalars(value) } });
  const both = merged(Choice, choice({ aBool: true }), choice({ anInt32: 7 }));
  assert.equal(both.choice, { $case: "scalars", value: scalars({ aBool: true, anInt32: 7 }) });
  const other = merged(
    Choice,
    choice({ aBool: true }),
    Choice.create({ choice: { $case: "number", value: 1 } }),
  );
  assert.equal(other.choice, { $case: "number", value: 1 });
});

test("what ts-proto shows as plain values is merged as the messages that they are", () => {
  const known = (fields: Partial<WellKnown>) => WellKnown.create(fields);
  const both = merged(
    WellKnown,
    known({ struct: { a: 1 }, mask: ["x"], list: [1], value: { b: 1 }, maybeString: "kept" }),
    known({ struct: { b: 2 }, mask: ["y"], list: [2], value: { c: 2 } }),
  );
  assert.equal(both.struct, { a: 1, b: 2 });
  assert.equal(both.mask, ["x", "y"]);
  assert.equal(both.list, [1, 2]);
  assert.equal(both.value, { b: 1, c: 2 });
  // An empty StringValue has no value to put in the place of the first.
  const bytes = Buffer.concat([
    WellKnown.encode(known({ maybeString: "kept" })).finish(),
    Uint8Array.of(0x4a, 0),
  ]);
  assert.is(WellKnown.decode(bytes).maybeString, "kept");
});

test("an entry of a map without a value has the default value, a message too", () => {
  const maps = Maps.decode(Uint8Array.of(0x92, 0x01, 3, 0x0a, 1, 0x61, 0x62, 3, 0x0a, 1, 0x62));
  assert.equal(maps.toMessage, new Map([["a", Scalars.create()]]));
  assert.equal(maps.byString, new Map([["b", ""]]));
  const known = WellKnown.decode(Uint8Array.of(0x6a, 3, 0x0a, 1, 0x61));
  assert.equal([...known.values], [["a", undefined]]);
  assert.equal(WellKnown.encode(known).finish(), Uint8Array.of(0x6a, 3, 0x0a, 1, 0x61));
});

test("-0 is a value of its own", () => {
  const bytes = Scalars.encode(Scalars.create({ aDouble: -0, aFloat: -0 })).finish();
  const { aDouble, aFloat } = Scalars.decode(bytes);
  assert.ok(Object.is(aDouble, -0) && Object.is(aFloat, -0));
  assert.is(Scalars.encode(Scalars.create({ aDouble: 0, aFloat: 0 })).finish().length, 0);
});

test("a field with presence is kept when it holds the default, in proto3 and in proto2", () => {
  const optionals = Optionals.create({ aDouble: 0, aString: "", aBool: false, anInt64: 0n });
  assert.equal(Optionals.decode(Optionals.encode(optionals).finish()), optionals);
  const legacy = Legacy.create({ name: "", count: 42, flag: true, big: -9007199254740993n });
  assert.equal(Legacy.decode(Legacy.encode(legacy).finish()), legacy);
  const absent = Legacy.decode(Legacy.encode(Legacy.create({ name: "x" })).finish());
  assert.equal(absent, Legacy.create({ name: "x" }));
  assert.is(absent.count, undefined);
});

test("the defaults of proto2 stand beside the message", () => {
  assert.is(LegacyDefaults.count, 42);
  assert.is(LegacyDefaults.text, `a "quoted" default\n\`$${"{1}"}\` \\ */`);
  assert.is(LegacyDefaults.unbounded, Number.POSITIVE_INFINITY);
  assert.is(LegacyDefaults.old, 5);
  assert.is(LegacyDefaults.big, -9007199254740993n);
  assert.ok(Number.isNaN(LegacyDefaults.odd));
  return withCodecs(
    'syntax = "proto2";\nmessage M { optional bytes b = 1 [default = "a\\"\\\\\\n\\377\\0"]; optional string s = 2 [default = "\\u202e\u202eé"]; }\nmessage MDefaults {}\n',
    [],
    (_, workspace) => {
      const code = workspace.read("gen/a.ts");
      assert.match(code, "b: new Uint8Array([97, 34, 92, 10, 255, 0]),");
      assert.match(code, 's: "\\u202e\\u202e\\u00e9",');
      assert.match(code, "export const MDefaults_: {");
    },
  );
});

const group = `syntax = "proto2";
message M {
  optional group Data = 1 { optional int32 n = 2; optional group Deep = 3 { optional M m = 4; } }
  repeated group More = 5 { optional string text = 1; }
  oneof either { group This = 6 { optional bool yes = 1; } int32 that = 7; }
}
`;

test("groups are read and written, merged, and end under their own number", () =>
  withCodecs(group, [], (codec, workspace) => {
    const M = codec("M");
    const message = {
      data: { n: 5, deep: { m: { data: undefined, more: [], either: undefined } } },
      more: [{ text: "a" }, { text: undefined }],
      either: { $case: "this", value: { yes: true } },
    };
    const bytes = M.encode(message).finish();
    assert.equal(
      bytes,
      Uint8Array.of(
        0x0b,
        0x10,
        5,
        0x1b,
        0x22,
        0,
        0x1c,
        0x0c,
        0x2b,
        0x0a,
        1,
        0x61,
        0x2c,
        0x2b,
        0x2c,
        0x33,
        8,
        1,
        0x34,
      ),
    );
    assert.equal(M.decode(bytes), message);
    const twice = M.decode(Uint8Array.of(0x0b, 0x10, 5, 0x0c, 0x0b, 0x1b, 0x1c, 0x0c));
    assert.equal(twice.data, { n: 5, deep: { m: undefined } });
    assert.throws(() => M.decode(Uint8Array.of(0x0b, 0x10, 5)), /without an end/);
    assert.throws(() => M.decode(Uint8Array.of(0x0b, 0x2c)), /never started/);
    assert.throws(() => codec("M_Data").decode(Uint8Array.of(0x0c)), /never started/);
    assert.equal(codec("M_Data").decode(Uint8Array.of(0x10, 5)), { n: 5, deep: undefined });
    const nested = new Array<number>(120).fill(0).flatMap((_, i) => (i % 2 === 0 ? [0x0b] : [0x1b]));
    assert.throws(() => M.decode(Uint8Array.from(nested)), /in each other/);
    assert.match(workspace.read("gen/a.ts"), "reader.enterGroup(length)");
  }));

const known =
  'syntax = "proto2";\nmessage M {\n  optional int32 a = 1;\n  optional M m = 2;\n  map<int32, M> by = 3;\n';

test("fields that the schema does not know are dropped, or kept as they came where that is asked for", async () => {
  const strange = [0x20, 7, 0x2b, 0x2c, 0x35, 1, 2, 3, 4];
  const inside = [0x12, 4, 0x08, 1, 0x20, 9];
  const bytes = Uint8Array.from([...strange.slice(0, 2), 0x08, 5, ...inside, ...strange.slice(2)]);
  await withCodecs(`${known}}\n`, [], (codec) => {
    assert.equal(
      codec("M").encode(codec("M").decode(bytes)).finish(),
      Uint8Array.of(0x08, 5, 0x12, 2, 0x08, 1),
    );
  });
  await withCodecs(`${known}}\n`, ["--unknown-fields", "keep"], (codec) => {
    const message = codec("M").decode(bytes);
    assert.equal(message.$unknown, Uint8Array.from(strange));
    assert.equal((message.m as { $unknown: unknown }).$unknown, Uint8Array.of(0x20, 9));
    assert.equal(codec("M").encode(message).finish(), Uint8Array.from([0x08, 5, ...inside, ...strange]));
    const twice = codec("M").decode(Buffer.concat([bytes, bytes]));
    assert.equal(twice.$unknown, Uint8Array.from([...strange, ...strange]));
    assert.equal((twice.m as { $unknown: unknown }).$unknown, Uint8Array.of(0x20, 9, 0x20, 9));
  });
});

test("extensions and message sets need unknown fields to be kept, and are kept with them", async () => {
  const schema = `${known}  extensions 100 to 200;\n  message Set { option message_set_wire_format = true; extensions 4 to max; }\n  optional Set set = 4;\n}\nextend M { optional string more = 100; }\n`;
  await withCodecs(schema, ["--unknown-fields", "keep"], (codec) => {
    const bytes = Uint8Array.of(0x08, 1, 0x22, 6, 0x0b, 0x10, 9, 0x1a, 0, 0x0c, 0xa2, 0x06, 1, 0x61);
    assert.equal(codec("M").encode(codec("M").decode(bytes)).finish(), bytes);
  });
});

test("messages with many lists and maps weigh more", () =>
  withCodecs(
    `syntax = "proto3";\nmessage Small { int32 a = 1; }\nmessage Large { map<int32, int32> m = 1; repeated int32 r = 2; int32 a = 3; Small s = 4; }\n`,
    [],
    (_, workspace) => {
      const code = workspace.read("gen/a.ts");
      assert.match(
        code,
        /decode\([^)]*createBaseSmall\(\)\): Small \{\n[^\n]*\n +const outer = reader\.enter\(length\);/,
      );
      // 24 + 4 slots of 8, one list of 32, one map of 200: 288 bytes.
      assert.match(
        code,
        /decode\([^)]*createBaseLarge\(\)\): Large \{\n[^\n]*\n +const outer = reader\.enter\(length, 3\);/,
      );
    },
  ));

test("bytes are copied, and lent where the reader says so", () => {
  const bytes = Scalars.encode(Scalars.create({ aBytes: Uint8Array.of(1, 2, 3) })).finish();
  const copied = Scalars.decode(bytes).aBytes;
  const lent = Scalars.decode(new BinaryReader(bytes, true)).aBytes;
  bytes.fill(9);
  assert.equal([copied, lent], [Uint8Array.of(1, 2, 3), Uint8Array.of(9, 9, 9)]);
});

test("the code is one switch over whole tags, and says nothing twice", () =>
  withCodecs(
    'syntax = "proto3";\nmessage M { uint32 id = 1; string name = 2; repeated int64 big = 3; double last = 16; }\n',
    [],
    (_, workspace) => {
      const code = workspace.read("gen/a.ts");
      assert.match(
        code,
        /\n {2}encode\(message: M, writer: BinaryWriter = new BinaryWriter\(\)\): BinaryWriter \{\n[\s\S]*?\n {2}\},\n/,
      );
      for (const line of [
        "    writer.ensure(6);",
        '    if (message.name !== "") writer.stringField(18, message.name);',
        "    writer.packedInt64(26, message.big);",
        "    if (message.last !== 0 || 1 / message.last < 0) {",
        "      buf[pos++] = 129;",
        "        case 24:",
        "          message.big.push(reader.int64());",
        "        case 26:",
        "          reader.packedInt64(message.big);",
        "          reader.skip(tag);",
      ])
        assert.ok(code.includes(`\n${line}\n`), line);
    },
  ));
