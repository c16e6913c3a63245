// Builds the example into dist/: plain JavaScript, so that the memory figures of the demo are those of plain Node.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));
rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: ["src/demo.ts", "src/collector.ts", "src/summary-worker.ts", "src/agent.ts"],
  outdir: "dist",
  bundle: true,
  packages: "external",
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "warning",
});
