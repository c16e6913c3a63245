// From the tree of a pattern to a deterministic automaton, by way of one that is not: the usual two constructions.
// The result takes one step a character, so that no text can make it slow. Patterns whose automaton would be too
// large are refused.

import { complement, type Ranges } from "./characters.ts";
import { type Node, PatternError, parsePattern } from "./pattern-parse.ts";

/** What `pattern` of `@vertex/protocol/rules` wants. State 0 is dead, 1 has found a match, 2 is the first. */
export interface Automaton {
  readonly from: readonly number[];
  readonly classes: readonly number[];
  readonly width: number;
  readonly next: readonly number[];
  readonly final: readonly number[];
}

/** Most parts of a pattern, with repetitions written out. */
const MAX_PARTS = 10_000;
/** Most entries of the table: states times classes. It stands in generated code. */
const MAX_TABLE = 16_384;

type Step =
  | { readonly kind: "set"; readonly ranges: Ranges; to: number }
  | { readonly kind: "fork"; to: number[] }
  | { readonly kind: "begin" | "end"; to: number }
  | { readonly kind: "match" };

/** @throws PatternError when the pattern is no RE2, uses what is not supported, or becomes too large. */
export function compilePattern(source: string): Automaton {
  const steps: Step[] = [];
  const match = add(steps, { kind: "match" });
  const start = build(steps, parsePattern(source), match);
  return determine(steps, start);
}

function add(steps: Step[], step: Step): number {
  if (steps.length >= MAX_PARTS) throw new PatternError("it is too large; shorten its repetitions");
  return steps.push(step) - 1;
}

/** Adds `node` in front of `to`; returns where it begins. */
function build(steps: Step[], node: Node, to: number): number {
  switch (node.kind) {
    case "set":
      return add(steps, { kind: "set", ranges: node.ranges, to });
    case "begin":
    case "end":
      return add(steps, { kind: node.kind, to });
    case "sequence":
      return node.parts.reduceRight((next, part) => build(steps, part, next), to);
    case "choice":
      return add(steps, { kind: "fork", to: node.parts.map((part) => build(steps, part, to)) });
    case "repeat":
      return buildRepeat(steps, node.part, node.min, node.max, to);
  }
}

function buildRepeat(steps: Step[], part: Node, min: number, max: number, to: number): number {
  let next = to;
  if (max === Number.POSITIVE_INFINITY) {
    const loop = { kind: "fork" as const, to: [to] };
    next = add(steps, loop);
    loop.to.push(build(steps, part, next));
  } else {
    for (let i = min; i < max; i++) next = add(steps, { kind: "fork", to: [build(steps, part, next), to] });
  }
  for (let i = 0; i < min; i++) next = build(steps, part, next);
  return next;
}

/** All steps that wait for a character, or for the end, when those of `open` have been reached. */
function closure(steps: readonly Step[], open: Iterable<number>, atBegin: boolean, atEnd: boolean): number[] {
  const seen = new Set<number>();
  const stack = [...open];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const step = steps[at] as Step;
    if (step.kind === "fork") stack.push(...step.to);
    else if ((step.kind === "begin" && atBegin) || (step.kind === "end" && atEnd)) stack.push(step.to);
  }
  return [...seen]
    .filter((at) => steps[at]?.kind !== "fork" && steps[at]?.kind !== "begin")
    .sort((a, b) => a - b);
}

/** The subset construction. */
function determine(steps: readonly Step[], start: number): Automaton {
  const { from, classes, samples } = classify(steps);
  const width = samples.length;
  const next: number[] = new Array<number>(2 * width).fill(0).fill(1, width);
  const final: number[] = [];
  const names = new Map<string, number>();
  const sets: number[][] = [];
  const restart = closure(steps, [start], false, false);
  const hasMatch = (set: readonly number[]): boolean => set.some((at) => steps[at]?.kind === "match");
  const nameOf = (set: number[]): number => {
    if (hasMatch(set)) return 1;
    if (set.length === 0) return 0;
    const key = set.join();
    const known = names.get(key);
    if (known !== undefined) return known;
    if ((sets.length + 3) * width > MAX_TABLE)
      throw new PatternError("it is too large; shorten its repetitions");
    sets.push(set);
    names.set(key, sets.length + 1);
    return sets.length + 1;
  };
  const first = closure(steps, [start], true, false);
  // State 2, and no other's: before the first character "^" still holds, which a set of steps does not show.
  sets.push(first);
  for (let index = 0; index < sets.length; index++) {
    const set = sets[index] as number[];
    const state = index + 2;
    const isFirst = index === 0;
    if (hasMatch(closure(steps, isFirst ? [start] : set, isFirst, true))) final.push(state);
    for (const sample of samples) {
      if (hasMatch(set)) next.push(1);
      else next.push(nameOf(behind(steps, set, sample, restart)));
    }
  }
  return { from, classes, width, next, final };
}

/** What is reached from `set` by a character; a match may also begin behind it. */
function behind(
  steps: readonly Step[],
  set: readonly number[],
  point: number,
  restart: readonly number[],
): number[] {
  const reached = set.flatMap((at) => {
    const step = steps[at] as Step;
    return step.kind === "set" && contains(step.ranges, point) ? [step.to] : [];
  });
  const all = new Set([...closure(steps, reached, false, false), ...restart]);
  return [...all].sort((a, b) => a - b);
}

function contains(ranges: Ranges, point: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = ranges[middle] as readonly [number, number];
    if (point < first) high = middle - 1;
    else if (point > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** Cuts all characters into classes whose members no part of the pattern tells apart. */
function classify(steps: readonly Step[]): { from: number[]; classes: number[]; samples: number[] } {
  const sets = [...new Set(steps.flatMap((step) => (step.kind === "set" ? [step.ranges] : [])))];
  const cuts = new Set([0]);
  for (const ranges of sets) {
    for (const [first] of ranges) cuts.add(first);
    for (const [first] of complement(ranges)) cuts.add(first);
  }
  const from = [...cuts].sort((a, b) => a - b);
  const names = new Map<string, number>();
  const samples: number[] = [];
  const classes = from.map((point) => {
    const key = sets.map((ranges) => (contains(ranges, point) ? 1 : 0)).join("");
    const known = names.get(key);
    if (known !== undefined) return known;
    names.set(key, samples.length);
    return samples.push(point) - 1;
  });
  return { from, classes, samples };
}
