// node-flags: --no-disallow-code-generation-from-strings
// (ajv and protobufjs compile what they check)
// file-timeout: 120 s
import { deepStrictEqual } from "node:assert";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type protobuf from "protobufjs";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { google, googleFolders } from "./google-schemas.ts";
import { type Codec, loadSchema, messageTypes, oracleDecode, oracleEncode, randomTree } from "./oracle.ts";
import { seededRandom } from "./random.ts";
import { camelCase, vertexValue } from "./vertex-value.ts";
import { createWorkspace, repository, type Workspace } from "./workspace.ts";

const test = suite("codegen: schemas nobody here wrote, against protobufjs");

const rounds = Number(process.env.VERTEX_ROUND_TRIPS ?? 8);

/** Generated codecs by package and TypeScript name. */
async function codecsOf(workspace: Workspace, out: string): Promise<Map<string, Codec>> {
  const codecs = new Map<string, Codec>();
  for (const file of workspace.list(out)) {
    const module = await workspace.import(`${out}/${file}`);
    for (const [name, value] of Object.entries(module)) {
      if (typeof value === "object" && value !== null && "decode" in value)
        codecs.set(`${String(module.protobufPackage)} ${name}`, value as unknown as Codec);
    }
  }
  return codecs;
}

function codecFor(codecs: Map<string, Codec>, type: protobuf.Type, packages: Set<string>): Codec | undefined {
  const parts = type.fullName.slice(1).split(".");
  for (let cut = parts.length - 1; cut >= 0; cut--) {
    const scope = parts.slice(0, cut).join(".");
    if (!packages.has(scope)) continue;
    const name = parts.slice(cut).map(camelCase).join("_");
    return codecs.get(`${scope} ${name}`) ?? codecs.get(`${scope} ${name}Message`);
  }
  return undefined;
}

/** Every type, both ways. Returns how many types were tried. */
function compareAll(root: protobuf.Root, codecs: Map<string, Codec>): number {
  const packages = new Set([...codecs.keys()].map((key) => key.split(" ")[0] ?? ""));
  let tried = 0;
  for (const type of messageTypes(root)) {
    const codec = codecFor(codecs, type, packages);
    if (codec === undefined) continue;
    tried++;
    for (let round = 0; round < rounds; round++) {
      const tree = randomTree(type, seededRandom(tried * 1000 + round));
      const value = vertexValue(type, tree);
      const where = `${type.fullName}, round ${round}`;
      const theirs = oracleEncode(type, tree);
      const ours = codec.encode(value).finish();
      deepStrictEqual(plain(codec.decode(theirs)), plain(value), `reading their bytes: ${where}`);
      deepStrictEqual(oracleDecode(type, ours), tree, `their reading of our bytes: ${where}`);
      const again = codec.encode(codec.decode(theirs)).finish();
      deepStrictEqual(oracleDecode(type, again), tree, `their bytes, read and written by us: ${where}`);
    }
  }
  return tried;
}

/** Buffers and arrays of bytes are the same to us. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, plain(item)]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function protoFiles(...dirs: string[]): string[] {
  return dirs.flatMap((dir) =>
    readdirSync(dir, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.name.endsWith(".proto"))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
}

test(
  "every field kind of the kitchen sink",
  async () => {
    const workspace = createWorkspace();
    try {
      const schema = join(repository, "test/schema");
      await workspace.run("--proto", schema, "--out", "gen", "--import-suffix", ".ts");
      const find = (name: string): string =>
        [join(schema, name), join(repository, "schema", name), join(google, name), name].find(existsSync) ??
        name;
      const root = loadSchema(protoFiles(schema), find);
      assert.ok(compareAll(root, await codecsOf(workspace, "gen")) >= 35);
    } finally {
      workspace.remove();
    }
  },
  { timeoutMs: 60_000 },
);

test(
  "google/rpc, google/longrunning, google/type and google/api",
  async () => {
    const workspace = createWorkspace();
    try {
      const result = await workspace.run(
        "--proto",
        ...googleFolders,
        "--include",
        google,
        "--out",
        "gen",
        "--import-suffix",
        ".ts",
      );
      assert.is(result.errors, "");
      const root = loadSchema(protoFiles(...googleFolders), (name) =>
        existsSync(name) ? name : join(google, name),
      );
      const tried = compareAll(root, await codecsOf(workspace, "gen"));
      assert.ok(tried > 200, `${tried} types`);
    } finally {
      workspace.remove();
    }
  },
  { timeoutMs: 120_000 },
);
