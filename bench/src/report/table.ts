// Tables, as text and as Markdown, and the numbers in them.

import type { Spread } from "./statistics.ts";

/** Cells as they are printed; the first column is a name. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly lines: readonly (readonly string[])[];
}

/** A number for people. */
export function show(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** "median (least - most)"; the median alone when there was one run. */
export function showSpread({ median, least, most }: Spread): string {
  if (least === most) return show(median);
  return `${show(median)} (${show(least)} - ${show(most)})`;
}

/** Lines of cells in columns: the first to the left, the others to the right. */
export function columnsOf(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? "").length)),
  );
  return lines.map((line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
      .join("  ")
      .trimEnd(),
  );
}

/** A table for the terminal. */
export function tableText({ title, columns, lines }: Table): string {
  return `${title}\n\n${columnsOf([columns, ...lines]).join("\n")}\n`;
}

/** The same for a page. */
export function tableMarkdown({ title, columns, lines }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = columns.map((_, i) => (i === 0 ? "---" : "--:"));
  return `**${title}**\n\n${[line(columns), `|${rule.join("|")}|`, ...lines.map(line)].join("\n")}\n`;
}
