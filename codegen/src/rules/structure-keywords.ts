// Keywords for what holds other values: lists, maps, oneofs, messages, and values that may be absent. Lists and maps
// are not read on when enough has been found: what is told of one message is bounded.

import { _, type Code, type CodeKeywordDefinition, type KeywordCxt, Name, str } from "ajv";
import { below, leaf, quoted, raw } from "./keyword.ts";
import type { Zero } from "./message-rules.ts";

const NO_ERROR = { message: "", params: () => _`{}` };
/** What ajv's code calls the number of errors so far. */
const errors = new Name("errors");

/** Whether `data` is what a field looks like that nobody has set. */
function isZero(data: Code, zero: Zero): Code {
  switch (zero) {
    case "bigint":
      return _`${data} === 0n`;
    case "string":
      return _`${data} === ""`;
    case "boolean":
      return _`${data} === false`;
    case "bytes":
    case "list":
      return _`${data}.length === 0`;
    case "map":
      return _`${data}.size === 0`;
    case "number":
      return _`${data} === 0`;
    default:
      return _`${data} === ${zero}`;
  }
}

const filled = leaf<Zero>("filled", ({ data }, zero) => isZero(data, zero));

/** Runs `rules` unless the value is zero. */
const whenFilled: CodeKeywordDefinition = {
  keyword: "whenFilled",
  schemaType: "object",
  error: NO_ERROR,
  code(cxt) {
    const { gen, data, schema } = cxt;
    gen.if(_`!(${isZero(data, (schema as { readonly zero: Zero }).zero)})`, () => {
      inside(cxt, { keyword: "whenFilled", schemaProp: "rules" });
    });
  },
};

/** Runs a schema below the keyword on `data`. */
function inside(cxt: KeywordCxt, where: { keyword: string; schemaProp?: string }, data?: Code): void {
  const valid = cxt.gen.name("valid");
  const schemaProp = where.schemaProp === undefined ? {} : { schemaProp: where.schemaProp };
  const subject = data === undefined ? {} : { data: data as Name, dataTypes: [] };
  cxt.subschema({ keyword: where.keyword, ...schemaProp, ...subject }, valid);
}

/** Every item of a list. */
const each: CodeKeywordDefinition = {
  keyword: "each",
  schemaType: "object",
  error: NO_ERROR,
  code(cxt) {
    const { gen, data } = cxt;
    const i = gen.name("i");
    gen.for(_`let ${i} = 0; ${i} < ${data}.length && ${errors} < MAX_VIOLATIONS; ${i}++`, () => {
      const item = gen.const("item", _`${data}[${i}]`);
      inside(below(cxt, str`[${i}]`), { keyword: "each" }, item);
    });
  },
};

/** Every key and every value of a map. */
const entries: CodeKeywordDefinition = {
  keyword: "entries",
  schemaType: "object",
  error: NO_ERROR,
  code(cxt) {
    const { gen, data, schema } = cxt;
    const parts = schema as { readonly keys?: object; readonly values?: object };
    gen.forOf("pair", data, (entry: Name) => {
      gen.if(_`${errors} >= MAX_VIOLATIONS`, () => gen.break());
      const key = gen.const("key", _`${entry}[0]`);
      const at = below(cxt, _`subscript(${key})`);
      if (parts.keys !== undefined) inside(at, { keyword: "entries", schemaProp: "keys" }, key);
      if (parts.values === undefined) return;
      inside(at, { keyword: "entries", schemaProp: "values" }, gen.const("value", _`${entry}[1]`));
    });
  },
};

/** The members of a oneof, of which one is there. */
const cases: CodeKeywordDefinition = {
  keyword: "cases",
  schemaType: "object",
  error: NO_ERROR,
  code(cxt) {
    const { gen, data, schema } = cxt;
    for (const member of Object.keys(schema as object)) {
      gen.if(_`${data}.$case === ${quoted(member)}`, () => {
        inside(cxt, { keyword: "cases", schemaProp: member }, gen.const("value", _`${data}.value`));
      });
    }
  },
};

interface Presence {
  readonly property?: string;
  readonly zero?: Zero;
  readonly oneof?: string;
  readonly member?: string;
}

/** Whether a field of the message `data` is set. */
function isSet(data: Code, { property, zero, oneof, member }: Presence): Code {
  if (oneof !== undefined) return _`${data}[${quoted(oneof)}]?.$case === ${quoted(member ?? "")}`;
  const value = _`${data}[${quoted(property ?? "")}]`;
  return zero === undefined ? _`${value} !== undefined` : _`!(${isZero(value, zero)})`;
}

const set = leaf<Presence>("set", ({ data }, presence) => _`!(${isSet(data, presence)})`);

interface Together {
  readonly tests: readonly Presence[];
  readonly most?: number;
  readonly least?: number;
}

const together = leaf<Together>("together", ({ data }, { tests, most }) => {
  const count = tests.reduce((sum, test) => _`${sum} + (${isSet(data, test)} ? 1 : 0)`, _`0`);
  return most === undefined ? _`${count} < 1` : _`${count} > ${most}`;
});

const unique = leaf<true>("unique", ({ data }) => _`!unique(${data})`);
const pairs = leaf<[string, number]>(
  "pairs",
  ({ data }, [bound, n]) => _`${data}.size ${raw(bound === "min" ? "<" : ">")} ${n}`,
);

/**
 * A message: its own validator says what it breaks. `this` is the depth, which no validator can go past.
 * @param validatorOf gives the local name of the validator of a message.
 */
function message(validatorOf: (typeName: string) => string): CodeKeywordDefinition {
  return {
    keyword: "message",
    error: { message: "", params: ({ params }) => _`{inner: ${params.inner}}` },
    code(cxt) {
      const { gen, data, schema } = cxt;
      const inner = gen.const("inner", _`${raw(validatorOf(schema as string))}(${data}, this + 1)`);
      cxt.setParams({ inner });
      cxt.fail(_`${inner} !== undefined`);
    },
  };
}

/** The keywords of this file. */
export function structureKeywords(
  validatorOf: (typeName: string) => string,
): readonly CodeKeywordDefinition[] {
  return [filled, whenFilled, each, entries, cases, set, together, unique, pairs, message(validatorOf)];
}
