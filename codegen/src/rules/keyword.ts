// How the generator's own keywords for ajv are written, and what several of them need.

import { _, type Code, type CodeKeywordDefinition, type KeywordCxt, str } from "ajv";
import { _Code } from "ajv/dist/compile/codegen/code.js";

/** Turns text into code. Only what this generator has made goes this way, never text of a schema. */
export function raw(text: string): Code {
  return new _Code(text);
}

/** A keyword that fails when `fails` says so; the value it is given is what the schema holds. */
export function leaf<T>(keyword: string, fails: (cxt: KeywordCxt, value: T) => Code): CodeKeywordDefinition {
  return {
    keyword,
    error: { message: "", params: () => _`{}` },
    code: (cxt) => cxt.fail(fails(cxt, cxt.schema as T)),
  };
}

/** `cxt` with a subscript behind the path that its errors name. */
export function below(cxt: KeywordCxt, subscript: Code): KeywordCxt {
  const it = { ...cxt.it, errorPath: str`${cxt.it.errorPath}${subscript}` };
  return Object.create(cxt, { it: { value: it } }) as KeywordCxt;
}

/** A string as a literal: ajv writes it so that it can be nothing else. */
export function quoted(text: string): Code {
  return _`${text}`;
}
