// Charts as SVG files, drawn by Vega from a Vega-Lite specification: no browser, no canvas.

import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Chart } from "./section.ts";

const OURS = "#d9480f";
const THEIRS = "#748ffc";

/** Bars from zero; on a logarithmic scale, which has no zero, dots. */
function marks({ logarithmic, unit }: Chart) {
  const type = logarithmic === true ? "log" : "linear";
  const x = { field: "value", type: "quantitative", title: unit, scale: { type } };
  const y = { field: "label", type: "nominal", title: null, sort: null };
  const color = {
    condition: { test: "indexof(datum.label, 'Vertex') === 0", value: OURS },
    value: THEIRS,
  };
  const mark = logarithmic === true ? { type: "point", filled: true, size: 70, opacity: 1 } : { type: "bar" };
  return [
    { mark, encoding: { x, y, color } },
    {
      mark: { type: "rule", color: "#333" },
      encoding: { x: { field: "least", type: "quantitative", scale: { type } }, x2: { field: "most" }, y },
    },
  ];
}

/** What Vega-Lite is told. */
function specificationOf(chart: Chart): TopLevelSpec {
  const panels = new Set(chart.bars.map(({ panel }) => panel)).size;
  const layer = marks(chart);
  const base = { data: { values: chart.bars }, title: chart.title, background: "white" };
  const spec =
    panels === 1
      ? { ...base, width: 420, layer }
      : {
          ...base,
          columns: 2,
          facet: { field: "panel", type: "nominal", title: null, sort: null },
          spec: { width: 300, layer },
          resolve: { scale: { x: "independent" } },
        };
  return spec as TopLevelSpec;
}

/** The chart as SVG text. */
export async function chartSvg(chart: Chart): Promise<string> {
  const view = new View(parse(compile(specificationOf(chart)).spec), { renderer: "none" });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
