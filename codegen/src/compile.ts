// buf, behind one function: .proto texts in, descriptors out. buf sees a scratch directory that holds exactly the
// files of the run, so neither the user's buf.yaml nor the network has a say.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { CodegenError, type Issue } from "./errors.ts";
import { explain } from "./explain.ts";
import type { Sources } from "./sources.ts";

const require = createRequire(import.meta.url);

interface Run {
  readonly code: number | null;
  readonly output: Uint8Array;
  readonly complaints: string;
}

/**
 * Compiles the targets of `sources` and what they import.
 * @returns descriptors with comments and places, imports before importers.
 * @throws CodegenError with the place of every mistake.
 */
export async function compile(sources: Sources): Promise<readonly FileDescriptorProto[]> {
  const scratch = mkdtempSync(join(tmpdir(), "vertex-codegen-"));
  try {
    writeSources(scratch, sources);
    const { code, output, complaints } = await runBuf(scratch);
    if (code !== 0) throw bufError(complaints, sources);
    return fromBinary(FileDescriptorSetSchema, output).file;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function writeSources(scratch: string, sources: Sources): void {
  writeFileSync(join(scratch, "buf.yaml"), "version: v2\n");
  for (const { name, text } of sources.files.values()) {
    const path = join(scratch, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

function runBuf(scratch: string): Promise<Run> {
  const buf = join(dirname(require.resolve("@bufbuild/buf/package.json")), "bin", "buf");
  const parameters = [buf, "build", "--error-format=json", "--output=-#format=binpb"];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, parameters, {
      cwd: scratch,
      env: { ...process.env, BUF_CACHE_DIR: join(scratch, ".cache") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({
        code,
        output: Buffer.concat(output),
        complaints: Buffer.concat(complaints).toString("utf8"),
      });
    });
  });
}

/** buf writes one JSON object a line, to either stream; anything else is about buf, not about the schema. */
function bufError(complaints: string, sources: Sources): CodegenError {
  const issues = complaints.split("\n").flatMap((line) => parseIssue(line, sources));
  if (issues.length > 0) return new CodegenError("schema", issues);
  return new CodegenError("tool", [
    { text: `buf could not compile the schema: ${complaints.trim().slice(0, 400)}` },
  ]);
}

function parseIssue(line: string, sources: Sources): Issue[] {
  if (!line.startsWith("{")) return [];
  const report: unknown = JSON.parse(line);
  if (!isReport(report)) return [];
  const source = sources.files.get(report.path.replaceAll("\\", "/"));
  const place = { line: report.start_line ?? 1, column: report.start_column ?? 1 };
  const text = explain(report.message, source?.text.split("\n")[place.line - 1] ?? "");
  return [{ file: source?.shownAs ?? report.path, ...place, text }];
}

interface Report {
  readonly path: string;
  readonly start_line?: number;
  readonly start_column?: number;
  readonly message: string;
}

function isReport(value: unknown): value is Report {
  return typeof value === "object" && value !== null && "path" in value && "message" in value;
}
