// One run of the generator on files: find, compile, generate. Writing is somebody else's (write.ts).

import { compile } from "./compile.ts";
import { generateFiles, type OutputFile, type UnknownFields } from "./generate.ts";
import { reachedFiles } from "./reach.ts";
import { collectSources, type SourceOptions } from "./sources.ts";

/** What a run needs to know. */
export interface RunOptions extends SourceOptions {
  readonly importSuffix: string;
  readonly runtime: string;
  readonly unknownFields: UnknownFields;
}

/**
 * Generates code for the schema that `options` names, and for what it uses of others, in memory.
 * @throws CodegenError naming everything that is wrong.
 */
export async function runGenerator(options: RunOptions): Promise<OutputFile[]> {
  const sources = collectSources(options);
  const descriptors = await compile(sources);
  const targets = reachedFiles(descriptors, sources.targets);
  const nameFile = (name: string): string => sources.files.get(name)?.shownAs ?? name;
  return generateFiles(descriptors, targets, { ...options, nameFile });
}
