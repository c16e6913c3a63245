// node-flags: --disable-proto=delete --no-disallow-code-generation-from-strings
// Vega compiles its expressions and looks at every name of Object.prototype: it has no part in the product.
import * as assert from "uvu/assert";
import { resultsMarkdown, withResults } from "../../bench/src/report/page.ts";
import { atLeast, row } from "../../bench/src/report/row.ts";
import type { Chart, Section } from "../../bench/src/report/section.ts";
import { suite } from "../support/suite.ts";

const test = suite("bench page");

// Not a static import: Vega's own declarations do not pass this package's checks.
const charts = new URL("../../bench/src/report/chart.ts", import.meta.url).href;
const { chartSvg } = (await import(charts)) as { chartSvg(chart: Chart): Promise<string> };

const chart: Chart = {
  id: "calls",
  title: "Calls",
  unit: "calls/s",
  bars: [
    { panel: "", label: "Vertex", value: 200, least: 150, most: 250 },
    { panel: "", label: "ws", value: 100, least: 90, most: 120 },
  ],
};

const section: Section = {
  id: "calls",
  title: "Calls over one connection",
  about: "What was done.",
  tables: [{ title: "Depth 64", columns: ["peer", "calls/s"], lines: [["Vertex", "200"]] }],
  charts: [chart],
  rows: [row("a", "calls against ws", "x", [2], atLeast(3)), row("b", "calls at all", "x", [2], atLeast(1))],
  losses: ["nats: Vertex makes 0.50x its calls/s"],
  skipped: ["Rust skipped: install it"],
  versions: { ws: "8.23.0" },
  runs: {},
};

const machine = { node: "v20", platform: "linux", cpu: "cpu", cores: 2, memoryGb: 8, load: 0 };
const published = { machine, date: "2026-01-01", quick: false, sections: [section] };

test("results replace what stood between the markers, and nothing else", () => {
  const page = "# Title\n\n<!-- results:start -->\nold\n<!-- results:end -->\n\nend\n";
  const expected = "# Title\n\n<!-- results:start -->\n\nnew\n\n<!-- results:end -->\n\nend\n";
  assert.is(withResults(page, "new\n"), expected);
  assert.is(withResults(expected, "new\n"), expected);
});

test("a page without markers is refused", () => {
  assert.throws(() => withResults("# Title\n", "new"), /has no <!-- results:start -->/);
});

test("the page names what is missed and who is ahead, the charts and the versions", () => {
  const text = resultsMarkdown(published);
  assert.match(text, /\| calls against ws \| at least 3 \| 2\.00 x \| {2}\| \*\*no\*\* \|/);
  assert.match(text, /- target not met: calls against ws\n- nats: Vertex makes 0\.50x/);
  assert.match(text, /!\[Calls\]\(benchmarks\/calls\.svg\)/);
  assert.match(text, /- Rust skipped: install it/);
  assert.match(text, /ws 8\.23\.0/);
});

test("a quick run says that it means nothing", () => {
  assert.match(resultsMarkdown({ ...published, quick: true }), /these figures mean nothing/);
  assert.not.match(resultsMarkdown(published), /mean nothing/);
});

test("a chart is an SVG with a bar and a name for each peer", async () => {
  const svg = await chartSvg(chart);
  assert.match(svg, /^<svg/);
  for (const text of ["Calls", "Vertex", "ws", "calls/s"]) assert.match(svg, new RegExp(`>${text}<`));
});

test("panels and a logarithmic scale", async () => {
  const bars = ["depth 1", "depth 64"].flatMap((panel) => chart.bars.map((bar) => ({ ...bar, panel })));
  const svg = await chartSvg({ ...chart, logarithmic: true, bars });
  assert.match(svg, />depth 1<[\s\S]*>depth 64</);
});
