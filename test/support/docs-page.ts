// A page of the documentation as a program: its code blocks, by the file names that they begin with.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const flags = ["--conditions=@vertex/source", "--import", "tsx"];

/** A folder in which the blocks of a page are files, beside the code generated from its schema. */
export class DocsPage {
  readonly #blocks: ReadonlyMap<string, string>;
  readonly #home: string;

  /** @param path the page's, from the root of the repository. */
  constructor(path: string) {
    const text = readFileSync(join(root, path), "utf8");
    const blocks = [...text.matchAll(/```(?:ts|proto)\n((?:\/\/) (\S+\.(?:ts|proto))\n[\s\S]*?)```/g)];
    this.#blocks = new Map(blocks.map(([, code = "", name = ""]) => [name, code]));
    // Inside this package, so that the packages resolve as they would for a user who lists them.
    this.#home = mkdtempSync(join(root, "test/docs/.page-"));
  }

  /** The names of its files. */
  get files(): string[] {
    return [...this.#blocks.keys()];
  }

  /** A path for a Unix socket. */
  get socket(): string {
    return `unix:${join(this.#home, "s")}`;
  }

  /** Writes all files, listening on a Unix socket, and generates code from the schema among them. */
  generate(): void {
    for (const [name, code] of this.#blocks) {
      mkdirSync(join(this.#home, dirname(name)), { recursive: true });
      writeFileSync(join(this.#home, name), code.replaceAll("tcp://127.0.0.1:7400", this.socket));
    }
    const cli = join(root, "codegen/src/vertex-codegen.ts");
    // The generator compiles what it checks rules with; what it writes runs without.
    const own = ["--no-disallow-code-generation-from-strings", ...flags];
    execFileSync(process.execPath, [...own, cli, "--proto", "schema", "--out", "gen"], { cwd: this.#home });
  }

  /** What TypeScript has to say of the files; empty when nothing. */
  typeErrors(): string {
    const base = join(root, "tsconfig.base.json");
    const compilerOptions = { noEmit: true, isolatedDeclarations: false, types: ["node"] };
    writeFileSync(
      join(this.#home, "tsconfig.json"),
      JSON.stringify({ extends: base, compilerOptions, include: ["*.ts", "gen"] }),
    );
    symlinkSync(join(root, "test/node_modules"), join(this.#home, "node_modules"));
    const tsc = join(root, "test/node_modules/typescript/bin/tsc");
    try {
      execFileSync(process.execPath, [tsc, "-p", "."], { cwd: this.#home, encoding: "utf8", env: {} });
      return "";
    } catch (error) {
      return String((error as { stdout?: unknown }).stdout ?? error);
    }
  }

  /** Runs a file to its end; returns the lines that it printed. */
  run(name: string): string[] {
    return execFileSync(process.execPath, [...flags, name], { cwd: this.#home, encoding: "utf8" })
      .trim()
      .split("\n");
  }

  /** Starts a file with `more` code behind it that prints something; resolves when it has. */
  async start(name: string, more: string): Promise<{ stop(): Promise<number | null> }> {
    writeFileSync(join(this.#home, name), `${readFileSync(join(this.#home, name), "utf8")}\n${more}\n`);
    const stdio = ["ignore", "pipe", "inherit"] as const;
    const child = spawn(process.execPath, [...flags, name], { cwd: this.#home, stdio: [...stdio] });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once("data", () => resolve());
      child.once("exit", (code) => reject(new Error(`${name} exited with ${code}`)));
    });
    const stop = (): Promise<number | null> => {
      child.kill("SIGTERM");
      return ended;
    };
    return { stop };
  }

  remove(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}
