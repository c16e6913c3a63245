// The generator as protoc and buf call it: a request in bytes, a response in bytes. It writes the files that are
// asked for and no others; say `include_imports` and `include_wkt` in buf.gen.yaml for those that they use.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  CodeGeneratorResponse_Feature as Feature,
} from "@bufbuild/protobuf/wkt";
import { DEFAULT_IMPORT_SUFFIX, DEFAULT_RUNTIME, DEFAULT_UNKNOWN_FIELDS } from "./config.ts";
import { CodegenError, usageError } from "./errors.ts";
import { type GenerateOptions, generateFiles, type OutputFile } from "./generate.ts";

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

/** `import_suffix=.ts,runtime=@vertex/wire,unknown_fields=keep`, the same three that the command has. */
function parseParameter(parameter: string): GenerateOptions {
  let importSuffix = DEFAULT_IMPORT_SUFFIX;
  let runtime = DEFAULT_RUNTIME;
  let unknownFields = DEFAULT_UNKNOWN_FIELDS;
  for (const item of parameter.split(",").filter((each) => each !== "")) {
    const [key = "", value = ""] = item.split(/=(.*)/s, 2);
    if (key === "import_suffix") importSuffix = value;
    else if (key === "runtime" && value !== "") runtime = value;
    else if (key === "unknown_fields" && (value === "drop" || value === "keep")) unknownFields = value;
    else
      throw usageError(
        `the option ${JSON.stringify(item)} is not known; use import_suffix=…, runtime=… and unknown_fields=drop or keep`,
      );
  }
  return { importSuffix, runtime, unknownFields };
}
