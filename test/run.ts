// Runs the test files, each in its own process, and ends with one line for all of them: `N passed, N failed`.
import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type FileResult, type FileSettings, killRunningFiles, runFile } from "./run-file.ts";

const usage = `usage: pnpm test [-- [filter …] [options]]

  filter            run only the files whose path contains one of these, e.g. \`wire\`
  --only TEXT       run only the tests whose sentence contains TEXT
  --jobs N          files at a time (default 2)
  --timeout N       seconds for each file (default 60)
  --node PATH       run the files on this Node binary
  --verbose         print what every file printed, not only the failing ones
`;

const root = fileURLToPath(new URL(".", import.meta.url));

function readArguments() {
  // pnpm hands its own "--" on.
  const args = process.argv.slice(2).filter((arg) => arg !== "--");
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      only: { type: "string" },
      jobs: { type: "string", default: "2" },
      timeout: { type: "string", default: "60" },
      node: { type: "string", default: process.execPath },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  return {
    filters: positionals,
    only: values.only,
    jobs: positive("--jobs", values.jobs),
    timeoutSeconds: positive("--timeout", values.timeout),
    node: values.node,
    verbose: values.verbose,
    help: values.help,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${name} must be a whole number from 1 on, not "${text}"`);
  return value;
}

function findFiles(filters: readonly string[]): string[] {
  const files: string[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith(".")) visit(path);
      if (entry.isFile() && entry.name.endsWith(".test.ts")) files.push(path);
    }
  };
  visit("");
  const wanted = filters.map((filter) =>
    filter
      .split(sep)
      .join("/")
      .replace(/^(\.\/)?test\//, ""),
  );
  return files.filter((file) => wanted.length === 0 || wanted.some((filter) => file.includes(filter))).sort();
}

async function runFiles(
  files: string[],
  jobs: number,
  settings: FileSettings,
  verbose: boolean,
): Promise<FileResult[]> {
  const waiting = [...files];
  const results: FileResult[] = [];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await runFile(file, settings);
      results.push(result);
      printFile(result, verbose);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

function printFile({ file, passed, failed, skipped, ms, output }: FileResult, verbose: boolean): void {
  const counts = `${passed} passed${failed > 0 ? `, ${failed} failed` : ""}${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  process.stdout.write(`${failed > 0 ? "FAIL" : "ok  "} ${file}  ${counts}  ${(ms / 1_000).toFixed(2)} s\n`);
  if (failed > 0 || verbose) process.stdout.write(`${output.trimEnd().replace(/^/gm, "    ")}\n`);
  else if (skipped > 0)
    process.stdout.write(`${(output.match(/^skipped: .*$/gm) ?? []).join("\n").replace(/^/gm, "     ")}\n`);
}

const sum = (results: FileResult[], field: "passed" | "failed" | "skipped"): number =>
  results.reduce((total, result) => total + result[field], 0);

async function main(): Promise<void> {
  const { filters, only, jobs, node, timeoutSeconds, verbose, help } = readArguments();
  if (help) return void process.stdout.write(usage);
  const settings = { root, node, timeoutSeconds, only, colors: process.stdout.isTTY === true };
  const results = await runFiles(findFiles(filters), jobs, settings, verbose);
  const [passed, failed, skipped] = [sum(results, "passed"), sum(results, "failed"), sum(results, "skipped")];
  const broken = results.filter((result) => result.failed > 0).map((result) => `  ${result.file}\n`);
  if (broken.length > 0) process.stdout.write(`\nfailed files:\n${broken.join("")}`);
  if (passed + failed === 0) process.stdout.write("no test ran\n");
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    killRunningFiles();
    process.exit(130);
  });
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
});
