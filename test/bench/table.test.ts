import * as assert from "uvu/assert";
import { show, showSpread, tableMarkdown, tableText } from "../../bench/src/report/table.ts";
import { suite } from "../support/suite.ts";

const test = suite("bench table");

const table = {
  title: "speed",
  columns: ["peer", "calls/s"],
  lines: [
    ["ours", "12,000"],
    ["net", "9"],
  ],
};

test("numbers have three digits or all before the point", () => {
  assert.equal([1_234_567.8, 456.7, 45.67, 4.567].map(show), ["1,234,568", "457", "45.7", "4.57"]);
});

test("a spread is not shown where there was one run", () => {
  assert.is(showSpread({ median: 2, least: 1, most: 3 }), "2.00 (1.00 - 3.00)");
  assert.is(showSpread({ median: 2, least: 2, most: 2 }), "2.00");
});

test("names stand to the left, figures to the right", () => {
  assert.is(tableText(table), "speed\n\npeer  calls/s\nours   12,000\nnet         9\n");
});

test("on a page, too", () => {
  assert.is(
    tableMarkdown(table),
    "**speed**\n\n| peer | calls/s |\n|---|--:|\n| ours | 12,000 |\n| net | 9 |\n",
  );
});
