// Writes the page and its charts.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chartSvg } from "./chart.ts";
import { CHARTS, type Published, resultsMarkdown, withResults } from "./page.ts";

/** Writes results into a folder that has the page. */
export async function writePage(folder: string, published: Published): Promise<void> {
  const page = join(folder, "BENCHMARKS.md");
  const text = withResults(readFileSync(page, "utf8"), resultsMarkdown(published));
  mkdirSync(join(folder, CHARTS), { recursive: true });
  for (const chart of published.sections.flatMap(({ charts }) => charts)) {
    writeFileSync(join(folder, CHARTS, `${chart.id}.svg`), await chartSvg(chart));
  }
  writeFileSync(page, text);
}
