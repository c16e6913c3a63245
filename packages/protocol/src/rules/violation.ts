// What a message breaks, and how generated validators say it. They are written by ajv at codegen time; what they
// push while they run is turned into violations here, only when there are any.

/** One broken rule of the schema. */
export interface Violation {
  /** Path of the field as the schema spells it: `readings[3].cpu.busy_percent`, `labels["a"]`; "" for the message. */
  readonly field: string;
  /** Id of the rule, as protovalidate names it: `string.min_len`. */
  readonly rule: string;
  /** What the value must be, in words. */
  readonly message: string;
  /** The key of a map entry breaks the rule, not its value. */
  readonly forKey: boolean;
}

/** Most violations that one message is told of. Lists and maps are not read on when there are as many. */
export const MAX_VIOLATIONS = 16;
/** Deepest nesting that is validated; what the decoder takes, too. */
export const MAX_RULE_DEPTH = 100;
/** Most UTF-16 units of a map's key that a path shows. */
const MAX_KEY_TEXT = 64;
/** Most UTF-16 units of a path: a map in a map in a map has long ones. */
const MAX_FIELD_TEXT = 512;

/** By the place of the check in the compiled schema: field, rule, text, and whether it is about a map's key. */
export interface RuleTable {
  readonly [place: string]: readonly [field: string, rule?: string, text?: string, forKey?: boolean];
}

/** What generated code pushes for a check that failed. */
interface Failed {
  /** `/` and the property, then subscripts. */
  readonly instancePath: string;
  /** The place of the check and its keyword. */
  readonly schemaPath: string;
  /** What a message in the field breaks. */
  readonly params: { readonly inner?: readonly Violation[] };
}

/** The violations behind what a generated validator pushed. */
export function explain(failed: readonly Failed[], table: RuleTable): Violation[] {
  const violations: Violation[] = [];
  for (const { instancePath, schemaPath, params } of failed) {
    const place = schemaPath.slice(0, schemaPath.lastIndexOf("/"));
    const [name, rule = "", message = "", forKey = false] = table[place] ?? [""];
    const subscripts = instancePath.indexOf("[");
    const field = subscripts < 0 ? name : name + instancePath.slice(subscripts);
    const found = params.inner ?? [{ field: "", rule, message, forKey }];
    for (const each of found) {
      if (violations.length >= MAX_VIOLATIONS) return violations;
      violations.push({ ...each, field: joined(field, each.field) });
    }
  }
  return violations;
}

/** What is said of a message that nests deeper than anything that could have been decoded. */
export function tooDeep(): Violation[] {
  return [
    { field: "", rule: "depth", message: `must not nest deeper than ${MAX_RULE_DEPTH}`, forKey: false },
  ];
}

/** The key of a map entry as a path shows it. */
export function subscript(key: unknown): string {
  if (typeof key !== "string") return `[${String(key)}]`;
  return `[${JSON.stringify(key.length > MAX_KEY_TEXT ? `${key.slice(0, MAX_KEY_TEXT)}…` : key)}]`;
}

function joined(outer: string, inner: string): string {
  const path = outer === "" || inner === "" ? outer + inner : `${outer}.${inner}`;
  return path.length > MAX_FIELD_TEXT ? `${path.slice(0, MAX_FIELD_TEXT)}…` : path;
}
