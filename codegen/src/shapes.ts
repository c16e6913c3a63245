// ts-proto, behind its public face: a protoc plugin over stdin and stdout, run as a child. It writes types, JSON and
// helpers; the codecs are Vertex's own. This is the only file that knows how it is called.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fromBinary } from "@bufbuild/protobuf";
import { CodeGeneratorResponseSchema } from "@bufbuild/protobuf/wkt";
import { CodegenError } from "./errors.ts";
import type { Schema } from "./schema.ts";
import { encodeShapeRequest } from "./shape-request.ts";

const require = createRequire(import.meta.url);

/** ts-proto's version, for the header of generated files. */
export const SHAPES_VERSION: string = String(require("ts-proto/package.json").version);

/** How Vertex has ts-proto write. DESIGN: unions for oneofs, bigint, Map, no `enum`, no services. */
const OPTIONS: readonly string[] = [
  "enumsAsLiterals=true",
  "oneof=unions-value",
  "forceLong=bigint",
  "env=both",
  "useDate=false",
  "useExactTypes=false",
  "outputServices=none",
  "useMapType=true",
  "outputEncodeMethods=false",
  "emitImportedFiles=false",
  "annotateFilesWithVersion=false",
];

/** One file as ts-proto wrote it. */
export interface ShapeFile {
  /** `dir/name.ts`, beside where the .proto file stood below its root. */
  readonly name: string;
  readonly text: string;
}

/**
 * Has ts-proto write the files called `targets`.
 * @param importSuffix what stands behind the names of sibling files in imports, for example ".js".
 */
export async function generateShapes(
  schema: Schema,
  targets: readonly string[],
  importSuffix: string,
): Promise<ShapeFile[]> {
  if (targets.length === 0) return [];
  const parameter = [...OPTIONS, `importSuffix=${importSuffix}`].join(",");
  const output = await runPlugin(encodeShapeRequest(schema, targets, parameter));
  const response = fromBinary(CodeGeneratorResponseSchema, output);
  if (response.error !== "") throw toolError(response.error);
  return response.file.map(({ name, content }) => ({ name, text: content }));
}

function runPlugin(request: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [require.resolve("ts-proto")], { stdio: ["pipe", "pipe", "pipe"] });
    const output: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(Buffer.concat(output));
      else reject(toolError(Buffer.concat(complaints).toString("utf8")));
    });
    // A plugin that dies before it has read everything says so through its exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(request);
  });
}

function toolError(complaint: string): CodegenError {
  const text = `ts-proto could not write this schema (${complaint.slice(0, 400)}); please report it with the schema`;
  return new CodegenError("tool", [{ text }]);
}
