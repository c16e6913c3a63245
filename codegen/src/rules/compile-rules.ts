// From schemas to code: ajv compiles them to standalone functions, esbuild joins these with what they import and drops
// what they do not need. The result is text of one module that imports the runtime and nothing else: no ajv, and
// nothing that makes code while it runs.

import { Ajv, type Options } from "ajv";
import standalone from "ajv/dist/standalone/index.js";
import { buildSync } from "esbuild";
import { raw } from "./keyword.ts";
import type { CompiledRules } from "./message-rules.ts";
import { structureKeywords } from "./structure-keywords.ts";
import { FORMAT_NAMES } from "./text-checks.ts";
import { VALUE_KEYWORDS } from "./value-keywords.ts";

/** One message of a module. */
export interface ModuleMessage {
  readonly typeName: string;
  readonly rules: CompiledRules;
}

/** A validator that another module of the run exports. */
export interface ImportedValidator {
  readonly module: string;
  readonly name: string;
}

/** One module to compile. */
export interface RulesModule {
  readonly messages: readonly ModuleMessage[];
  /** Where the runtime is: `@vertex/protocol/rules`. */
  readonly runtime: string;
  /** The validator of a message that is not in this module. */
  importOf(typeName: string): ImportedValidator;
}

const OPTIONS: Options = {
  allErrors: true,
  messages: false,
  strict: false,
  strictNumbers: false,
  validateSchema: false,
  inlineRefs: false,
  logger: false,
  code: { source: true, esm: true, lines: true, optimize: 2, formats: raw("formats") },
};

/** What the runtime offers to the code of keywords. */
const RUNTIME: readonly string[] = (
  "bytesAt bytesOf bytesWith characters compareNow compareTime explain formats matchesText MAX_RULE_DEPTH MAX_VIOLATIONS " +
  "pathsOutside pathsWithin pattern sameBytes samePaths subscript tooDeep unique utf8Bytes"
).split(" ");

/**
 * Compiles one module.
 * @returns JavaScript that exports the validator of message `i` as `validator<i>`.
 */
export function compileModule(module: RulesModule): string {
  const imports: string[] = [];
  const imported = new Map<string, string>();
  const modules = new Map<string, string>();
  const own = new Map(module.messages.map(({ typeName }, index) => [typeName, `validator${index}`]));
  const validatorOf = (typeName: string): string => {
    const known = own.get(typeName) ?? imported.get(typeName);
    if (known !== undefined) return known;
    const local = `imported${imported.size}`;
    const { module: from, name } = module.importOf(typeName);
    // esbuild would take a relative path for one of its own.
    const stand = `vertex-rules-${imported.size}`;
    modules.set(stand, from);
    imports.push(`import { ${name} as ${local} } from "${stand}";`);
    imported.set(typeName, local);
    return local;
  };
  const code = ajvCode(module.messages, validatorOf);
  const functions = module.messages.map(({ rules }, index) => functionCode(rules, index));
  const exported = `export { ${[...own.values()].join(", ")} };`;
  const used = RUNTIME.filter((name) => [code, ...functions].some((part) => part.includes(name)));
  imports.push(`import { ${used.join(", ")} } from ${JSON.stringify(module.runtime)};`);
  const bundled = bundle([...imports, code, ...functions, exported].join("\n"), [
    module.runtime,
    ...modules.keys(),
  ]);
  return [...modules].reduce(
    (text, [stand, from]) => text.replaceAll(`"${stand}"`, JSON.stringify(from)),
    bundled,
  );
}

function ajvCode(messages: readonly ModuleMessage[], validatorOf: (typeName: string) => string): string {
  const ajv = new Ajv(OPTIONS);
  // Same meaning, other code: lengths are counted no further than needed, and lists of values are not kept twice.
  for (const keyword of ["minLength", "maxLength", "enum"]) ajv.removeKeyword(keyword);
  for (const keyword of [...VALUE_KEYWORDS, ...structureKeywords(validatorOf)]) ajv.addKeyword(keyword);
  for (const name of FORMAT_NAMES) ajv.addFormat(name, () => true);
  messages.forEach(({ rules }, index) => {
    ajv.addSchema(rules.schema, `message${index}`);
  });
  const exported = Object.fromEntries(messages.map((_, index) => [`check${index}`, `message${index}`]));
  return withoutContext(standalone.default(ajv, exported), messages.length);
}

/** The second parameter of ajv's functions is for schemas inside schemas, of which there are none. */
function withoutContext(code: string, functions: number): string {
  let found = 0;
  const shorter = code.replace(
    /^(function validate\d+\(data), \{instancePath="",[^}]*\}=\{\}\)/gm,
    (_, head: string) => {
      found++;
      return `${head})`;
    },
  );
  if (found !== functions) throw new Error("ajv writes its functions in another way now");
  return `const instancePath = "";\n${shorter}`;
}

/** The function around what ajv made: it knows the depth, and turns what failed into violations. */
function functionCode({ table }: CompiledRules, index: number): string {
  return `
const table${index} = ${JSON.stringify(Object.fromEntries(table))};
function validator${index}(message, depth = 0) {
  if (depth > MAX_RULE_DEPTH) return tooDeep();
  return check${index}.call(depth, message) ? undefined : explain(check${index}.errors, table${index});
}`;
}

/** Joins the code with what it imports of ajv, keeps imports of other modules, and drops what is not used. */
function bundle(contents: string, external: readonly string[]): string {
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: import.meta.dirname, loader: "js" },
    bundle: true,
    write: false,
    external: [...external],
    format: "esm",
    target: "es2022",
    platform: "neutral",
    charset: "utf8",
    legalComments: "none",
    minifySyntax: true,
    logLevel: "silent",
  });
  return (outputFiles[0]?.text ?? "").replace(/^\/\/ <stdin>\n/, "");
}
