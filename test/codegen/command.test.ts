// node-flags: --no-disallow-code-generation-from-strings
// (ajv and protobufjs compile what they check)
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";

const test = suite("codegen: the command");

const proto = 'syntax = "proto3";\npackage a;\nmessage M { string text = 1; }\n';

/** One workspace, removed whatever happens. */
async function inWorkspace(
  files: Record<string, string>,
  use: (workspace: Workspace) => Promise<void>,
): Promise<void> {
  const workspace = createWorkspace(files);
  try {
    await use(workspace);
  } finally {
    workspace.remove();
  }
}

test("prints help with an example, and has at most eight options", () =>
  inWorkspace({}, async (workspace) => {
    const { code, out } = await workspace.run("--help");
    assert.is(code, 0);
    assert.match(out, "vertex-codegen --proto schema --out src/gen");
    const options = [...out.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map((found) => found[1]);
    assert.equal(
      options.filter((name) => name !== "--help" && name !== "--version"),
      [
        "--proto",
        "--include",
        "--out",
        "--watch",
        "--import-suffix",
        "--runtime",
        "--unknown-fields",
        "--config",
      ],
    );
  }));

test("exits with 2 and says what to do when the call is wrong", () =>
  inWorkspace({ "schema/a.proto": proto, "empty/x.txt": "" }, async (workspace) => {
    const calls: [args: string[], message: string | RegExp][] = [
      [
        ["--proto", "schema"],
        "no place for the code: name a directory with --out, for example --out src/gen",
      ],
      [["--out", "gen"], "nothing to do: name the schema with --proto, for example --proto schema"],
      [
        ["--proto", "nowhere", "--out", "gen"],
        "--proto nowhere does not exist; give a directory or .proto file",
      ],
      [
        ["--proto", "empty", "--out", "gen"],
        "--proto empty holds no .proto files; name the directory that does",
      ],
      [
        ["--proto", "schema", "--include", "no", "--out", "gen"],
        "--include no does not exist; give a directory",
      ],
      [
        ["--proto", "schema", "--out", "gen", "--import-suffix", ".mjs"],
        '--import-suffix .mjs cannot end an import; use .js, .ts or ""',
      ],
      [
        ["--proto", "schema", "--out", "gen", "--config", "c.json"],
        "--config c.json does not exist; create it or leave the option out",
      ],
      [["--nonsense"], /unknown option '--nonsense'/],
      [["stray"], /too many arguments/],
    ];
    for (const [args, message] of calls) {
      const result = await workspace.run(...args);
      assert.is(result.code, 2, args.join(" "));
      if (typeof message === "string") assert.is(result.errors, message);
      else assert.match(result.errors, message);
    }
    assert.not.ok(workspace.has("gen"));
  }));

test("takes its options from vertex.config.json, and the command line's first", () =>
  inWorkspace(
    {
      "schema/a.proto": proto,
      "vertex.config.json":
        '{ "proto": ["schema"], "out": "from-file", "importSuffix": ".ts", "runtime": "@vertex/wire" }',
      "deep/other.json": '{ "proto": ["../schema"], "out": "gen" }',
    },
    async (workspace) => {
      assert.is((await workspace.run()).out, "from-file: 1 written, 0 unchanged");
      assert.match(workspace.read("from-file/a.ts"), 'from "@vertex/wire"');
      assert.is((await workspace.run("--out", "here", "--runtime", "my-runtime")).code, 0);
      assert.match(workspace.read("here/a.ts"), 'from "my-runtime"');
      assert.is((await workspace.run("--config", "deep/other.json")).code, 0);
      assert.ok(workspace.has("deep/gen/a.ts"), "paths in the file are relative to the file");
    },
  ));

test("says which key of the configuration is wrong, and how it is written", () =>
  inWorkspace({ "schema/a.proto": proto }, async (workspace) => {
    const files: [text: string, messages: string[]][] = [
      ["{", ["vertex.config.json: this is not JSON"]],
      ["[]", ['vertex.config.json: the file must hold an object: { "proto": ["schema"], "out": "src/gen" }']],
      [
        '{ "prot": [] }',
        [
          'vertex.config.json: "prot" is not an option; use proto, include, out, importSuffix, runtime, unknownFields',
        ],
      ],
      [
        '{ "__proto__": 1 }',
        [
          'vertex.config.json: "__proto__" is not an option; use proto, include, out, importSuffix, runtime, unknownFields',
        ],
      ],
      [
        '{ "proto": "schema", "out": 7, "importSuffix": ".mjs" }',
        [
          'vertex.config.json: "proto" must be a list of directories or files: ["schema"]; correct it',
          'vertex.config.json: "out" must be a directory: "src/gen"; correct it',
          'vertex.config.json: "importSuffix" must be ".js", ".ts" or ""; correct it',
        ],
      ],
    ];
    for (const [text, messages] of files) {
      workspace.write({ "vertex.config.json": text });
      const result = await workspace.run();
      assert.is(result.code, 2);
      const lines = result.errors.split("\n");
      assert.is(lines.length, messages.length, result.errors);
      for (const [index, message] of messages.entries())
        assert.ok(lines[index]?.startsWith(message), result.errors);
    }
  }));

test("touches only files that change, removes its own that are stale, and leaves others alone", () =>
  inWorkspace(
    { "schema/a.proto": proto, "schema/b/c.proto": proto.replace("package a", "package c") },
    async (workspace) => {
      assert.is(
        (await workspace.run("--proto", "schema", "--out", "gen")).out,
        "gen: 2 written, 0 unchanged",
      );
      workspace.write({ "gen/mine.ts": "export const mine = 1;\n", "gen/notes.txt": "x" });
      assert.is(
        (await workspace.run("--proto", "schema", "--out", "gen")).out,
        "gen: 0 written, 2 unchanged",
      );
      const result = await workspace.run("--proto", "schema/a.proto", "--out", "gen");
      assert.is(result.out, "gen: 0 written, 1 unchanged, 1 removed");
      assert.equal(workspace.list("gen"), ["a.ts", "mine.ts", "notes.txt"]);
    },
  ));

test("leaves what another run made in a directory below its own", () =>
  inWorkspace({ "schema/a.proto": proto }, async (workspace) => {
    await workspace.run("--proto", "schema", "--out", "src/gen");
    assert.is((await workspace.run("--proto", "schema", "--out", "src")).out, "src: 1 written, 0 unchanged");
    assert.equal(workspace.list("src"), ["a.ts", "gen/a.ts"]);
  }));

test("refuses to write over a file that it did not write", () =>
  inWorkspace({ "schema/a.proto": proto, "gen/a.ts": "// mine\n" }, async (workspace) => {
    const result = await workspace.run("--proto", "schema", "--out", "gen");
    assert.is(result.code, 2);
    assert.match(
      result.errors,
      /a\.ts was not written by this generator; move it away or choose another --out$/,
    );
    assert.is(workspace.read("gen/a.ts"), "// mine\n");
  }));

test("takes single files, relative to the include directory that holds them", () =>
  inWorkspace(
    {
      "schema/x/a.proto": proto,
      "schema/x/b.proto": 'syntax = "proto3";\nimport "x/a.proto";\nmessage B { a.M m = 1; }\n',
    },
    async (workspace) => {
      const result = await workspace.run(
        "--proto",
        "schema/x/b.proto",
        "--include",
        "schema",
        "--out",
        "gen",
      );
      assert.is(result.errors, "");
      assert.equal(workspace.list("gen"), ["x/a.ts", "x/b.ts"]);
      assert.match(workspace.read("gen/x/b.ts"), 'from "./a.js"');
    },
  ));

test("refuses two files of one name", () =>
  inWorkspace({ "one/a.proto": proto, "two/a.proto": proto }, async (workspace) => {
    const result = await workspace.run("--proto", "one", "two", "--out", "gen");
    assert.is(
      result.errors,
      "one/a.proto and two/a.proto would both be generated as a.proto; generate them into different directories",
    );
  }));

test("lets every schema import vertex/v1/options.proto, and writes no file for it", () =>
  inWorkspace(
    {
      "a.proto":
        'syntax = "proto3";\nimport "vertex/v1/options.proto";\nmessage M {}\nservice S { rpc Go(M) returns (M) { option (vertex.v1.method).timeout_ms = 70; } }\n',
    },
    async (workspace) => {
      assert.is((await workspace.run("--proto", "a.proto", "--out", "gen")).errors, "");
      assert.equal(workspace.list("gen"), ["a.ts"]);
      assert.match(workspace.read("gen/a.ts"), "timeoutMs: 70,");
    },
  ));
