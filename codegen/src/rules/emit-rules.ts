// `name.rules.ts`: the validators of one .proto file, and the types of what passes them. The code is ajv's and
// esbuild's, and the compiler is told not to look at it; what it exports is typed here.

import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { compileModule } from "./compile-rules.ts";
import { type GuardedMessage, type Guards, rulesModule } from "./guards.ts";
import { isNarrowed, type TypeNames, validType } from "./valid-types.ts";

/** How generated files find each other and the runtime. */
export interface RulesOptions {
  readonly importSuffix: string;
  /** The module that offers the runtime of validators. */
  readonly runtime: string;
}

/** What a service needs to name to have a message validated. */
export interface RulesNames {
  /** The module, as the file that asks imports it. */
  readonly module: string;
  readonly validator: string;
  /** The type of valid messages; undefined when it is the message's own. */
  readonly validType: string | undefined;
}

/** The names that a service in `from` uses for a message; undefined when it has no rules. */
export function rulesNames(
  guards: Guards,
  from: string,
  typeName: string,
  importSuffix: string,
): RulesNames | undefined {
  const message = guards.find(typeName);
  if (message === undefined) return undefined;
  return {
    module: rulesModule(from, message.file, importSuffix),
    validator: `validate${message.tsName}`,
    validType: isNarrowed(guards, typeName) ? `Valid${message.tsName}` : undefined,
  };
}

/** The text below the header; undefined when no message of `file` has rules. */
export function emitRules(
  file: FileDescriptorProto,
  guards: Guards,
  options: RulesOptions,
): string | undefined {
  const messages = guards.messagesOf(file);
  if (messages.length === 0) return undefined;
  const code = compileModule({
    messages,
    runtime: options.runtime,
    importOf(typeName) {
      const { file: other, tsName } = guards.find(typeName) as GuardedMessage;
      return { module: rulesModule(file.name, other, options.importSuffix), name: `validate${tsName}` };
    },
  });
  const names = new Names(file, guards, options.importSuffix);
  const validators = messages.map((message, index) => validatorCode(message, index, names));
  const types = messages
    .filter(({ typeName }) => isNarrowed(guards, typeName))
    .map((message) => typeCode(message, guards, names));
  const violation = `import type { Violation } from ${JSON.stringify(options.runtime)};\n`;
  return [violation + names.imports(), withoutExports(code), HELPERS, ...validators, ...types].join("\n");
}

const HELPERS = `type Validate<T> = (message: T, depth?: number) => readonly Violation[] | undefined;
type MapKey<M> = M extends Map<infer K, unknown> ? K : never;
`;

/** esbuild writes all exports into one statement at the end. */
function withoutExports(code: string): string {
  return code.replace(/^export \{[^}]*\};\n*$/m, "");
}

function validatorCode({ typeName, tsName }: GuardedMessage, index: number, names: Names): string {
  const doc = `/** What breaks the rules of a message \`${typeName}\`; undefined when nothing does. */`;
  return `${doc}\nexport const validate${tsName}: Validate<${names.plain(typeName)}> = validator${index};\n`;
}

function typeCode({ typeName, tsName, desc }: GuardedMessage, guards: Guards, names: Names): string {
  const doc = `/** A message \`${typeName}\` that keeps its rules. */`;
  return `${doc}\nexport type Valid${tsName} = ${validType(desc, guards, names)};\n`;
}

/** Types that the file names, imported when first asked for, each under its module's number. */
class Names implements TypeNames {
  readonly #modules = new Map<string, string>();
  readonly #file: FileDescriptorProto;
  readonly #guards: Guards;
  readonly #suffix: string;

  constructor(file: FileDescriptorProto, guards: Guards, suffix: string) {
    this.#file = file;
    this.#guards = guards;
    this.#suffix = suffix;
  }

  plain(typeName: string): string {
    const { file, tsName } = this.#guards.find(typeName) as GuardedMessage;
    const rules = rulesModule(this.#file.name, file, this.#suffix);
    return `${this.#namespace(rules.slice(0, rules.length - `.rules${this.#suffix}`.length) + this.#suffix)}.${tsName}`;
  }

  valid(typeName: string): string {
    const { file, tsName } = this.#guards.find(typeName) as GuardedMessage;
    if (file === this.#file.name) return `Valid${tsName}`;
    return `${this.#namespace(rulesModule(this.#file.name, file, this.#suffix))}.Valid${tsName}`;
  }

  imports(): string {
    return [...this.#modules]
      .map(([from, name]) => `import type * as ${name} from ${JSON.stringify(from)};\n`)
      .join("");
  }

  #namespace(module: string): string {
    const name = this.#modules.get(module) ?? `$types${this.#modules.size}`;
    this.#modules.set(module, name);
    return name;
  }
}
