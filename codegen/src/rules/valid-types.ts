// What a handler is given: the message as its rules leave it. A required message, and a required choice, is there, and
// its type says so.

import type { DescField, DescMessage, DescOneof } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import { camelCase } from "../names.ts";
import type { Guards } from "./guards.ts";
import { fieldRules, isIgnored, isMember } from "./message-rules.ts";
import { flagAt, readRules, setAt } from "./read-rules.ts";

/** Local names of types, however far away they are declared. */
export interface TypeNames {
  /** The type of a message as ts-proto writes it. */
  plain(typeName: string): string;
  /** The type that this file writes for it. */
  valid(typeName: string): string;
}

/** Whether the valid messages of that type have a type of their own. */
export function isNarrowed(guards: Guards, typeName: string, open: ReadonlySet<string> = new Set()): boolean {
  const message = guards.find(typeName);
  if (message === undefined || open.has(typeName)) return false;
  const inside = new Set([...open, typeName]);
  return (
    message.desc.fields.some(
      (field) =>
        isDemanded(field) ||
        (heldType(field) !== undefined && isNarrowed(guards, heldType(field) ?? "", inside)),
    ) || message.desc.oneofs.some(isDemandedChoice)
  );
}

/** A field that may be absent by its type, and may not by its rules. */
function isDemanded(field: DescField): boolean {
  const isSingular = field.fieldKind !== "list" && field.fieldKind !== "map";
  const rules = fieldRules(field);
  return (
    isSingular &&
    !isMember(field) &&
    field.presence !== Presence.IMPLICIT &&
    flagAt(rules, "required") &&
    !isIgnored(rules)
  );
}

function isDemandedChoice(oneof: DescOneof): boolean {
  return flagAt(readRules(oneof.proto.options, "OneofRules"), "required");
}

/** The message that a field holds and that is validated with it. */
function heldType(field: DescField): string | undefined {
  const rules = fieldRules(field);
  const elements = setAt(setAt(rules, "repeated"), "items") ?? setAt(setAt(rules, "map"), "values");
  return isIgnored(rules) || isIgnored(elements) ? undefined : field.message?.typeName;
}

/** `Omit<Reading, "takenAt"> & { takenAt: Timestamp }`. */
export function validType(message: DescMessage, guards: Guards, names: TypeNames): string {
  const changed = new Map<string, string>();
  const own = names.plain(message.typeName);
  for (const field of message.fields) {
    if (isMember(field)) continue;
    const local = camelCase(field.name);
    const held = heldType(field);
    const inner = held !== undefined && isNarrowed(guards, held) ? names.valid(held) : undefined;
    const demanded = isDemanded(field);
    if (inner === undefined && !demanded) continue;
    const base =
      inner === undefined
        ? `NonNullable<${own}[${JSON.stringify(local)}]>`
        : wrapped(field, inner, own, local);
    changed.set(
      local,
      demanded || inner === undefined || field.fieldKind !== "message" ? base : `${base} | undefined`,
    );
  }
  for (const oneof of message.oneofs) {
    const text = choiceType(oneof, own, guards, names);
    if (text !== undefined) changed.set(camelCase(oneof.name), text);
  }
  const omitted = [...changed.keys()].map((name) => JSON.stringify(name)).join(" | ");
  const lines = [...changed].map(([name, type]) => `  ${JSON.stringify(name)}: ${type};\n`);
  return `Omit<${own}, ${omitted}> & {\n${lines.join("")}}`;
}

function wrapped(field: DescField, inner: string, own: string, local: string): string {
  if (field.fieldKind === "list") return `${inner}[]`;
  if (field.fieldKind === "map") return `Map<MapKey<${own}[${JSON.stringify(local)}]>, ${inner}>`;
  return inner;
}

/** Undefined when the type of the choice stays as it is. */
function choiceType(oneof: DescOneof, own: string, guards: Guards, names: TypeNames): string | undefined {
  const local = camelCase(oneof.name);
  const narrowed = oneof.fields.filter(
    (field) => heldType(field) !== undefined && isNarrowed(guards, heldType(field) ?? ""),
  );
  const demanded = isDemandedChoice(oneof);
  if (narrowed.length === 0 && !demanded) return undefined;
  const all = `NonNullable<${own}[${JSON.stringify(local)}]>`;
  const cases = narrowed.map((field) => JSON.stringify(camelCase(field.name)));
  const rest = narrowed.length === 0 ? all : `Exclude<${all}, { $case: ${cases.join(" | ")} }>`;
  const parts = narrowed.map(
    (field, index) => `{ $case: ${cases[index]}; value: ${names.valid(heldType(field) ?? "")} }`,
  );
  return [rest, ...parts, ...(demanded ? [] : ["undefined"])].join(" | ");
}
