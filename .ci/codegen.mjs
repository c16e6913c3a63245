// `pnpm codegen`: generates the project's own code from its own schemas. CI runs it and fails on a diff.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const command = join(root, "codegen/dist/vertex-codegen.js");

/** What is generated: schema, place, and further arguments. */
const jobs = [
  [
    "schema/vertex/v1/control.proto",
    "packages/protocol/src/gen",
    "--include",
    "schema",
    "--runtime",
    "@vertex/wire",
  ],
  ["schema/fleet/v1/fleet.proto", "examples/fleet/src/gen", "--include", "schema"],
  ["bench/schema", "bench/gen"],
  ["test/schema", "test/gen"],
];

embedOptions();
execFileSync(process.execPath, [join(root, ".ci/build.mjs"), "codegen"], { stdio: "inherit" });
for (const [schema, out, ...more] of jobs) {
  const parameters = ["--proto", schema, "--out", out, "--import-suffix", ".ts", ...more];
  execFileSync(process.execPath, [command, ...parameters], { cwd: root, stdio: "inherit" });
}

/** vertex/v1/options.proto travels inside the generator, so that everybody's schema can import it. */
function embedOptions() {
  const lines = readFileSync(join(root, "schema/vertex/v1/options.proto"), "utf8").trimEnd().split("\n");
  const text = `// The text of vertex/v1/options.proto, so that every schema can import it. Written by .ci/codegen.mjs from schema/.

/** What \`import "vertex/v1/options.proto"\` finds. */
export const OPTIONS_PROTO: string = [
${lines.map((line) => `  ${JSON.stringify(line)},\n`).join("")}]
  .join("\\n")
  .concat("\\n");
`;
  writeFileSync(join(root, "codegen/src/gen/options-proto.ts"), text);
}
