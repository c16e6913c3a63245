// `pnpm codegen`: generates the project's own code from its own schemas. CI runs it and fails on a diff.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const command = join(root, "codegen/dist/vertex-codegen.js");

/** What is generated: schema, place, and further arguments. */
const jobs = [
  [
    "schema/vertex/v1/control.proto",
    "packages/protocol/src/gen",
    "--proto",
    "schema/vertex/v1/violations.proto",
    "--include",
    "schema",
    "--runtime",
    "@vertex/wire",
  ],
  ["schema/fleet/v1/fleet.proto", "examples/fleet/src/gen", "--include", "schema"],
  ["bench/schema", "bench/gen"],
  ["bench/validate/validate.proto", "bench/validate/gen"],
  ["test/schema", "test/gen"],
];

embedOptions();
execFileSync(process.execPath, [join(root, ".ci/build.mjs"), "codegen"], { stdio: "inherit" });
for (const [schema, out, ...more] of jobs) {
  const parameters = ["--proto", schema, "--out", out, "--import-suffix", ".ts", ...more];
  execFileSync(process.execPath, [command, ...parameters], { cwd: root, stdio: "inherit" });
}

describeForFuzz();

/** What the fuzzer's peers work from: descriptors of the types that it tries, by buf alone. */
function describeForFuzz() {
  const modules = JSON.stringify({ version: "v2", modules: [{ path: "test/schema" }, { path: "schema" }] });
  const files = ["test/schema/kitchen_sink.proto", "schema/vertex/v1/control.proto"];
  const paths = files.flatMap((file) => ["--path", file]);
  const buf = join(root, "node_modules/.bin/buf");
  const asked = ["build", "--config", modules, ...paths, "--exclude-source-info", "-o", "-#format=binpb"];
  const base64 = execFileSync(buf, asked, { cwd: root }).toString("base64");
  const text = `// A FileDescriptorSet of ${files.join(" and ")}. Written by .ci/codegen.mjs.

export const DESCRIPTORS =
  "${base64}";
`;
  mkdirSync(join(root, "fuzz/src/gen"), { recursive: true });
  writeFileSync(join(root, "fuzz/src/gen/descriptors.ts"), text);
}

/** vertex/v1/options.proto and buf/validate/validate.proto travel inside the generator, so that all can import them. */
function embedOptions() {
  writeFileSync(
    join(root, "codegen/src/gen/options-proto.ts"),
    embedded("vertex/v1/options.proto", "OPTIONS_PROTO"),
  );
  const descriptor = Buffer.from(descriptorOf("buf/validate/validate.proto")).toString("base64");
  const pieces = descriptor.match(/.{1,110}/g).map((piece) => `  ${JSON.stringify(piece)},\n`);
  const text = `${embedded("buf/validate/validate.proto", "VALIDATE_PROTO")}
/** The same, compiled: a FileDescriptorProto in base64. */
export const VALIDATE_DESCRIPTOR: string = [
${pieces.join("")}].join("");
`;
  writeFileSync(join(root, "codegen/src/gen/validate-proto.ts"), text);
}

/** A module that holds the text of a .proto file. */
function embedded(name, constant) {
  const lines = readFileSync(join(root, "schema", name), "utf8")
    .trimEnd()
    .split("\n");
  return `// The text of ${name}, so that every schema can import it. Written by .ci/codegen.mjs from schema/.

/** What \`import "${name}"\` finds. */
export const ${constant}: string = [
${lines.map((line) => `  ${JSON.stringify(line)},\n`).join("")}]
  .join("\\n")
  .concat("\\n");
`;
}

/** The file called `name` in what buf makes of schema/: the first field of a set is a file, the first of a file its name. */
function descriptorOf(name) {
  const buf = join(root, "node_modules/@bufbuild/buf/bin/buf");
  const set = execFileSync(
    process.execPath,
    [buf, "build", "--exclude-source-info", "--output=-#format=binpb"],
    {
      cwd: join(root, "schema"),
    },
  );
  for (let at = 0; at < set.length; ) {
    let length = 0;
    for (let shift = 0, byte = 0x80; byte >= 0x80; shift += 7) {
      byte = set[++at];
      length |= (byte & 0x7f) << shift;
    }
    const file = set.subarray(at + 1, at + 1 + length);
    if (file.toString("latin1", 2, 2 + file[1]) === name) return file;
    at += 1 + length;
  }
  throw new Error(`buf knows no ${name}`);
}
