// Builds JavaScript into each package's dist/ with esbuild: `node .ci/build.mjs [package …]`, and with
// `--types` the declarations too (TypeScript). The packages are found by their package.json.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const order = ["packages/wire", "packages/framing", "packages/protocol", "packages/server", "packages/client", "codegen"];
const names = process.argv.slice(2).filter((a) => !a.startsWith("--"));
const withTypes = process.argv.includes("--types");

for (const dir of order) {
  if (names.length > 0 && !names.some((name) => dir === name || dir.endsWith(`/${name}`))) continue;
  const home = join(root, dir);
  const manifest = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const entryPoints = [
    ...Object.values(manifest.exports ?? {}).map((target) => target["@vertex/source"]),
    ...Object.values(manifest.bin ?? {}).map((file) => file.replace("./dist/", "./src/").replace(/\.js$/, ".ts")),
  ]
    .filter((file) => typeof file === "string")
    .map((file) => join(home, file));
  if (entryPoints.length === 0 || !entryPoints.every(existsSync)) continue;
  if (withTypes) rmSync(join(home, "dist"), { recursive: true, force: true });
  await build({
    entryPoints,
    outdir: join(home, "dist"),
    outbase: join(home, "src"),
    bundle: true,
    packages: "external",
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: false,
    logLevel: "warning",
  });
  if (withTypes) execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", home, "--emitDeclarationOnly"], { stdio: "inherit" });
}
