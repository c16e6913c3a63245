// node-flags: --no-disallow-code-generation-from-strings
// (ajv compiles rules to code here; the code runs in a process that cannot make any)
// file-timeout: 180 s
import { execFile } from "node:child_process";
import { join } from "node:path";
import { CodegenError, generateFiles, type OutputFile } from "@vertex/codegen";
import { formats } from "@vertex/protocol/rules";
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { createWorkspace, repository, type Workspace } from "../workspace.ts";
import { type Case, libraryCases, loadSuite, missing, type Wanted } from "./protovalidate.ts";

const test = suite("codegen: the conformance suite of protovalidate");
const STANDARD_CASES = 1810;

function run(workspace: Workspace, questions: string, now: number): Promise<Wanted[][]> {
  workspace.write({ "questions.jsonl": questions });
  const loader = join(repository, "node_modules/tsx/dist/loader.mjs");
  const parameters = [
    "--disallow-code-generation-from-strings",
    "--conditions=@vertex/source",
    "--import",
    loader,
  ];
  const script = join(repository, "test/codegen/rules/run-cases.ts");
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: 1 << 26 };
    const files = [script, join(workspace.dir, "questions.jsonl"), String(now)];
    execFile(process.execPath, [...parameters, ...files], options, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(stderr));
      else
        resolve(
          stdout
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line)),
        );
    });
  });
}

/** The generated file that declares a message, and what it calls it. */
function findMessage(output: readonly OutputFile[], type: string): { path: string; name: string } {
  for (const { path, text } of output.filter((each) => !each.path.endsWith(".rules.ts"))) {
    const scope = /^export const protobufPackage = "([^"]*)";$/m.exec(text)?.[1] ?? "";
    if (!type.startsWith(`${scope}.`)) continue;
    const name = type
      .slice(scope.length + 1)
      .split(".")
      .join("_");
    if (text.includes(`export interface ${name} {`)) return { path, name };
  }
  throw new Error(`no file declares ${type}`);
}

/** A line about what is wrong, or nothing. */
function difference({ name, want }: Case, got: readonly Wanted[]): string[] {
  if (want === undefined) return got.length > 0 ? [] : [`${name}: must be refused`];
  const text = (all: readonly Wanted[]) =>
    all
      .map(({ field, rule, forKey }) => `${field}: ${rule}${forKey ? " (key)" : ""}`)
      .sort()
      .join("; ");
  if (text(want) !== text(got)) return [`${name}: wants "${text(want)}", got "${text(got)}"`];
  return want.flatMap(({ rule, field, message }) => {
    const said = got.filter((each) => each.rule === rule && each.field === field).map((each) => each.message);
    return !message || said.includes(message) ? [] : [`${name}: wants ${message}, got ${said}`];
  });
}

async function passesAll(): Promise<void> {
  const { total, cases, files, now } = loadSuite();
  assert.is(cases.length, STANDARD_CASES, "cases without CEL and predefined rules");
  const targets = files
    .map(({ name }) => name)
    .filter((name) => !/^(?:buf\/validate\/validate|.*descriptor)\.proto$/.test(name));
  const output = await generateFiles(files, targets, {
    importSuffix: ".ts",
    unknownFields: "drop",
    runtime: "@vertex/protocol/gen",
  });
  const workspace = createWorkspace(
    Object.fromEntries(output.map(({ path, text }) => [`gen/${path}`, text])),
  );
  try {
    const questions = cases.map(({ type, value }) => {
      const { path, name } = findMessage(output, type);
      const rules = path.replace(/\.ts$/, ".rules.ts");
      return JSON.stringify({
        shapes: join(workspace.dir, "gen", path),
        rules: workspace.has(`gen/${rules}`) ? join(workspace.dir, "gen", rules) : "",
        name,
        value: Buffer.from(value).toString("base64"),
      });
    });
    const answers = await run(workspace, questions.join("\n"), now);
    const wrong = cases.flatMap((each, index) => difference(each, answers[index] ?? []));
    process.stdout.write(
      `    protovalidate: ${cases.length - wrong.length} of ${cases.length} standard cases pass (${total} in all)\n`,
    );
    assert.equal(wrong, []);
  } finally {
    workspace.remove();
  }
}

/** Every message that cannot be compiled is refused by name, at a place of its own. */
async function refusesTheRest(): Promise<void> {
  const { original, unsupported } = loadSuite();
  // Editions are refused for themselves; extensions are none of this test's business while unknown fields are kept.
  const files = original.file;
  const isTarget = ({ name, syntax }: (typeof files)[number]): boolean =>
    syntax !== "editions" && name.includes("/cases/");
  const targets = files.filter(isTarget).map(({ name }) => name);
  const options = { importSuffix: ".ts", runtime: "@vertex/protocol/gen", unknownFields: "keep" } as const;
  const error = await generateFiles(files, targets, options).then(
    () => undefined,
    (failed: unknown) => failed,
  );
  assert.instance(error, CodegenError);
  const { issues } = error as CodegenError;
  const named =
    /^(?:cel(?:_expression)? is not supported|the predefined rule \([\w.]+\) is not supported|a oneof rule names|rules of \w+ do not fit)/;
  assert.equal(
    issues.filter(({ text }) => !named.test(text)).map(({ text }) => text),
    [],
  );
  for (const message of unsupported.filter(({ file }) => targets.includes(file))) {
    const inside = issues.some(
      ({ file, line = 0 }) => file === message.file && line >= message.firstLine && line <= message.lastLine,
    );
    assert.ok(inside, `${message.typeName} is refused`);
  }
}

/** The functions of CEL that formats stand for have cases of their own. */
function agreesWithTheLibrary(): void {
  const wrong = libraryCases().flatMap(({ name, format, value, valid }) =>
    formats[format]?.(value) === valid
      ? []
      : [`${name}: ${format} ${JSON.stringify(value)} is ${valid ? "good" : "bad"}`],
  );
  assert.equal(wrong, []);
  assert.ok(libraryCases().length > 500);
}

const tests: readonly (readonly [sentence: string, body: () => void | Promise<void>])[] = [
  ["all cases that use standard rules pass, from bytes to violations", passesAll],
  ["every message with CEL, predefined or unfit rules is refused by name, where it stands", refusesTheRest],
  ["formats agree with the cases of the library of functions", agreesWithTheLibrary],
];
for (const [sentence, body] of tests) {
  if (missing === undefined) test(sentence, body, { timeoutMs: 170_000 });
  else test.skip(sentence, missing);
}
