// Builds JavaScript into each package's dist/ with esbuild: `node .ci/build.mjs [package …]`, and with
// `--types` the declarations too (TypeScript), from an empty dist/.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { entryFiles, hasCode, published, root, run } from "./workspace.mjs";

const names = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const withTypes = process.argv.includes("--types");

for (const dir of published) {
  if (names.length > 0 && !names.some((name) => dir === name || dir.endsWith(`/${name}`))) continue;
  if (!hasCode(dir)) {
    process.stdout.write(`${dir} has no code yet\n`);
    continue;
  }
  const home = join(root, dir);
  if (withTypes) rmSync(join(home, "dist"), { recursive: true, force: true });
  await build({
    entryPoints: entryFiles(dir).map((file) => join(home, file)),
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
  if (withTypes) emitDeclarations(dir);
}

/** Lower packages are read from their dist/, as a user reads them; from source they would be emitted too. */
function emitDeclarations(dir) {
  try {
    run("tsc", ["-p", dir, "--emitDeclarationOnly", "--customConditions", "null"]);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
