// Regular expressions in RE2's syntax, which is what `pattern` rules are written in, as trees. What RE2 does not have
// (references back, looking around) is no syntax here either; what needs more than an automaton is refused by name.

import {
  ANY,
  complement,
  DIGITS,
  foldCase,
  POSIX,
  type Ranges,
  SPACES,
  unicodeClass,
  union,
  WORD,
} from "./characters.ts";

/** A part of a pattern. */
export type Node =
  | { readonly kind: "set"; readonly ranges: Ranges }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly parts: readonly Node[] }
  | { readonly kind: "repeat"; readonly part: Node; readonly min: number; readonly max: number }
  | { readonly kind: "begin" }
  | { readonly kind: "end" };

/** RE2's own bound. */
const MAX_REPEAT = 1_000;
/** How deep groups may nest. */
const MAX_DEPTH = 100;

const ESCAPES: ReadonlyMap<string, number> = new Map([
  ["a", 7],
  ["f", 12],
  ["t", 9],
  ["n", 10],
  ["r", 13],
  ["v", 11],
]);

interface Flags {
  readonly i: boolean;
  readonly s: boolean;
}

/** Says what a pattern has that cannot be compiled. */
export class PatternError extends Error {
  override readonly name: string = "PatternError";
}

/** @throws PatternError */
export function parsePattern(source: string): Node {
  return new Parser(source).parse();
}

class Parser {
  readonly #chars: readonly string[];
  #at = 0;
  #depth = 0;
  #flags: Flags = { i: false, s: false };

  constructor(source: string) {
    this.#chars = [...source];
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#chars.length) throw new PatternError("it closes a group that is not open");
    return node;
  }

  get #next(): string | undefined {
    return this.#chars[this.#at];
  }

  #take(text: string): boolean {
    const taken = [...text].every((char, index) => this.#chars[this.#at + index] === char);
    if (taken) this.#at += [...text].length;
    return taken;
  }

  /** What stands up to `end`, which is passed too. */
  #until(end: string): string {
    const from = this.#at;
    while (this.#at < this.#chars.length) {
      const to = this.#at;
      if (this.#take(end)) return this.#chars.slice(from, to).join("");
      this.#at++;
    }
    throw new PatternError(`it has no ${end} where one is needed`);
  }

  #choice(): Node {
    const outer = this.#flags;
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    this.#flags = outer;
    return parts.length === 1 ? (parts[0] as Node) : { kind: "choice", parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#next !== undefined && this.#next !== "|" && this.#next !== ")") {
      if (this.#take("\\Q")) parts.push(...this.#quoted());
      else if (!this.#setFlags()) parts.push(this.#repeated(this.#atom()));
    }
    return { kind: "sequence", parts };
  }

  #quoted(): Node[] {
    const from = this.#at;
    while (this.#next !== undefined && !(this.#next === "\\" && this.#chars[this.#at + 1] === "E"))
      this.#at++;
    const chars = this.#chars.slice(from, this.#at);
    this.#take("\\E");
    return chars.map((char) => this.#literal(char));
  }

  /** `(?i)`: flags for the rest of the group. */
  #setFlags(): boolean {
    const found = /^\(\?([imsU-]+)\)/.exec(this.#chars.slice(this.#at, this.#at + 12).join(""));
    if (found === null) return false;
    this.#at += found[0].length;
    this.#applyFlags(found[1] ?? "");
    return true;
  }

  #applyFlags(text: string): void {
    const [on = "", off = ""] = text.split("-");
    if (on.includes("m")) throw new PatternError("the flag m is not supported");
    const has = (flag: "i" | "s"): boolean => (this.#flags[flag] || on.includes(flag)) && !off.includes(flag);
    this.#flags = { i: has("i"), s: has("s") };
  }

  #repeated(atom: Node): Node {
    let node = atom;
    for (let repeats = 0; ; repeats++) {
      const bounds = this.#bounds();
      if (bounds === undefined) return node;
      if (repeats > 0) throw new PatternError("it repeats a repetition");
      this.#take("?");
      node = { kind: "repeat", part: node, min: bounds[0], max: bounds[1] };
    }
  }

  #bounds(): [min: number, max: number] | undefined {
    if (this.#take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#take("?")) return [0, 1];
    const found = /^\{(\d+)(,?)(\d*)\}/.exec(this.#chars.slice(this.#at, this.#at + 16).join(""));
    if (found === null || (found[2] === "" && found[3] !== "")) return undefined;
    this.#at += found[0].length;
    const min = Number(found[1]);
    const open = found[3] === "" ? Number.POSITIVE_INFINITY : Number(found[3]);
    const max = found[2] === "" ? min : open;
    if (min > MAX_REPEAT || (Number.isFinite(max) && (max > MAX_REPEAT || max < min))) {
      throw new PatternError(`it repeats in a way that RE2 does not know: ${found[0]}`);
    }
    return [min, max];
  }

  #atom(): Node {
    const char = this.#next ?? "";
    this.#at++;
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        return { kind: "set", ranges: this.#class() };
      case ".":
        return { kind: "set", ranges: this.#flags.s ? ANY : complement([[10, 10]]) };
      case "^":
        return { kind: "begin" };
      case "$":
        return { kind: "end" };
      case "\\":
        return this.#escape();
      case "*":
      case "+":
      case "?":
        throw new PatternError(`it has nothing before ${char}`);
      default:
        return this.#literal(char);
    }
  }

  #group(): Node {
    if (++this.#depth > MAX_DEPTH) throw new PatternError("its groups nest too deep");
    const outer = this.#flags;
    if (
      this.#take("?P<") ||
      (this.#chars[this.#at + 2] !== "=" && this.#chars[this.#at + 2] !== "!" && this.#take("?<"))
    ) {
      if (!/^[A-Za-z0-9_]+$/.test(this.#until(">")))
        throw new PatternError("a group has a name that is none");
    } else if (this.#take("?")) {
      const flags = /^([imsU-]*):/.exec(this.#chars.slice(this.#at, this.#at + 12).join(""))?.[1];
      if (flags === undefined)
        throw new PatternError(`RE2 has no group that begins with (?${this.#next ?? ""}`);
      this.#at += flags.length + 1;
      this.#applyFlags(flags);
    }
    const node = this.#choice();
    if (!this.#take(")")) throw new PatternError("a group is not closed");
    this.#flags = outer;
    this.#depth--;
    return node;
  }

  #escape(): Node {
    const ranges = this.#classEscape();
    if (ranges !== undefined) return this.#set(ranges);
    if (this.#take("A")) return { kind: "begin" };
    if (this.#take("z")) return { kind: "end" };
    const next = this.#next ?? "";
    if (next === "b" || next === "B") throw new PatternError(`the word boundary \\${next} is not supported`);
    return this.#set([[this.#escapedPoint(), -1]]);
  }

  /** `\d` and its like; the backslash has been read. */
  #classEscape(): Ranges | undefined {
    const char = this.#next ?? "";
    const known = { d: DIGITS, s: SPACES, w: WORD }[char.toLowerCase()];
    if (known !== undefined) {
      this.#at++;
      return char === char.toLowerCase() ? known : complement(known);
    }
    if (char !== "p" && char !== "P") return undefined;
    this.#at++;
    let name = this.#next ?? "";
    this.#at++;
    if (name === "{") name = this.#until("}");
    const negated = name.startsWith("^") !== (char === "P");
    const ranges = unicodeClass(name.replace(/^\^/, ""));
    if (ranges === undefined) throw new PatternError(`there is no class \\${char}{${name}}`);
    return negated ? complement(ranges) : ranges;
  }

  /** The character behind a backslash that has been read. */
  #escapedPoint(): number {
    const char = this.#next;
    this.#at++;
    if (char === undefined) throw new PatternError("it ends in a backslash");
    const known = ESCAPES.get(char);
    if (known !== undefined) return known;
    if (char === "x") return this.#hexPoint();
    if (/[0-7]/.test(char)) {
      const more = /^[0-7]{0,2}/.exec(this.#chars.slice(this.#at, this.#at + 2).join(""))?.[0] ?? "";
      if (char !== "0" && more === "") throw new PatternError("it refers back to a group");
      this.#at += more.length;
      return Number.parseInt(char + more, 8);
    }
    if (/[A-Za-z0-9]/.test(char) || char.charCodeAt(0) > 0x7f)
      throw new PatternError(`RE2 has no escape \\${char}`);
    return char.charCodeAt(0);
  }

  #hexPoint(): number {
    const isBraced = this.#take("{");
    const digits = isBraced ? this.#until("}") : this.#chars.slice(this.#at, this.#at + 2).join("");
    if (!isBraced) this.#at += 2;
    const point = Number.parseInt(digits, 16);
    if (!/^[0-9A-Fa-f]{1,8}$/.test(digits) || point > 0x10ffff)
      throw new PatternError("it escapes no character");
    return point;
  }

  /** What is in brackets; the first one has been read. */
  #class(): Ranges {
    const negated = this.#take("^");
    const sets: Ranges[] = [];
    for (let first = true; first || this.#next !== "]"; first = false) {
      if (this.#next === undefined) throw new PatternError("a class is not closed");
      sets.push(this.#classItem());
    }
    this.#at++;
    const ranges = union(...sets);
    const folded = this.#flags.i ? foldCase(ranges) : ranges;
    if (folded === undefined) throw notAscii();
    return negated ? complement(folded) : folded;
  }

  #classItem(): Ranges {
    if (this.#take("[:")) {
      const name = this.#until(":]");
      const ranges = POSIX.get(name.replace(/^\^/, ""));
      if (ranges === undefined) throw new PatternError(`there is no class [:${name}:]`);
      return name.startsWith("^") ? complement(ranges) : ranges;
    }
    if (this.#next === "\\") {
      this.#at++;
      const ranges = this.#classEscape();
      if (ranges !== undefined) return ranges;
      this.#at--;
    }
    const first = this.#classPoint();
    if (this.#next !== "-" || this.#chars[this.#at + 1] === "]" || this.#chars[this.#at + 1] === undefined) {
      return [[first, first]];
    }
    this.#at++;
    const last = this.#classPoint();
    if (last < first) throw new PatternError("a range in a class ends before it begins");
    return [[first, last]];
  }

  #classPoint(): number {
    if (this.#take("\\")) return this.#escapedPoint();
    const point = this.#next?.codePointAt(0);
    if (point === undefined) throw new PatternError("a class is not closed");
    this.#at++;
    return point;
  }

  #literal(char: string): Node {
    return this.#set([[char.codePointAt(0) ?? 0, -1]]);
  }

  /** A set in the case that the flags ask for; `-1` as the end of a range is its beginning. */
  #set(given: Ranges): Node {
    const ranges = given.map(([first, last]) => [first, last < 0 ? first : last] as const);
    const folded = this.#flags.i ? foldCase(ranges) : ranges;
    if (folded === undefined) throw notAscii();
    return { kind: "set", ranges: folded };
  }
}

function notAscii(): PatternError {
  return new PatternError("the flag i is supported for ASCII only");
}
