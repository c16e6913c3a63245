// node-flags: --no-disallow-code-generation-from-strings
// (ajv and protobufjs compile what they check)
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  type CodeGeneratorResponse,
  CodeGeneratorResponseSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { runPlugin } from "@vertex/codegen";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { createWorkspace, repository } from "./workspace.ts";

const test = suite("codegen: protoc-gen-vertex");

/** Runs buf with a buf.gen.yaml that calls the plugin from source. */
function bufGenerate(dir: string): Promise<string> {
  const buf = join(
    createRequire(join(repository, "codegen/package.json")).resolve("@bufbuild/buf/package.json"),
    "../bin/buf",
  );
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [buf, "generate", "schema"], { cwd: dir });
    const said: string[] = [];
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk.toString()));
    child.on("close", (code) => resolve(`${code}${said.join("")}`));
  });
}

const plugin = [
  process.execPath,
  "--conditions=@vertex/source",
  "--import",
  join(repository, "node_modules/tsx/dist/loader.mjs"),
  join(repository, "codegen/src/protoc-gen-vertex.ts"),
];

test(
  "writes through buf.gen.yaml what the command writes",
  async () => {
    const schema = join(repository, "test/schema");
    const workspace = createWorkspace({
      "buf.gen.yaml": JSON.stringify({
        version: "v2",
        plugins: [
          {
            local: plugin,
            out: "by-buf",
            opt: ["import_suffix=.ts"],
            strategy: "all",
            include_imports: true,
            include_wkt: true,
          },
        ],
      }),
      "schema/buf.yaml": "version: v2\n",
      "schema/vertex/v1/options.proto": readFileSync(
        join(repository, "schema/vertex/v1/options.proto"),
        "utf8",
      ),
    });
    try {
      for (const name of ["greeter", "kitchen_sink", "kitchen_sink_legacy"])
        workspace.write({ [`schema/${name}.proto`]: readFileSync(join(schema, `${name}.proto`), "utf8") });
      assert.is(await bufGenerate(workspace.dir), "0");
      await workspace.run("--proto", "schema", "--out", "by-command", "--import-suffix", ".ts");
      const files = workspace.list("by-command");
      assert.ok(files.length > 5);
      for (const file of files)
        assert.is(workspace.read(`by-buf/${file}`), workspace.read(`by-command/${file}`), file);
    } finally {
      workspace.remove();
    }
  },
  { timeoutMs: 30_000 },
);

interface Claim {
  readonly file?: string;
  readonly message?: string;
  readonly field?: string;
  readonly value?: string;
  readonly initial?: string;
}

/** Asks for one file as a request could claim it; compilers never would. */
async function ask(claim: Claim, parameter = ""): Promise<CodeGeneratorResponse> {
  const name = claim.file ?? "a.proto";
  const field = {
    name: claim.field ?? "a",
    jsonName: "a",
    number: 1,
    type: Type.INT32,
    label: Label.OPTIONAL,
    ...(claim.initial === undefined ? {} : { defaultValue: claim.initial }),
  };
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: [name],
    parameter,
    protoFile: [
      {
        name,
        syntax: "proto2",
        messageType: [{ name: claim.message ?? "M", field: [field] }],
        enumType: [{ name: "E", value: [{ name: claim.value ?? "V", number: 0 }] }],
      },
    ],
  });
  return fromBinary(
    CodeGeneratorResponseSchema,
    await runPlugin(toBinary(CodeGeneratorRequestSchema, request)),
  );
}

test("answers with the files and the features it supports", async () => {
  const response = await ask({});
  assert.is(response.error, "");
  assert.is(response.supportedFeatures, 1n);
  assert.equal(
    response.file.map(({ name }) => name),
    ["a.ts"],
  );
});

test("refuses names that no compiler would let pass", async () => {
  const evil = 'x"; globalThis.__canary = 1; "';
  const claims: Claim[] = [
    { message: evil },
    { field: evil },
    { value: evil },
    { initial: "1; globalThis.__canary = 1" },
  ];
  for (const claim of claims) {
    const { error, file } = await ask(claim);
    assert.match(error, /^a\.proto:1:1: .*; (?:use letters, digits and "_"|correct it)$/);
    assert.is(file.length, 0);
  }
});

test("refuses file names that lead out of the out directory or cannot be modules", async () => {
  for (const file of [
    "../a.proto",
    "/etc/a.proto",
    "a/../../b.proto",
    "a\\b.proto",
    'a".proto',
    "a.proto/b.proto",
    ".a.proto",
    "a.txt",
    "a@b.proto",
    "a\n.proto",
  ]) {
    const { error } = await ask({ file });
    assert.match(error, /cannot name a module; use letters/, file);
    assert.is(error.split("\n").length, 1);
  }
});

test("says which options it has", async () => {
  const { error } = await ask({}, "import_suffix=.ts,nonsense=1");
  assert.is(
    error,
    'the option "nonsense=1" is not known; use import_suffix=…, runtime=… and unknown_fields=drop or keep',
  );
});
