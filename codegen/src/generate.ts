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
  const shapes = await generateShapes(schema, targets, options.importSuffix);
  const issues: Issue[] = [];
  const output = files.map((file) => {
    const shape = shapes.find(({ name }) => name === outputPath(file.name));
    const own = services.filter((service) => service.file === file);
    return { path: outputPath(file.name), text: assemble(schema, file, shape, own, options, issues) };
  });
  throwIssues(issues);
  return output.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** ts-proto's part with Vertex's codecs in it, then the services. */
function assemble(
  schema: Schema,
  source: FileDescriptorProto,
  shape: ShapeFile | undefined,
  services: readonly ServiceModel[],
  options: GenerateOptions,
  issues: Issue[],
): string {
  const file = parseGeneratedFile(hardenShapes(shape?.text ?? "export {};\n", withInheritedFields(source)));
  const scope = { ...options, file, source: source.name };
  const messages = modelMessages(schema, source);
  emitCodecs(scope, messages, options.unknownFields === "keep");
  emitDefaults(scope, messages);
  for (const service of services) {
    const taken = emitService(file, service, options);
    if (taken === undefined) continue;
    const problem = `the names that ${taken} would take in TypeScript belong to other parts of the file; rename the service`;
    issues.push(schema.issueAt(source, service.sourcePath, problem));
  }
  return file.print(fileHeader(source.name));
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
