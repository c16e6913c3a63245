// One figure: what it is, what it must be, whether it is, and how it is printed.

import { spreadOf } from "./statistics.ts";
import { columnsOf, show, type Table } from "./table.ts";

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
  const good = bar === null ? null : meets(median, bar);
  return { id, name, unit, value: median, least, most, bar, good, note };
}

/** A figure that has a target and could not be measured here. */
export function unmeasured(id: string, name: string, bar: Bar): Row {
  const none = Number.NaN;
  return {
    id,
    name,
    unit: "",
    value: none,
    least: none,
    most: none,
    bar,
    good: null,
    note: "not measured here",
  };
}

export const atLeast = (value: number): Bar => ({ is: "at least", value, goal: true });
export const atMost = (value: number): Bar => ({ is: "at most", value, goal: true });

function meets(value: number, bar: Bar): boolean {
  if (bar.is === "at least") return value >= bar.value;
  return bar.is === "at most" ? value <= bar.value : value < bar.value;
}

function verdict({ good, bar }: Row): string {
  if (good === null) return "";
  if (bar?.goal === true) return good ? "reached" : "not reached";
  return good ? "met" : "MISSED";
}

const barText = (bar: Bar | null) => (bar === null ? "" : `${bar.is} ${bar.value.toLocaleString("en-US")}`);

const valueText = ({ value, unit }: Row) => `${show(value)} ${unit}`.trimEnd();
const spreadText = ({ least, most }: Row) =>
  least === most || Number.isNaN(least) ? "" : `${show(least)} - ${show(most)}`;

/** The figures as text. */
export function rowsText(rows: readonly Row[]): string {
  const cells = rows.map((each) => [
    each.name,
    valueText(each),
    spreadText(each),
    each.bar?.goal === true ? `goal: ${barText(each.bar)}` : barText(each.bar),
    verdict(each),
  ]);
  const lines = columnsOf([["figure", "median", "spread", "bar", ""], ...cells]);
  const noted = lines.flatMap((line, i) => {
    const note = rows[i - 1]?.note ?? "";
    return note === "" ? [line] : [line, `    ${note}`];
  });
  return `${noted.join("\n")}\n`;
}

/** The figures that have a target, as a table. */
export function targetTable(title: string, rows: readonly Row[]): Table {
  return {
    title,
    columns: ["what", "target", "measured", "spread", "met"],
    lines: rows
      .filter(({ bar }) => bar !== null)
      .map((each) => [
        each.note === "" ? each.name : `${each.name} (${each.note})`,
        barText(each.bar),
        valueText(each),
        spreadText(each),
        each.good === null ? "?" : each.good ? "yes" : "**no**",
      ]),
  };
}
