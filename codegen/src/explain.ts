// The compiler's messages with what to do about them. It says what is wrong; most people ask what now.

interface Explanation {
  readonly says: RegExp;
  /** What to do; `$1` is the first group. */
  readonly advice: string;
}

const EXPLANATIONS: readonly Explanation[] = [
  {
    says: /^unexpected .* after .*(?:definition|declaration)$/,
    advice: 'end what stands before it with ";"',
  },
  { says: /^unexpected /, advice: "correct the syntax here or just before" },
  { says: /^cannot find `(.*)` in this scope/, advice: "declare $1, or import the file that does" },
  { says: /declared multiple times$/, advice: "rename one of them" },
  { says: /used more than once$/, advice: "give each its own number" },
  { says: /first value of open enum must be zero/, advice: "put a value with number 0 first" },
  { says: /have the same JSON name$/, advice: "rename one of them" },
  { says: /cyclic|cycle detected/i, advice: "move what both files need into a third" },
  { says: /^field number out of range/, advice: "use 1 to 536870911, but not 19000 to 19999" },
  { says: /^use of reserved field/, advice: "choose another, or take it out of the reserved ones" },
  { says: /^expected map key type/, advice: "use an integer, bool or string" },
  { says: /^cannot resolve message field name for `(.*)`/, advice: "use a field that $1 declares" },
  { says: /^unused import|not used/, advice: "remove the import" },
];

/**
 * `message` with advice, if there is any to give.
 * @param line the line of the schema that the message is about.
 */
export function explain(message: string, line: string): string {
  if (message === "imported file does not exist") {
    const name = /["']([^"']+)["']/.exec(line)?.[1];
    const what = name === undefined ? "the import" : `the import ${JSON.stringify(name)}`;
    return `cannot find ${what}; name the directory that it is relative to with --include`;
  }
  for (const { says, advice } of EXPLANATIONS) {
    const found = says.exec(message);
    if (found !== null) return `${message}; ${advice.replace("$1", () => `\`${found[1] ?? ""}\``)}`;
  }
  return message;
}
