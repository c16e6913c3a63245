// Keywords for single values: what JSON Schema has no words for.

import { _, type Code, type CodeKeywordDefinition, type KeywordCxt, nil } from "ajv";
import { leaf, quoted, raw } from "./keyword.ts";
import { compilePattern } from "./pattern-automaton.ts";

type Order = "number" | "bigint" | "time";
type Literal = number | string | readonly [seconds: string, nanos: string];

interface Range {
  readonly type: Order;
  readonly gt?: Literal;
  readonly gte?: Literal;
  readonly lt?: Literal;
  readonly lte?: Literal;
  /** Between the bounds, not outside of them. */
  readonly inside: boolean;
}

/** `data` against a literal: negative, zero or positive for times, compared directly otherwise. */
function compared(type: Order, data: Code, operator: string, value: Literal): Code {
  if (typeof value === "object") {
    const [seconds, nanos] = value;
    return _`compareTime(${data}, ${wide(seconds)}, ${raw(String(Number(nanos)))}) ${raw(operator)} 0`;
  }
  return _`${data} ${raw(operator)} ${type === "bigint" ? wide(value) : raw(numberText(Number(value)))}`;
}

/** A literal of 64 bits. Below zero in parentheses: it stands behind operators. */
function wide(value: unknown): Code {
  const number = BigInt(String(value));
  return raw(number < 0n ? `(${number}n)` : `${number}n`);
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-Infinity" : "Infinity";
  return Object.is(value, -0) ? "-0" : String(value);
}

const OPERATORS: readonly (readonly [bound: "gt" | "gte" | "lt" | "lte", operator: string])[] = [
  ["gt", ">"],
  ["gte", ">="],
  ["lt", "<"],
  ["lte", "<="],
];

/** Fails unless all bounds hold, or, outside of them, unless one does. NaN holds none. */
const range = leaf<Range>("range", ({ data }, value) => {
  const tests = OPERATORS.flatMap(([bound, operator]) => {
    const limit = value[bound];
    return limit === undefined ? [] : [compared(value.type, data, operator, limit)];
  });
  const joined = tests.reduce((all, test) => (value.inside ? _`${all} && ${test}` : _`${all} || ${test}`));
  return _`!(${joined})`;
});

interface Listed {
  readonly type: "bigint" | "time" | "bytes";
  readonly values: readonly Literal[];
  readonly not: boolean;
}

const listed = leaf<Listed>("listed", (cxt, { type, values, not }) => {
  const tests = values.map((value) =>
    type === "bytes"
      ? _`sameBytes(${cxt.data}, ${bytesConstant(cxt, String(value))})`
      : compared(type, cxt.data, "===", value),
  );
  const any = tests.length === 0 ? _`false` : tests.reduce((all, test) => _`${all} || ${test}`);
  return not ? any : _`!(${any})`;
});

/** Bytes that the module makes once. */
function bytesConstant({ gen }: KeywordCxt, latin1: string): Code {
  return gen.scopeValue("obj", { key: latin1, ref: latin1, code: _`bytesOf(${quoted(latin1)})` });
}

const finite = leaf<true>("finite", ({ data }) => _`!Number.isFinite(${data})`);

interface Now {
  readonly before?: true;
  readonly after?: true;
  readonly within?: readonly [seconds: string, nanos: string];
}

const now = leaf<Now>("now", ({ data }, { before, after, within }) => {
  if (before) return _`compareNow(${data}, 0n, 0) > 0`;
  if (after) return _`compareNow(${data}, 0n, 0) < 0`;
  const [seconds, nanos] = within ?? ["0", "0"];
  const [later, earlier] = [1n, -1n].map(
    (sign) => _`${wide(sign * BigInt(seconds))}, ${raw(String(Number(sign) * Number(nanos)))}`,
  );
  return _`compareNow(${data}, ${later ?? nil}) > 0 || compareNow(${data}, ${earlier ?? nil}) < 0`;
});

/** JSON Schema's, for values that JavaScript compares. */
const enumeration = leaf<readonly (number | string | boolean)[]>("enum", ({ data }, values) => {
  const tests = values.map(
    (each) => _`${data} === ${typeof each === "number" ? raw(numberText(each)) : each}`,
  );
  return tests.length === 0 ? _`true` : _`!(${tests.reduce((all, test) => _`${all} || ${test}`)})`;
});

/** JSON Schema's two, on a count that stops where the answer is known. */
const minLength = leaf<number>("minLength", ({ data }, min) =>
  min <= 1 ? _`${data}.length < ${min}` : _`characters(${data}, ${min}) < ${min}`,
);
const maxLength = leaf<number>(
  "maxLength",
  ({ data }, max) => _`${data}.length > ${max} && characters(${data}, ${max}) > ${max}`,
);
const exactLength = leaf<[string, number]>(
  "characters",
  ({ data }, [, n]) => _`characters(${data}, ${n}) !== ${n}`,
);

const FAILS: { readonly [bound: string]: string } = { is: "!==", min: "<", max: ">" };

const utf8 = leaf<[string, number]>(
  "utf8",
  ({ data }, [bound, n]) => _`utf8Bytes(${data}, ${n}) ${raw(FAILS[bound] ?? "")} ${n}`,
);

/** Of bytes. */
const size = leaf<[string, ...number[]]>("size", ({ data }, [bound, ...sizes]) => {
  if (bound !== "in") return _`${data}.length ${raw(FAILS[bound] ?? "")} ${sizes[0] ?? 0}`;
  const tests = sizes.map((each) => _`${data}.length === ${each}`);
  return _`!(${tests.reduce((all, test) => _`${all} || ${test}`)})`;
});

const text = leaf<[string, string]>(
  "text",
  ({ data }, [method, part]) => _`!${data}.${raw(method)}(${quoted(part)})`,
);

function matcher({ gen }: KeywordCxt, source: string): Code {
  const automaton = JSON.stringify(compilePattern(source));
  return gen.scopeValue("pattern", { key: source, ref: source, code: _`pattern(${raw(automaton)})` });
}

const matches = leaf<string>("matches", (cxt, source) => _`!${matcher(cxt, source)}(${cxt.data})`);
const matchesText = leaf<string>(
  "matchesText",
  (cxt, source) => _`!matchesText(${cxt.data}, ${matcher(cxt, source)})`,
);

const bytes = leaf<[string, string]>("bytes", (cxt, [where, part]) => {
  const { data, gen } = cxt;
  const constant = bytesConstant(cxt, part);
  if (where === "prefix") return _`!bytesAt(${data}, ${constant}, 0)`;
  if (where === "suffix") return _`!bytesAt(${data}, ${constant}, ${data}.length - ${part.length})`;
  const finder = gen.scopeValue("func", {
    key: part,
    ref: part,
    code: _`bytesWith(bytesOf(${quoted(part)}))`,
  });
  return _`!${finder}(${data})`;
});

const typeUrl = leaf<[string, ...string[]]>("typeUrl", ({ data }, [rule, ...urls]) => {
  const any = urls.reduce((all, url) => _`${all} || ${data}.typeUrl === ${quoted(url)}`, _`false`);
  return rule === "in" ? _`!(${any})` : any;
});

const PATHS: { readonly [rule: string]: string } = {
  const: "samePaths",
  in: "pathsWithin",
  not_in: "pathsOutside",
};

const paths = leaf<[string, ...string[]]>("paths", ({ data }, [rule, ...roots]) => {
  const list = roots.reduce(
    (all, root, index) => (index === 0 ? quoted(root) : _`${all}, ${quoted(root)}`),
    nil as Code,
  );
  return _`!${raw(PATHS[rule] ?? "")}(${data}, [${list}])`;
});

/** The keywords of this file. */
export const VALUE_KEYWORDS: readonly CodeKeywordDefinition[] = [
  range,
  listed,
  finite,
  now,
  enumeration,
  minLength,
  maxLength,
  exactLength,
  utf8,
  size,
  text,
  matches,
  matchesText,
  bytes,
  typeUrl,
  paths,
];
