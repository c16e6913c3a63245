// Descriptors in, generated files out: the whole generator between the compiler and the disk. The command and the
// plugin both end here.

import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { checkFiles } from "./check-schema.ts";
import { checkServices } from "./check-services.ts";
import { modelMessages } from "./codec-model.ts";
import { emitCodecs } from "./emit-codec.ts";
import { emitDefaults } from "./emit-defaults.ts";
import { emitService } from "./emit-service.ts";
import type { Issue } from "./errors.ts";
import { parseGeneratedFile } from "./generated-file.ts";
import { hardenShapes } from "./harden.ts";
import { fileHeader } from "./header.ts";
import { modelServices, type ServiceModel } from "./model.ts";
import { camelCase, isInherited } from "./names.ts";
import { emitRules, rulesNames } from "./rules/emit-rules.ts";
import { findGuards, type Guards } from "./rules/guards.ts";
import { createSchema, type Schema, throwIssues, typesOf } from "./schema.ts";
import { generateShapes, type ShapeFile } from "./shapes.ts";

export type UnknownFields = "drop" | "keep";

/** How generated files find each other and the runtime, and what their codecs do. */
export interface GenerateOptions {
  /** What stands behind the names of sibling files in imports: ".js", ".ts" or "". */
  readonly importSuffix: string;
  /** The module that offers reader, writer and the types of calls. */
  readonly runtime: string;
  /** What happens to fields that the schema does not know: "drop", or "keep" in `$unknown`. */
  readonly unknownFields: UnknownFields;
  /** Gives the name under which the user knows a .proto file, for messages. */
  readonly nameFile?: (name: string) => string;
}

/** One file to be written. */
export interface OutputFile {
  /** Relative to the output directory, with "/" between its parts. */
  readonly path: string;
  readonly text: string;
}

/**
 * Generates the files called `targets`, no others.
 * @param descriptors all files that the targets need, imports before importers.
 * @throws CodegenError naming every issue that was found.
 */
export async function generateFiles(
  descriptors: readonly FileDescriptorProto[],
  targets: readonly string[],
  options: GenerateOptions,
): Promise<OutputFile[]> {
  const schema = createSchema(descriptors, options.nameFile ?? ((name) => name));
  const wanted = new Set(targets);
  const files = schema.files.filter((file) => wanted.has(file.name));
  throwIssues(checkFiles(schema, files, options.unknownFields === "keep"));
  const services = files.flatMap((file) => modelServices(schema, file));
  throwIssues(checkServices(schema, services));
  const guards = findGuards(schema, files);
  throwIssues(guards.issues);
  const shapes = await generateShapes(schema, targets, options.importSuffix);
  const issues: Issue[] = [];
  const output = files.map((file) => {
    const shape = shapes.find(({ name }) => name === outputPath(file.name));
    const own = services.filter((service) => service.file === file);
    return { path: outputPath(file.name), text: assemble(schema, file, shape, own, guards, options, issues) };
  });
  for (const file of files.filter(({ name }) => wanted.has(name.replace(/\.proto$/, ".rules.proto")))) {
    if (guards.messagesOf(file).length === 0) continue;
    const problem = `its rules and ${file.name.replace(/\.proto$/, ".rules.proto")} would be one file; rename one of them`;
    issues.push(schema.issueAt(file, [], problem));
  }
  throwIssues(issues);
  output.push(...files.flatMap((file) => rulesFile(file, guards, options)));
  return output.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** ts-proto's part with Vertex's codecs in it, then the services. */
function assemble(
  schema: Schema,
  source: FileDescriptorProto,
  shape: ShapeFile | undefined,
  services: readonly ServiceModel[],
  guards: Guards,
  options: GenerateOptions,
  issues: Issue[],
): string {
  const file = parseGeneratedFile(hardenShapes(shape?.text ?? "export {};\n", withInheritedFields(source)));
  const scope = { ...options, file, source: source.name };
  const messages = modelMessages(schema, source);
  emitCodecs(scope, messages, options.unknownFields === "keep");
  emitDefaults(scope, messages);
  for (const service of services) {
    const rulesOf = (typeName: string) => rulesNames(guards, source.name, typeName, options.importSuffix);
    const taken = emitService(file, service, { ...options, rulesOf });
    if (taken === undefined) continue;
    const problem = `the names that ${taken} would take in TypeScript belong to other parts of the file; rename the service`;
    issues.push(schema.issueAt(source, service.sourcePath, problem));
  }
  return file.print(fileHeader(source.name));
}

/** The validators of a file, in a file of their own; none if it has no rules. */
function rulesFile(file: FileDescriptorProto, guards: Guards, options: GenerateOptions): OutputFile[] {
  const runtime = options.runtime.replace(/\/gen$/, "/rules");
  const code = emitRules(file, guards, { importSuffix: options.importSuffix, runtime });
  if (code === undefined) return [];
  const header = `${fileHeader(file.name)}\n// @ts-nocheck: the code is ajv's; what is exported has its types.`;
  return [{ path: outputPath(file.name).replace(/\.ts$/, ".rules.ts"), text: `${header}\n\n${code}` }];
}

/** The messages of `source` with a field that bears the name of something every object has. */
function withInheritedFields(source: FileDescriptorProto): ReadonlySet<string> {
  const found = typesOf(source).filter(
    ({ kind, desc }) =>
      kind === "message" &&
      desc.field.some((field) => isInherited(camelCase(field.name)) || isInherited(field.jsonName)),
  );
  return new Set(found.map(({ tsName }) => tsName));
}

/** `dir/name.proto` gives `dir/name.ts`. */
function outputPath(name: string): string {
  return name.replace(/\.proto$/, ".ts");
}
