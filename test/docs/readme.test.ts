// The README's words, done: its schema is generated, its server started, its client run.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";

const test = suite("the README");
const here = fileURLToPath(new URL(".", import.meta.url));
const page = readFileSync(join(here, "../../README.md"), "utf8");
const flags = ["--conditions=@vertex/source", "--import", "tsx"];

/** The code block that starts with this comment. */
function block(firstLine: string): string {
  const found = [...page.matchAll(/```(?:ts|proto)\n([\s\S]*?)```/g)].find(([, code]) =>
    code?.startsWith(firstLine),
  );
  assert.ok(found, `the README has no block that starts with ${firstLine}`);
  return found?.[1] ?? "";
}

let home = "";
test.before(() => {
  // Inside this package, so that the packages resolve as they would for a user who lists them.
  home = mkdtempSync(join(here, ".readme-"));
  mkdirSync(join(home, "schema"));
  writeFileSync(join(home, "schema/greeter.proto"), block("// schema/greeter.proto"));
  const cli = join(here, "../../codegen/src/vertex-codegen.ts");
  // The generator compiles what it checks rules with; what it writes runs without.
  const own = ["--no-disallow-code-generation-from-strings", ...flags];
  execFileSync(process.execPath, [...own, cli, "--proto", "schema", "--out", "gen"], { cwd: home });
});
test.after(() => rmSync(home, { recursive: true, force: true }));

test(
  "its server answers its client, and ends by SIGTERM",
  async () => {
    const socket = `unix:${join(home, "s")}`;
    for (const name of ["server.ts", "client.ts"]) {
      const code = block(`// ${name}`).replaceAll("tcp://127.0.0.1:7400", socket);
      const shown = name === "client.ts" ? "console.log(text);\n" : 'console.log("up");\n';
      writeFileSync(join(home, name), `${code}${shown}`);
    }
    const server = spawn(process.execPath, [...flags, "server.ts"], {
      cwd: home,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = new Promise<number | null>((resolve) => server.once("exit", resolve));
    await new Promise<void>((resolve, reject) => {
      server.stdout.once("data", () => resolve());
      server.once("exit", (code) => reject(new Error(`the server exited with ${code}`)));
    });
    const said = execFileSync(process.execPath, [...flags, "client.ts"], { cwd: home, encoding: "utf8" });
    assert.equal(said.trim().split("\n"), ["3", "2", "1", "Hello Ada"]);
    server.kill("SIGTERM");
    assert.is(await ended, 0);
  },
  { timeoutMs: 30_000 },
);
