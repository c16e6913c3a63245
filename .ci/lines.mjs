// The lines-per-package table of ARCHITECTURE.md: `node .ci/lines.mjs` writes it between its markers, `--check`
// fails when it no longer tells the truth. Figures are rounded and the check is tolerant, so that the table
// changes with the shape of the code and not with every commit.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript-5";
import { published, root, sourceFiles, users } from "./workspace.mjs";

const document = join(root, "ARCHITECTURE.md");
const [start, end] = ["<!-- lines:start -->", "<!-- lines:end -->"];
const header = ["package", "files", "code lines", "longest file", "median function"];
/** How far each figure may stray, in its own unit, before 15 % of it counts. */
const slack = { files: 2, lines: 100, longest: 60, median: 3 };

/** Lines that hold code, and the length of each function, for one file. */
function measure(file) {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line;
  const lines = new Set();
  const functions = [];
  const visit = (node) => {
    if (ts.isJSDoc(node)) return;
    const [first, last] = [lineOf(node.getStart(source)), lineOf(node.getEnd())];
    if (ts.isFunctionLike(node) && node.body !== undefined) functions.push(last - first + 1);
    const children = node.getChildren(source);
    if (children.length === 0 && node.getWidth(source) > 0) {
      for (let line = first; line <= last; line++) lines.add(line);
    }
    children.forEach(visit);
  };
  visit(source);
  return { file, lines: lines.size, functions };
}

function describe(dir) {
  const files = sourceFiles(dir).map(measure);
  if (files.length === 0) return undefined;
  const longest = files.reduce((a, b) => (b.lines > a.lines ? b : a));
  const functions = files.flatMap((each) => each.functions).sort((a, b) => a - b);
  return {
    dir,
    files: files.length,
    lines: files.reduce((total, each) => total + each.lines, 0),
    longest: longest.lines,
    longestName: basename(longest.file),
    median: functions[functions.length >> 1] ?? 0,
  };
}

const round = (value, step) => Math.max(step, Math.round(value / step) * step);

function print(rows) {
  const cells = rows.map((row) => [
    `\`${row.dir}\``,
    row.files,
    round(row.lines, 50),
    `${round(row.longest, 10)} (\`${row.longestName}\`)`,
    row.median,
  ]);
  const line = (values) => `| ${values.join(" | ")} |`;
  return [line(header), "|---|--:|--:|---|--:|", ...cells.map(line)].join("\n");
}

/** The rows that stand in the document. */
function read(table) {
  const row = /^\| `(.+?)` \| (\d+) \| (\d+) \| (\d+) \(`(.+?)`\) \| (\d+) \|$/gm;
  return [...table.matchAll(row)].map(([, dir, files, lines, longest, , median]) => ({
    dir,
    files: Number(files),
    lines: Number(lines),
    longest: Number(longest),
    median: Number(median),
  }));
}

function drift(written, real) {
  const problems = [];
  for (const row of real) {
    const old = written.find(({ dir }) => dir === row.dir);
    if (old === undefined) problems.push(`${row.dir} is missing`);
    for (const [field, allowed] of Object.entries(old === undefined ? {} : slack)) {
      const far = Math.abs(old[field] - row[field]) > Math.max(allowed, 0.15 * row[field]);
      if (far) problems.push(`${row.dir}: ${field} is ${row[field]}, the table says ${old[field]}`);
    }
  }
  const gone = written.filter(({ dir }) => !real.some((row) => row.dir === dir));
  return [...problems, ...gone.map(({ dir }) => `${dir} is gone`)];
}

function main() {
  const text = existsSync(document) ? readFileSync(document, "utf8") : "";
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`ARCHITECTURE.md has no ${start} … ${end}`);
  const rows = [...published, ...users].map(describe).filter((row) => row !== undefined);
  if (process.argv.includes("--check")) {
    const problems = drift(read(text.slice(from, to)), rows);
    if (problems.length > 0) throw new Error(`${problems.join("\n")}\nrun: node .ci/lines.mjs`);
    return;
  }
  writeFileSync(document, `${text.slice(0, from + start.length)}\n\n${print(rows)}\n\n${text.slice(to)}`);
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
