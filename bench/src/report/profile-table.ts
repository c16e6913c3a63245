// A profile as tables: whose code takes the time, and which functions take most of it.

import type { Spent } from "../process/profile.ts";
import { show, type Table } from "./table.ts";

/** Functions that are listed. */
const TOP = 10;

/** What was profiled, or only counted beside. */
export interface Subject {
  readonly name: string;
  /** CPU time of one unit, and what of it the kernel took. */
  readonly micros: number;
  readonly systemMicros: number;
  /** Where it went; not for one that was only counted. */
  readonly spent: readonly Spent[] | undefined;
}

/** One scenario: the first subject is the one that it is about. */
export interface Profiled {
  readonly title: string;
  /** What the microseconds are for. */
  readonly unit: string;
  readonly subjects: readonly Subject[];
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

const sum = (spent: readonly Spent[]) => spent.reduce((all, { micros }) => all + micros, 0);

/** Sums by key as shares of all, greatest first. */
export function sharesOf(spent: readonly Spent[], keyOf: (each: Spent) => string): Map<string, number> {
  const all = sum(spent);
  const shares = new Map<string, number>();
  for (const each of spent) {
    const key = keyOf(each);
    shares.set(key, (shares.get(key) ?? 0) + each.micros / all);
  }
  return new Map([...shares].sort(([, a], [, b]) => b - a));
}

/** Rows by key, in the order of the subjects: the first one's greatest come first. */
function keysOf(subjects: readonly ReadonlyMap<string, number>[]): string[] {
  return [...new Set(subjects.flatMap((shares) => [...shares.keys()]))];
}

function placeTable({ title, unit, subjects }: Profiled): Table {
  const places = subjects.map(({ spent }) => sharesOf(spent ?? [], ({ place }) => place));
  const cells = (shareOf: (subject: Subject, i: number) => number | undefined): string[] =>
    subjects.flatMap((subject, i) => {
      const share = shareOf(subject, i);
      return share === undefined ? ["", ""] : [percent(share), show(share * subject.micros)];
    });
  return {
    title: `${title}, by place`,
    columns: ["place", ...subjects.flatMap(({ name }) => [name, unit])],
    lines: [
      ...keysOf(places).map((place) => [
        place,
        ...cells(({ spent }, i) => (spent === undefined ? undefined : (places[i]?.get(place) ?? 0))),
      ]),
      ["all", ...cells(() => 1)],
      [
        "of all, in the kernel (system CPU time)",
        ...cells(({ micros, systemMicros }) => systemMicros / micros),
      ],
    ],
  };
}

function functionTable({ title, subjects }: Profiled): Table {
  const seen = subjects.filter(({ spent }) => spent !== undefined);
  const functions = seen.map(({ spent }) =>
    sharesOf(spent ?? [], ({ name, place }) => JSON.stringify([name, place])),
  );
  return {
    title: `${title}, the functions with the most time of their own`,
    columns: ["function", "place", ...seen.map(({ name }) => name)],
    lines: [...(functions[0]?.keys() ?? [])].slice(0, TOP).map((key) => {
      const [name, place] = JSON.parse(key) as [string, string];
      return [`\`${name}\``, place, ...functions.map((shares) => percent(shares.get(key) ?? 0))];
    }),
  };
}

export function profileTables(profiled: Profiled): Table[] {
  return [placeTable(profiled), functionTable(profiled)];
}
