// Where two values differ, for people.

import { inspect } from "node:util";

/** Whether two values at a path count as the same. */
export type Same = (got: unknown, wanted: unknown, path: string) => boolean;

/** The first place where `got` and `wanted` differ, as "path: got, wanted"; null when they do not. */
export function firstDifference(got: unknown, wanted: unknown, same: Same, path = ""): string | null {
  if (same(got, wanted, path)) return null;
  if (isObject(got) && isObject(wanted)) {
    const [left, right] = [entriesOf(got), entriesOf(wanted)];
    for (const key of new Set([...left.keys(), ...right.keys()])) {
      const found = firstDifference(left.get(key), right.get(key), same, `${path}/${String(key)}`);
      if (found !== null) return found;
    }
    return null;
  }
  return `${path === "" ? "/" : path}: ${short(got)}, ${short(wanted)}`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function entriesOf(value: object): Map<unknown, unknown> {
  return value instanceof Map ? value : new Map(Object.entries(value));
}

function short(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY }).slice(0, 120);
}
