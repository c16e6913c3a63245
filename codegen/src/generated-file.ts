// One generated file taken apart and put together: header, imports, body. Whoever appends code asks here for the
// local name of what it imports; names that the body declares, or another module has, are gone around.

interface ImportedName {
  readonly name: string;
  readonly local: string;
  readonly typeOnly: boolean;
}

/** A file in the making. */
export interface GeneratedFile {
  /** Says that the file's own code declares `name`. */
  declare(name: string): void;
  /** True if the file declares `name` or has imported something under it. */
  has(name: string): boolean;
  /** The local name of `name` from `module`, imported when first asked for. `alias` is used when `name` is taken. */
  importType(module: string, name: string, alias?: string): string;
  importValue(module: string, name: string, alias?: string): string;
  append(code: string): void;
  /** Changes what ts-proto wrote below its imports. */
  edit(change: (body: string) => string): void;
  /** The text of the file below `header`. */
  print(header: string): string;
}

/** One import, line comment, lint switch or empty line at the head of ts-proto's text. */
const HEAD =
  /^(?:import (?<type>type )?\{(?<names>[^}]*)\} from "(?<from>[^"\n]+)";|\/\/ .*|\/\* eslint-disable \*\/|)\n/;
const DECLARATION =
  /^(?:export )?(?:declare )?(?:const|let|function|class|interface|type|namespace) ([A-Za-z_$][\w$]*)/gm;

/** Takes ts-proto's text apart: a head of line comments and imports, and the rest. */
export function parseGeneratedFile(text: string): GeneratedFile {
  const imports = new Map<string, ImportedName[]>();
  let rest = text;
  for (let found = HEAD.exec(rest); found !== null; found = HEAD.exec(rest)) {
    const { names, from, type } = found.groups ?? {};
    if (names !== undefined && from !== undefined) {
      imports.set(from, [...(imports.get(from) ?? []), ...parseNames(names, type !== undefined)]);
    }
    rest = rest.slice(found[0].length);
  }
  return createGeneratedFile(imports, rest.trimEnd());
}

function parseNames(list: string, typeOnly: boolean): ImportedName[] {
  return list.split(",").flatMap((item) => {
    const found = /^\s*(type )?([\w$]+)(?: as ([\w$]+))?\s*$/.exec(item);
    if (found === null) return [];
    const name = found[2] ?? "";
    return [{ name, local: found[3] ?? name, typeOnly: typeOnly || found[1] !== undefined }];
  });
}

function createGeneratedFile(imports: Map<string, ImportedName[]>, body: string): GeneratedFile {
  const parts = [body];
  const taken = new Set([...body.matchAll(DECLARATION)].map((found) => found[1] ?? ""));
  for (const { local } of [...imports.values()].flat()) taken.add(local);
  const importName = (module: string, name: string, alias: string, typeOnly: boolean): string => {
    const names = imports.get(module) ?? [];
    imports.set(module, names);
    const known = names.find((each) => each.name === name && (typeOnly || !each.typeOnly));
    if (known !== undefined) return known.local;
    const local = freeName(taken, taken.has(name) ? alias : name);
    taken.add(local);
    names.push({ name, local, typeOnly });
    return local;
  };
  return {
    declare: (name) => void taken.add(name),
    has: (name) => taken.has(name),
    importType: (module, name, alias = name) => importName(module, name, alias, true),
    importValue: (module, name, alias = name) => importName(module, name, alias, false),
    append: (code) => void parts.push(code.trimEnd()),
    edit: (change) => void parts.splice(0, 1, change(parts[0] ?? "")),
    print: (header) =>
      [header, printImports(imports), ...parts]
        .filter((part) => part !== "")
        .join("\n\n")
        .concat("\n"),
  };
}

function freeName(taken: ReadonlySet<string>, wanted: string): string {
  let name = wanted;
  for (let count = 1; taken.has(name); count++) name = `${wanted}${count}`;
  return name;
}

function printImports(imports: ReadonlyMap<string, readonly ImportedName[]>): string {
  const modules = [...imports].filter(([, names]) => names.length > 0);
  modules.sort(([a], [b]) => Number(a.startsWith(".")) - Number(b.startsWith(".")) || compare(a, b));
  return modules.map(([module, names]) => printImport(module, names)).join("\n");
}

function printImport(module: string, names: readonly ImportedName[]): string {
  const sorted = names.toSorted((a, b) => compare(a.name, b.name) || compare(a.local, b.local));
  const allTypes = sorted.every(({ typeOnly }) => typeOnly);
  const items = sorted.map(({ name, local, typeOnly }) => {
    const item = name === local ? name : `${name} as ${local}`;
    return typeOnly && !allTypes ? `type ${item}` : item;
  });
  const head = allTypes ? "import type" : "import";
  const line = `${head} { ${items.join(", ")} } from ${JSON.stringify(module)};`;
  if (line.length <= 120) return line;
  return `${head} {\n${items.map((item) => `  ${item},\n`).join("")}} from ${JSON.stringify(module)};`;
}

/** Code unit order: the same on every machine. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
