// Builds the benchmark's own code as the packages are built, and runs it with plain Node: what is measured must not
// carry a loader.
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const home = dirname(fileURLToPath(import.meta.url));
const dist = join(home, "dist");

rmSync(dist, { recursive: true, force: true });
await build({
  entryPoints: ["main", "vertex-server", "vertex-load", "grpc-server", "grpc-load", "bare"].map((name) =>
    join(home, "src", `${name}.ts`),
  ),
  outdir: dist,
  bundle: true,
  packages: "external",
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "warning",
});
await import("./dist/main.js");
