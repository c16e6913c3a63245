// One check of a value: a keyword of JSON Schema, or of this generator (keywords.ts), and the rule it stands for.

/** JSON, with what numbers can be beside. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A check, and what a value that fails it is told. */
export interface Check {
  readonly keyword: string;
  readonly value: Json;
  /** `string.min_len`. */
  readonly rule: string;
  /** "must be at least 3 characters". */
  readonly text: string;
}

/** What cannot be compiled, and the field numbers that lead to it from the options. */
export interface Refusal {
  readonly path: readonly number[];
  readonly text: string;
}
