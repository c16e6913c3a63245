// What is changed in ts-proto's text before it is used, line by line and nothing else. Each rule matches whole
// lines that ts-proto writes: a string literal cannot hold a line break and a comment's lines begin with " * ",
// so no text of the schema can look like one. test/codegen/harden.test.ts says when a rule has lost its line.

interface Rule {
  readonly line: RegExp;
  readonly replacement: string;
}

/** Words that cannot name a type, or not behind `export type`. */
const NO_TYPE = [
  "any as await bigint boolean break case catch class const continue debugger default delete do else enum export",
  "extends false finally for function if implements import in instanceof interface let never new null number object",
  "package private protected public return static string super switch symbol this throw true try typeof undefined",
  "unknown var void while with yield",
]
  .flatMap((line) => line.split(" "))
  .join("|");

/** The first line of the two functions that make a message from an object. */
const MAKER = /^ {2}(?:fromJSON\(object: any\)|fromPartial\(object: DeepPartial<[\w$]+>\)): ([\w$]+) \{$/;
const OWN_ONLY = "    object = globalThis.Object.assign(globalThis.Object.create(null), object);";

const RULES: readonly Rule[] = [
  // An enum's value may be called `default`; the type of that name beside it may not. The value stays.
  { line: new RegExp(`^ +export type (${NO_TYPE}) = typeof [\\w$]+\\.\\1;$`), replacement: "" },
  // `atob` and `btoa` are no part of the language: without host types the file would not compile.
  { line: /^( +const bin = )globalThis\.atob\(b64\);$/, replacement: "$1(globalThis as any).atob(b64);" },
  {
    line: /^( +return )globalThis\.btoa\(bin\.join\(""\)\);$/,
    replacement: '$1(globalThis as any).btoa(bin.join(""));',
  },
  // The keys of a map are its sender's: "__proto__" is a key like any other, on an object without a prototype.
  {
    line: /^( +obj(?:\.[\w$]+|\[.+\]) = )\{\};$/,
    replacement: "$1globalThis.Object.create(null);",
  },
  // A Struct becomes what JSON.parse would make of it: an own property, whatever its name.
  {
    line: /^( +)object\[key\] = (message\.fields\.get\(key\));$/,
    replacement:
      "$1globalThis.Object.defineProperty(object, key, {\n$1  value: $2,\n$1  writable: true,\n$1  enumerable: true,\n$1  configurable: true,\n$1});",
  },
  // "false" is a true string.
  { line: /^( +acc\.set\()globalThis\.Boolean\(key\)(, [^\n]*\);)$/, replacement: '$1key === "true"$2' },
];

/** The name of the one empty byte string of a file. No schema can have it: its names hold no `$`. */
const NO_BYTES = "$noBytes";
/** A function that makes a new message, or an empty one. */
const BASE = /^function createBase[\w$]+\(\): [\w$]+ \{$[^}]*\}[^}]*^\}$/gm;

/**
 * `text` with every rule applied.
 * @param ownOnly messages with fields that every object seems to have, such as `constructor`: what they are made
 *   from is read without its prototype.
 */
export function hardenShapes(text: string, ownOnly: ReadonlySet<string> = new Set()): string {
  return shareEmptyBytes(text)
    .split("\n")
    .map((line) => RULES.reduce((each, rule) => each.replace(rule.line, rule.replacement), line))
    .map((line) => (ownOnly.has(MAKER.exec(line)?.[1] ?? "") ? `${line}\n${OWN_ONLY}` : line))
    .join("\n");
}

/** The empty byte string of a new message is one for the whole file: it cannot be written to. */
function shareEmptyBytes(text: string): string {
  let used = false;
  const shared = text.replace(BASE, (base) => {
    const changed = base.replace(/((?:[{,]|^ +) ?[\w$"]+: )new Uint8Array\(0\)/gm, `$1${NO_BYTES}`);
    used ||= changed !== base;
    return changed;
  });
  if (!used) return text;
  return shared.replace(
    /^function createBase/m,
    `const ${NO_BYTES}: Uint8Array = new Uint8Array(0);\n\nfunction createBase`,
  );
}
