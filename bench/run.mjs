// Builds the benchmark's own code as the packages are built, and runs it with plain Node: what is measured must not
// carry a loader.
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const home = dirname(fileURLToPath(import.meta.url));
const dist = join(home, "dist");
const processes = readdirSync(join(home, "src/process")).map((file) => join(home, "src/process", file));

rmSync(dist, { recursive: true, force: true });
await build({
  entryPoints: [join(home, "src/main.ts"), ...processes],
  outdir: dist,
  // All in one folder: paths from a file to the package's own are the same wherever esbuild puts its code.
  entryNames: "[name]",
  bundle: true,
  packages: "external",
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "warning",
});
await import("./dist/main.js");
