// @vertex/codegen: the generator as a library. The commands `vertex-codegen` and `protoc-gen-vertex` stand on it.

export { runCommand } from "./cli.ts";
export { CodegenError, type CodegenErrorKind, formatIssue, type Issue } from "./errors.ts";
export { type GenerateOptions, generateFiles, type OutputFile } from "./generate.ts";
export type { CommandHost } from "./host.ts";
export { methodId } from "./method-id.ts";
export { runPlugin } from "./plugin.ts";
export { type RunOptions, runGenerator } from "./run.ts";
export { type WriteResult, writeOutput } from "./write.ts";
