// The generator as protoc and buf call it: a request in bytes, a response in bytes. It writes the files that are
// asked for and no others; say `include_imports` and `include_wkt` in buf.gen.yaml for those that they use.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  CodeGeneratorResponse_Feature as Feature,
} from "@bufbuild/protobuf/wkt";
import { DEFAULT_IMPORT_SUFFIX, DEFAULT_RUNTIME } from "./config.ts";
import { CodegenError, usageError } from "./errors.ts";
import { generateFiles, type OutputFile } from "./generate.ts";

/** @returns the bytes of a CodeGeneratorResponse. Mistakes of schema and options stand in its `error`. */
export async function runPlugin(request: Uint8Array): Promise<Uint8Array> {
  const { protoFile, fileToGenerate, parameter } = fromBinary(CodeGeneratorRequestSchema, request);
  try {
    return respond(await generateFiles(protoFile, fileToGenerate, parseParameter(parameter)), "");
  } catch (error) {
    if (error instanceof CodegenError) return respond([], error.message);
    throw error;
  }
}

function respond(files: readonly OutputFile[], error: string): Uint8Array {
  const response = create(CodeGeneratorResponseSchema, {
    supportedFeatures: BigInt(Feature.PROTO3_OPTIONAL),
    file: files.map(({ path, text }) => ({ name: path, content: text })),
  });
  if (error !== "") response.error = error;
  return toBinary(CodeGeneratorResponseSchema, response);
}

/** `import_suffix=.ts,runtime=@vertex/wire`, the same two that the command has. */
function parseParameter(parameter: string): { importSuffix: string; runtime: string } {
  const options = { importSuffix: DEFAULT_IMPORT_SUFFIX, runtime: DEFAULT_RUNTIME };
  for (const item of parameter.split(",").filter((each) => each !== "")) {
    const [key = "", value = ""] = item.split(/=(.*)/s, 2);
    if (key === "import_suffix") options.importSuffix = value;
    else if (key === "runtime" && value !== "") options.runtime = value;
    else
      throw usageError(`the option ${JSON.stringify(item)} is not known; use import_suffix=… and runtime=…`);
  }
  return options;
}
