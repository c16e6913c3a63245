// A neutral tree as the object that generated code makes of it: camel case, tagged unions, Map, bigint, and the
// well-known types that are plain values where they are used.

import protobuf from "protobufjs";
import type { Neutral, Scalar, Tree } from "./oracle.ts";

/** ts-proto's spelling of a field. */
export function camelCase(name: string): string {
  if (!name.includes("_")) return name;
  const mixed = /[a-z]/.test(name);
  return name
    .split("_")
    .map((word) => (mixed ? word : word.toLowerCase()))
    .map((word, index) => (index === 0 ? word : word.slice(0, 1).toUpperCase() + word.slice(1)))
    .join("");
}

/** What `decode` of the generated code must return for `tree`. */
export function vertexValue(type: protobuf.Type, tree: Tree): { [key: string]: unknown } {
  const made: { [key: string]: unknown } = {};
  for (const field of type.fieldsArray) {
    const value = tree[field.name];
    const isMember = field.partOf !== null && field.options?.proto3_optional !== true;
    if (!isMember) {
      made[camelCase(field.name)] = value === undefined ? absent(field) : present(field, value);
      continue;
    }
    const union = camelCase(field.partOf?.name ?? "");
    made[union] ??= undefined;
    if (value !== undefined) made[union] = { $case: camelCase(field.name), value: present(field, value) };
  }
  return made;
}

function absent(field: protobuf.Field): unknown {
  if (field.map) return new Map();
  if (field.repeated) return [];
  const isGoogles = field.parent?.fullName.startsWith(".google.protobuf.") === true;
  if (field.resolvedType instanceof protobuf.Type || (field.hasPresence && !isGoogles)) return undefined;
  if (field.resolvedType instanceof protobuf.Enum) return field.typeDefault;
  return scalarDefault(field.type);
}

function scalarDefault(type: string): Scalar {
  if (type === "string") return "";
  if (type === "bool") return false;
  if (type === "bytes") return new Uint8Array(0);
  return type.endsWith("64") ? 0n : 0;
}

function present(field: protobuf.Field, value: Neutral): unknown {
  const one = (item: Neutral): unknown =>
    field.resolvedType instanceof protobuf.Type ? message(field.resolvedType, item as Tree) : item;
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, one(item)]));
  return Array.isArray(value) ? value.map(one) : one(value);
}

function message(type: protobuf.Type, tree: Tree): unknown {
  const name = type.fullName;
  if (/^\.google\.protobuf\.(?:Double|Float|U?Int(?:32|64)|Bool|String|Bytes)Value$/.test(name))
    return tree.value ?? scalarDefault(type.fields.value?.type ?? "");
  if (name === ".google.protobuf.FieldMask") return tree.paths ?? [];
  if (name === ".google.protobuf.ListValue") return list(tree);
  if (name === ".google.protobuf.Struct") return struct(tree);
  return name === ".google.protobuf.Value" ? json(tree) : vertexValue(type, tree);
}

function struct(tree: Tree): { [key: string]: unknown } {
  const fields = (tree.fields ?? new Map()) as Map<string, Tree>;
  return Object.fromEntries([...fields].map(([key, value]) => [key, json(value)]));
}

function list(tree: Tree): unknown[] {
  return ((tree.values ?? []) as Tree[]).map(json);
}

/** A google.protobuf.Value as what it stands for. */
function json(tree: Tree): unknown {
  const [kind = "", value] = Object.entries(tree)[0] ?? [];
  // protobufjs brings struct.proto itself, in camel case.
  const local = camelCase(kind);
  if (local === "nullValue") return null;
  if (local === "structValue") return struct(value as Tree);
  return local === "listValue" ? list(value as Tree) : value;
}
