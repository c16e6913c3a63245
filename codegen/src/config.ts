// vertex.config.json: the options of the command in a file. What is wrong with it is said with the key and the way
// out. Command line options win over the file's, key by key.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Ajv, type ErrorObject } from "ajv";
import { CodegenError, type Issue, usageError } from "./errors.ts";
import type { UnknownFields } from "./generate.ts";

/** The configuration file that is read if there is one. */
const CONFIG_NAME = "vertex.config.json";
export const DEFAULT_IMPORT_SUFFIX = ".js";
export const DEFAULT_RUNTIME = "@vertex/protocol/gen";
export const DEFAULT_UNKNOWN_FIELDS: UnknownFields = "drop";

/** The keys of the file. Paths are relative to it. */
export interface Config {
  readonly proto?: readonly string[];
  readonly include?: readonly string[];
  readonly out?: string;
  readonly importSuffix?: string;
  readonly runtime?: string;
  readonly unknownFields?: UnknownFields;
}

const PATH = { type: "string", minLength: 1 };
const SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    $schema: { type: "string" },
    proto: { type: "array", items: PATH, minItems: 1 },
    include: { type: "array", items: PATH },
    out: PATH,
    importSuffix: { enum: [".js", ".ts", ""] },
    runtime: PATH,
    unknownFields: { enum: ["drop", "keep"] },
  },
};

/** How each key is to be written, for messages. */
const SHAPES: ReadonlyMap<string, string> = new Map([
  ["proto", 'a list of directories or files: ["schema"]'],
  ["include", 'a list of directories: ["third_party"]'],
  ["out", 'a directory: "src/gen"'],
  ["importSuffix", '".js", ".ts" or ""'],
  ["runtime", `a module: "${DEFAULT_RUNTIME}"`],
  ["unknownFields", '"drop" or "keep"'],
]);

const validate = new Ajv({ allErrors: true }).compile<Config>(SCHEMA);

/**
 * Reads the configuration file, with its paths made absolute.
 * @param given the file that was asked for; without it, vertex.config.json in `cwd` if there is one.
 * @throws CodegenError (usage) naming each key that is wrong.
 */
export function readConfig(cwd: string, given?: string): Config {
  const path = resolve(cwd, given ?? CONFIG_NAME);
  if (!existsSync(path)) {
    if (given === undefined) return {};
    throw usageError(`--config ${given} does not exist; create it or leave the option out`);
  }
  const name = given ?? CONFIG_NAME;
  const content = parse(readFileSync(path, "utf8"), name);
  if (!validate(content)) throw new CodegenError("usage", describe(validate.errors ?? [], name));
  return absolute(content, dirname(path));
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usageError(`this is not JSON (${reason}); correct it`, file);
  }
}

function absolute(config: Config, base: string): Config {
  const { proto, include, out } = config;
  return {
    ...config,
    ...(proto && { proto: proto.map((path) => join(base, path)) }),
    ...(include && { include: include.map((path) => join(base, path)) }),
    ...(out && { out: join(base, out) }),
  };
}

function describe(errors: readonly ErrorObject[], file: string): Issue[] {
  const texts = errors.map((error) => {
    const unknown: unknown = error.params.additionalProperty;
    if (error.keyword === "additionalProperties")
      return `${JSON.stringify(unknown)} is not an option; use ${[...SHAPES.keys()].join(", ")}`;
    const key = error.instancePath.split("/")[1];
    if (key === undefined) return 'the file must hold an object: { "proto": ["schema"], "out": "src/gen" }';
    return `${JSON.stringify(key)} must be ${SHAPES.get(key) ?? "a string"}; correct it`;
  });
  return [...new Set(texts)].map((text) => ({ file, text }));
}
