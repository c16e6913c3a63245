// docs/BENCHMARKS.md: what stands between its markers is written by `bench publish`.

import { type Machine, machineText, type Versions, versionsText } from "./machine.ts";
import { targetTable } from "./row.ts";
import type { Section } from "./section.ts";
import { tableMarkdown } from "./table.ts";

const [start, end] = ["<!-- results:start -->", "<!-- results:end -->"];

/** Where the charts stand, beside the page. */
export const CHARTS = "benchmarks";

/** What is known of the run as a whole. */
export interface Published {
  readonly machine: Machine;
  readonly date: string;
  readonly quick: boolean;
  readonly sections: readonly Section[];
}

const list = (lines: readonly string[]) => lines.map((line) => `- ${line}\n`).join("");

function sectionMarkdown({ title, about, tables, charts, skipped }: Section): string {
  return [
    `### ${title}\n`,
    `${about}\n`,
    ...charts.map((chart) => `![${chart.title}](${CHARTS}/${chart.id}.svg)\n`),
    ...tables.map(tableMarkdown),
    ...(skipped.length > 0 ? [list(skipped)] : []),
  ].join("\n");
}

function behind(sections: readonly Section[]): string {
  const losses = sections.flatMap((section) => section.losses);
  const missed = sections.flatMap(({ rows }) => rows).filter(({ good }) => good === false);
  if (losses.length + missed.length === 0) return "Nowhere, in this run.\n";
  const targets = missed.map(({ name }) => `target not met: ${name}`);
  return list([...targets, ...losses]);
}

/** All that `publish` writes between the markers. */
export function resultsMarkdown({ machine, date, quick, sections }: Published): string {
  const versions = Object.assign({}, ...sections.map((section) => section.versions)) as Versions;
  const rows = sections.flatMap((section) => section.rows);
  return [
    ...(quick ? ["**A quick run, to see that the command works: these figures mean nothing.**\n"] : []),
    `Measured ${date} by \`pnpm bench publish\`. ${machineText(machine)}. ${versionsText(versions)}.\n`,
    "### Targets\n",
    tableMarkdown(targetTable("What Vertex must reach, medians of interleaved runs", rows)),
    "### Where Vertex is behind\n",
    behind(sections),
    ...sections.map(sectionMarkdown),
  ].join("\n");
}

/**
 * The page with new results in it.
 * @throws Error when it has lost its markers.
 */
export function withResults(page: string, results: string): string {
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`the page has no ${start} … ${end}`);
  return `${page.slice(0, from + start.length)}\n\n${results.trimEnd()}\n\n${page.slice(to)}`;
}
