// What is changed in ts-proto's text before it is used, line by line and nothing else. Each rule matches whole
// lines that ts-proto writes: a string literal cannot hold a line break and a comment's lines begin with " * ",
// so no text of the schema can look like one. test/codegen/harden.test.ts says when a rule has lost its line.

interface Rule {
  readonly line: RegExp;
  readonly replacement: string;
}

const RULES: readonly Rule[] = [
  // `atob` and `btoa` are no part of the language: without host types the file would not compile.
  { line: /^( +const bin = )globalThis\.atob\(b64\);$/, replacement: "$1(globalThis as any).atob(b64);" },
  {
    line: /^( +return )globalThis\.btoa\(bin\.join\(""\)\);$/,
    replacement: '$1(globalThis as any).btoa(bin.join(""));',
  },
  // The keys of a map are its sender's: "__proto__" is a key like any other, on an object without a prototype.
  {
    line: /^( +obj(?:\.[\w$]+|\["[^\n]*"\]) = )\{\};$/,
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

/** `text` with every rule applied. */
export function hardenShapes(text: string): string {
  return text
    .split("\n")
    .map((line) => RULES.reduce((each, rule) => each.replace(rule.line, rule.replacement), line))
    .join("\n");
}
