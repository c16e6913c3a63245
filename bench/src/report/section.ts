// What a measurement hands on: tables, charts and rows that have a target. Text, Markdown and JSON are made of it.

import type { Versions } from "./machine.ts";
import { type Row, rowsText } from "./row.ts";
import { type Table, tableText } from "./table.ts";

/** Bars with their spread, one for each label, in panels. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** Shown on a logarithmic scale, for peers that are far apart. */
  readonly logarithmic?: boolean;
  readonly bars: readonly Bar[];
}

/** One bar. */
export interface Bar {
  readonly panel: string;
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  /** What was done, in a sentence or a few. */
  readonly about: string;
  readonly tables: readonly Table[];
  readonly charts: readonly Chart[];
  /** Figures with a target. */
  readonly rows: readonly Row[];
  /** Where Vertex is behind, by name. */
  readonly losses: readonly string[];
  /** What could not be measured here, and what to install. */
  readonly skipped: readonly string[];
  /** Versions of all that was compared. */
  readonly versions: Versions;
  /** All that was measured, run by run, for the JSON file. */
  readonly runs: unknown;
}

/** A section for the terminal. */
export function sectionText({ title, about, tables, rows, losses, skipped }: Section): string {
  const behind = losses.map((loss) => `  ${loss}\n`).join("");
  return [
    `${title}. ${about}\n`,
    ...tables.map(tableText),
    ...(rows.length > 0 ? [rowsText(rows)] : []),
    ...(losses.length > 0 ? [`Where Vertex is behind:\n${behind}`] : []),
    ...skipped.map((each) => `${each}\n`),
  ].join("\n");
}
