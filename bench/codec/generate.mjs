// Regenerates bench/codec/gen/: the suite as stock ts-proto writes it (stock.ts), as vertex-codegen writes it
// (vertex.ts), the static code of protobufjs, pbf and protobuf-ts, and
// descriptors. Run it after a change of suite.proto or bench.proto, with codegen built: `pnpm build codegen && node bench/codec/generate.mjs`.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const bench = dirname(here);
const bin = join(bench, "node_modules", ".bin");
const buf = join(bench, "..", "node_modules", ".bin", "buf");
const gen = join(here, "gen");

const options = [
  "enumsAsLiterals=true",
  "importSuffix=.ts",
  "oneof=unions-value",
  "forceLong=bigint",
  "env=both",
  "useDate=false",
  "useExactTypes=false",
  "useMapType=true",
];

mkdirSync(gen, { recursive: true });
const template = {
  version: "v2",
  plugins: [{ local: join(bin, "protoc-gen-ts_proto"), out: gen, opt: options }],
};
execFileSync(buf, ["generate", here, "--template", JSON.stringify(template)], { stdio: "inherit" });

const stock = join(gen, "suite.ts");
const text = readFileSync(stock, "utf8");
writeFileSync(join(gen, "stock.ts"), text);
rmSync(stock);

const command = join(bench, "..", "codegen", "dist", "vertex-codegen.js");
const own = mkdtempSync(join(gen, "own-"));
const settings = ["--import-suffix", ".ts", "--runtime", "@vertex/wire"];
execFileSync(process.execPath, [command, "--proto", join(here, "suite.proto"), "--out", own, ...settings]);
writeFileSync(join(gen, "vertex.ts"), readFileSync(join(own, "suite.ts"), "utf8"));
rmSync(own, { recursive: true });

const pbjs = join(bin, "pbjs");
const target = join(gen, "protobufjs.js");
const flags = [
  "-t",
  "static-module",
  "-w",
  "es6",
  "--es6",
  "--no-comments",
  "--no-verify",
  "--no-convert",
  "--no-delimited",
  "--no-typeurl",
  "-o",
  target,
];
execFileSync(pbjs, [...flags, join(here, "suite.proto")], { stdio: "inherit" });
writeFileSync(join(gen, "protobufjs.d.ts"), "export declare const vertex: unknown;\n");

execFileSync(
  buf,
  [
    "generate",
    here,
    "--template",
    JSON.stringify({
      version: "v2",
      plugins: [
        {
          local: ["npx", "-y", "--package=@protobuf-ts/plugin@2.11.1", "protoc-gen-ts"],
          out: join(gen, "protobuf-ts"),
          opt: ["ts_nocheck"],
        },
      ],
    }),
  ],
  { stdio: "inherit" },
);

writeFileSync(join(gen, "pbf.js"), execFileSync(join(bin, "pbf"), [join(here, "suite.proto")]));
writeFileSync(join(gen, "pbf.d.ts"), "export {};\n");

// Descriptors, for the runtimes that work from them: @bufbuild/protobuf and connect-es.
const descriptors = (folder) =>
  execFileSync(buf, ["build", folder, "-o", "-#format=binpb", "--exclude-source-info"]).toString("base64");
writeFileSync(
  join(gen, "descriptors.js"),
  `export const benchDescriptors =\n  "${descriptors(join(bench, "schema"))}";
export const suiteDescriptors =\n  "${descriptors(here)}";
`,
);
writeFileSync(
  join(gen, "descriptors.d.ts"),
  "export declare const benchDescriptors: string;\nexport declare const suiteDescriptors: string;\n",
);
