// Schemas written to break a generator: names that the language or every object has, comments and literals that
// try to leave their quotes. Seeded, so that a failure can be seen again.

import { seededRandom } from "./random.ts";

const CANARY = "globalThis.__canary = 1";

/** Valid identifiers that mean something to somebody. */
export const hostileNames: readonly string[] = [
  "__proto__ constructor prototype toString hasOwnProperty valueOf then toJSON isPrototypeOf __defineGetter__",
  "default delete class enum function null true undefined await yield let static arguments eval globalThis NaN",
  "any never unknown object bigint boolean void this typeof instanceof import export interface readonly abstract",
  "Map Object Array Function Date Error Promise Symbol Math Number String Boolean BigInt Uint8Array Partial Record",
  "Iterable AsyncIterable DeepPartial MessageFns Builtin BinaryReader BinaryWriter isSet isObject bytesFromBase64",
  "Service Method Caller CallContext CallOptions ServerStream ClientStream DuplexStream reader writer message",
  "tag end end2 input length obj acc key value v k e request context options caller fromJSON encode _1 a__b A1 _x",
  "break case catch const continue debugger do else extends false finally for if implements in new package private",
  "protected public return super switch throw try var while with async of get set as asserts abstract accessor",
  "declare namespace module override satisfies infer is keyof type unique using global symbol require string number",
  "out intrinsic __filename __dirname process window self exports Buffer Proxy Reflect Atomics Infinity",
]
  .flatMap((line) => line.split(" "))
  .filter((name, at, all) => all.indexOf(name) === at);

const comments: readonly string[] = [
  `*/ ${CANARY}; /*`,
  `**/ ${CANARY} //`,
  `* / */*/ ${CANARY}; /* \`\${${CANARY}}\``,
  `line \u2028${CANARY}\u2029 separators \u0085 and \u000b tabs`,
  "@ts-expect-error\n// @ts-nocheck\n// @ts-ignore",
  `right to left \u202e${CANARY}\u202c override`,
  "*\n// /\n// *\n// */",
  "\\u002a\\u002f \\*\\/ $& $1 $`",
  "/",
  "",
];

/** Texts between double quotes in a .proto file. */
const literals: readonly string[] = [
  `\\"; ${CANARY}; \\"`,
  `\`\${${CANARY}}\``,
  `'; ${CANARY}; '`,
  `\\n*/ ${CANARY}; /*`,
  "\\\\",
  `\u2028${CANARY}`,
  `\\"] = {}; ${CANARY}; obj[\\"`,
  "</script>",
];

/** Schema number `seed`, in a package of its own. */
export function hostileSchema(seed: number): string {
  const random = seededRandom(seed);
  const isProto2 = random.chance(3);
  const comment = (): string => `// ${random.pick(comments)}\n`;
  const outer = distinct(random.below, 6);
  const used = new Set(outer);
  const message = (name: string): string => {
    const fields = distinct(random.below, 8).filter((field) => !used.has(field));
    const lines = fields.map((field, index) => {
      const number = index + 1;
      const [type, initial] = random.pick(fieldKinds(random.pick(literals)));
      const json = random.chance(3) ? `json_name = "${number}${random.pick(literals)}"` : "";
      const isMap = type.startsWith("map");
      const settings = [json, isProto2 && !isMap ? initial : ""].filter((each) => each !== "").join(", ");
      const label = isProto2 && !isMap ? "optional " : "";
      return `  ${comment()}  ${label}${type} ${field} = ${number}${settings === "" ? "" : ` [${settings}]`};\n`;
    });
    return `${comment()}message ${name} {\n${lines.join("")}}\n`;
  };
  const [enumName = "", service = "", ...messages] = outer;
  const values = distinct(random.below, 5).filter((value) => value !== "__proto__" && !used.has(value));
  const enumCode = `enum ${enumName} {\n${values.map((value, index) => `  ${comment()}  ${value} = ${index};\n`).join("")}}\n`;
  const type = `hostile.n${seed}.${messages[0]}`;
  const methods = distinct(random.below, 4)
    .filter((name) => !used.has(name))
    .map((name) => `  ${comment()}  rpc ${name}(${type}) returns (stream ${type});\n`);
  const head = `syntax = "${isProto2 ? "proto2" : "proto3"}";\n${comment()}package hostile.n${seed};\n`;
  const parts = [head, enumCode, ...messages.map(message), `service ${service} {\n${methods.join("")}}\n`];
  return parts.join(comment());
}

/**
 * Schemas in which every hostile name stands wherever a name can stand: of a message, a field, a oneof, an enum, a
 * value, a service, a method, a package and a file.
 */
export function everyName(): { [file: string]: string } {
  const files: { [file: string]: string } = {};
  const proto = (place: string, body: string) => `syntax = "proto3";\npackage every.${place};\n${body}`;
  const all = (make: (name: string, index: number) => string) => hostileNames.map(make).join("");
  files["messages.proto"] = proto(
    "messages",
    all((name) => `message ${name} { string ${name}_a = 1; }\n`),
  );
  // Names that differ only in case are one name in TypeScript: each message holds one of them.
  files["fields.proto"] = proto(
    "fields",
    all((name, index) =>
      name === "__proto__"
        ? ""
        : `message F${index} { string ${name} = 1; map<string, F${index}> m = 2; oneof o { F${index} x = 3; } }
message O${index} { oneof ${name} { string a = 1; O${index} b = 2; } }\n`,
    ),
  );
  files["enums.proto"] = proto(
    "enums",
    all((name, index) =>
      name === "__proto__"
        ? ""
        : `message E${index} { enum ${name} { ZERO = 0; } } message V${index} { enum V { ${name} = 0; } }\n`,
    ),
  );
  files["services.proto"] = proto(
    "services",
    `message Empty {}\n${all((name, index) => `service S${index} { rpc ${name}(Empty) returns (stream Empty); }\n`)}`,
  );
  for (const [index, name] of hostileNames.entries()) {
    if (/^_/.test(name)) continue;
    files[`files/${index}/${name}.proto`] =
      `syntax = "proto3";\npackage every.${name}.n${index};\nmessage M { string ${name}_a = 1; }\nservice ${name} { rpc Get(M) returns (M); }\n`;
  }
  return files;
}

type FieldKind = [type: string, initial: string];

function fieldKinds(literal: string): FieldKind[] {
  return [
    ["string", `default = "${literal}"`],
    ["bytes", `default = "${literal}"`],
    ["int32", "default = -7"],
    ["uint64", "default = 18446744073709551615"],
    ["double", "default = inf"],
    ["float", "default = nan"],
    ["bool", "default = true"],
    ["map<string, string>", ""],
    ["map<int64, bytes>", ""],
  ];
}

/** Up to `count` names that stay different whatever case they are put into. */
function distinct(below: (limit: number) => number, count: number): string[] {
  const names = new Map<string, string>();
  for (let tries = 0; names.size < count && tries < 100; tries++) {
    const name = hostileNames[below(hostileNames.length)] ?? "";
    names.set(name.replaceAll("_", "").toLowerCase(), name);
  }
  return [...names.values()];
}
