// One figure: what it is, what it must be, whether it is, and how it is printed.

import { spreadOf } from "./statistics.ts";

/** What a figure must be. */
export interface Bar {
  readonly is: "at least" | "at most" | "below";
  readonly value: number;
  /** A goal is said to be reached or not; only a bar that is none fails the command. */
  readonly goal?: boolean;
}

/** A figure. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Least and most over the runs; the value itself when there was one run. */
  readonly least: number;
  readonly most: number;
  readonly bar: Bar | null;
  readonly good: boolean | null;
  /** What belongs to it. */
  readonly note: string;
}

/** A figure from its runs: the median counts. */
export function row(
  id: string,
  name: string,
  unit: string,
  values: readonly number[],
  bar: Bar | null,
  note = "",
): Row {
  const { median, least, most } = spreadOf(values);
  return {
    id,
    name,
    unit,
    value: median,
    least,
    most,
    bar,
    good: bar === null ? null : meets(median, bar),
    note,
  };
}

function meets(value: number, bar: Bar): boolean {
  if (bar.is === "at least") return value >= bar.value;
  return bar.is === "at most" ? value <= bar.value : value < bar.value;
}

function verdict(good: boolean | null, bar: Bar | null): string {
  if (good === null) return "";
  if (bar?.goal === true) return good ? "reached" : "not reached";
  return good ? "met" : "MISSED";
}

/** A number for people. */
function show(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

/** The figures as a table. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ name, value, unit, least, most, bar, good }) => [
    name,
    `${show(value)} ${unit}`.trimEnd(),
    least === most ? "" : `${show(least)} - ${show(most)}`,
    bar === null ? "" : `${bar.goal === true ? "goal: " : ""}${bar.is} ${bar.value.toLocaleString("en-US")}`,
    verdict(good, bar),
  ]);
  const all = [["figure", "median", "spread", "bar", ""], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...all.map((line) => (line[column] as string).length)),
  );
  const lines = all.map((line) =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
      )
      .join("  ")
      .trimEnd(),
  );
  const noted = lines.flatMap((line, i) => {
    const note = rows[i - 1]?.note ?? "";
    return note === "" ? [line] : [line, `    ${note}`];
  });
  return `${noted.join("\n")}\n`;
}
