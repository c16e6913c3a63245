// Builds the benchmark's own code as the packages are built, and runs it with plain Node: what is measured must not
// carry a loader.
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const home = dirname(fileURLToPath(import.meta.url));
const src = join(home, "src");
const dist = join(home, "dist");

/** A file each, without what others need: the memory of a process is one of the figures. */
const processes = readdirSync(join(src, "process")).map((file) => ({
  in: join(src, "process", file),
  out: file.replace(/\.ts$/, ""),
}));
const peers = readdirSync(join(src, "peers"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) =>
    ["server", "client"].map((end) => ({ in: join(src, "peers", name, `${end}.ts`), out: `${name}-${end}` })),
  );

rmSync(dist, { recursive: true, force: true });
await build({
  entryPoints: [{ in: join(src, "main.ts"), out: "main" }, ...processes, ...peers],
  // All in one folder: paths from a file to the package's own are the same wherever esbuild puts its code.
  outdir: dist,
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20",
  // Whose code a profile shows; no file names its map, so that nobody loads it.
  sourcemap: "external",
  logLevel: "warning",
});
await import("./dist/main.js");
