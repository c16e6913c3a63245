import { pattern } from "@vertex/protocol/rules";
import * as assert from "uvu/assert";
import { compilePattern } from "../../../codegen/src/rules/pattern-automaton.ts";
import { suite } from "../../support/suite.ts";
import { seededRandom } from "../random.ts";

const test = suite("patterns");

/** In RE2's syntax, and the same for JavaScript where that differs. */
const patterns: [re2: string, javascript?: RegExp][] = [
  [""],
  ["^$"],
  ["$"],
  ["a|b"],
  ["^a+$"],
  ["^(a|b)*c$"],
  ["[0-9]{3}"],
  ["x{2,}y?"],
  ["^[a-z0-9]+(?:[._-][a-z0-9]+)*$"],
  ["^\\d{1,3}(\\.\\d{1,3}){3}$"],
  ["^(([a-z])+.)+[A-Z]([a-z])+$"],
  ["^(a+)+$"],
  ["^(?:a?){10}a{10}$"],
  ["^[^\\n]*$"],
  ["a.c"],
  ["(?s)a.b", /a.b/su],
  ["(?s:a.)b.", /a[\s\S]b./u],
  ["(?i)hello", /hello/iu],
  ["(?i)^[k-s]+$", /^[k-s]+$/iu],
  ["a(?i)b", /a[bB]/u],
  ["(?P<name>a)b", /ab/u],
  ["\\Aab\\z", /^ab$/u],
  ["^\\x{1F600}+$", /^\u{1F600}+$/u],
  ["[\\x41-\\x43]\\101", /[A-C]A/u],
  ["[[:alpha:]]+\\Q.*\\E", /[a-zA-Z]+\.\*/u],
  ["[^[:digit:]x]", /[^0-9x]/u],
  ["[[:^digit:]]b", /[^0-9]b/u],
  ["\\pL+$", /\p{L}+$/u],
  ["^\\p{Greek}\\P{Lu}", /^\p{Script=Greek}\P{Lu}/u],
  ["[^a]b"],
  ["^[a\\-z\\]]+$"],
  ["^[]a]+$", /^[\]a]+$/u],
  ["\\W\\S\\D", /[^A-Za-z0-9_][^\t\n\f\r ][^0-9]/u],
  ["a{,2}b", /a\{,2\}b/u],
  ["^(?:|a)b|c$"],
];
const texts = [
  ...[
    "",
    "a",
    "aaa",
    "b",
    "abc",
    "ababc",
    "123",
    "1.2.3.4",
    "foo-bar.baz",
    "foo--bar",
    "xHeLLo",
    "ab",
    "a\nb",
  ],
  ...[
    "a\nc",
    "abc.*",
    "😀😀",
    "😀",
    "é",
    "ö1",
    "cb",
    "a-]z",
    "a".repeat(10),
    "a".repeat(21),
    "a".repeat(9),
    "xx",
    "xxy",
  ],
  ...["K\u212a", "\u017f", "AA", "Bé", "αβ", "αΒ", "_ ", " x!", "a{,2}b", "]a", "\ud83d", "aB", "Ab"],
];

test("match where the engine of the language does", () => {
  const wrong = patterns.flatMap(([source, same = new RegExp(source, "u")]) => {
    const matches = pattern(compilePattern(source));
    return texts
      .filter((text) => matches(text) !== same.test(text))
      .map((text) => `${source} on ${JSON.stringify(text)}`);
  });
  assert.equal(wrong, []);
});

test("match as the language does on patterns and texts nobody has thought of", () => {
  const random = seededRandom(20_261_122);
  const part = (depth: number): string => {
    const kind = depth > 3 ? 0 : random.below(6);
    if (kind <= 1) return random.pick(["a", "b", "c", "[ab]", "[^a]", ".", "é"]);
    if (kind === 2) return `(?:${part(depth + 1)}|${part(depth + 1)})`;
    if (kind === 3) return `(?:${part(depth + 1)})${random.pick(["*", "+", "?", "{2}", "{1,3}", "{0,2}"])}`;
    return kind === 4 ? random.pick(["^", "$"]) + part(depth + 1) : part(depth + 1) + part(depth + 1);
  };
  for (let round = 0; round < 2_000; round++) {
    const source = part(0);
    const matches = pattern(compilePattern(source));
    const same = new RegExp(source, "u");
    for (let n = 0; n < 20; n++) {
      const text = Array.from({ length: random.below(8) }, () =>
        random.pick(["a", "b", "c", "é", "\n"]),
      ).join("");
      assert.is(matches(text), same.test(text), `${source} on ${JSON.stringify(text)}`);
    }
  }
});

test("that an automaton cannot hold, or that are none, are refused by what they have", () => {
  const refused: [source: string, why: RegExp][] = [
    ["(a)\\1", /refers back to a group/],
    ["(?=a)", /no group that begins with \(\?=/],
    ["(?!a)", /no group that begins with \(\?!/],
    ["(?<=a)b", /no group that begins with \(\?</],
    ["\\bword", /word boundary \\b/],
    ["(?m)^a", /flag m/],
    ["(?i)ä", /flag i is supported for ASCII only/],
    ["a**", /repeats a repetition/],
    ["*a", /nothing before \*/],
    ["[z-a]", /ends before it begins/],
    ["[a", /not closed/],
    ["(a", /not closed/],
    ["a)", /not open/],
    ["a\\", /ends in a backslash/],
    ["\\y", /no escape \\y/],
    ["\\p{Nope}", /no class/],
    ["[[:nope:]]", /no class/],
    ["\\x{110000}", /escapes no character/],
    ["a{1001}", /repeats in a way/],
    ["a{3,2}", /repeats in a way/],
    ["(?:a{1000}){1000}", /too large/],
    ["^(?:a|b)*a(?:a|b){14}$", /too large/],
    [`${"(".repeat(101)}${")".repeat(101)}`, /nest too deep/],
  ];
  for (const [source, why] of refused) assert.throws(() => compilePattern(source), why, source);
});
