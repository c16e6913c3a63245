// Names of the schema as names of TypeScript: how ts-proto spells types, how Vertex spells methods, and which
// names a generated file cannot give away.

/** What the generated text itself uses, from the language and from ts-proto's helpers: no type may hide it. */
const TAKEN: ReadonlySet<string> = new Set(
  [
    // Values and types of the language that the output names without `globalThis`.
    "Array AsyncIterable BigInt Date Function Iterable Map Math NaN Number Object Partial Promise ReadonlyArray",
    "Uint8Array",
    // What ts-proto imports or writes into a file when it is needed.
    "AnyValueWrapperFns BinaryReader BinaryWriter Builtin DeepPartial FieldMaskWrapperFns ListValueWrapperFns",
    "MessageFns StructWrapperFns",
  ].flatMap((line) => line.split(" ")),
);

/** Members that every object has or that the language calls by name: a method must not stand in for them. */
const MEMBERS: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  "prototype",
  "then",
  "toJSON",
]);

/**
 * True if a generated file cannot hold a type or constant called `name`. Small first letters are for the language's
 * own words and for what functions call their variables: `class`, `message`, `reader`.
 */
export function isTaken(name: string): boolean {
  return TAKEN.has(name) || /^[a-z]/.test(name);
}

/** True if every object inherits something called `name`. */
export function isInherited(name: string): boolean {
  return name in Object.prototype;
}

/** True for what protobuf calls an identifier. A descriptor from elsewhere may claim other things. */
export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** ts-proto's camel case: words in mixed case stay, SHOUTED words are lowered. */
export function camelCase(name: string): string {
  if (!name.includes("_")) return name;
  const mixed = /[a-z]/.test(name);
  return name
    .split("_")
    .map((word) => (mixed ? word : word.toLowerCase()))
    .map((word, index) => (index === 0 ? word : capitalize(word)))
    .join("");
}

/** The name of a method on stub and handlers: `SayHello` and `say_hello` give `sayHello`. */
export function methodLocalName(name: string): string {
  const camel = camelCase(name);
  const lowered = /^[A-Z]+$/.test(camel)
    ? camel.toLowerCase()
    : camel.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]/, (head) => head.toLowerCase());
  const local = lowered === "" || /^[0-9]/.test(lowered) ? `_${lowered}` : lowered;
  return MEMBERS.has(local) ? `${local}_` : local;
}

/** `name` with its first letter in upper case. */
function capitalize(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** `name` with its first letter in lower case. */
export function uncapitalize(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
