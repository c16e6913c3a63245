// A scratch directory that looks like a user's package: .proto files in, the command run in it, the generated
// code compiled by both TypeScripts and imported.

import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runCommand } from "@vertex/codegen";

/** The root of the repository. */
export const repository: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

export interface Workspace {
  readonly dir: string;
  write(files: Record<string, string>): void;
  read(path: string): string;
  has(path: string): boolean;
  /** Paths of all files below `path`, sorted. */
  list(path: string): string[];
  /** Runs `vertex-codegen` with the workspace as its working directory. */
  run(...args: string[]): Promise<CommandResult>;
  /** What TypeScript 7 and 5.9 say about the files below `path`, under the strictest settings. Nothing is good. */
  typeErrors(path: string): Promise<string>;
  import(path: string): Promise<Record<string, unknown>>;
  remove(): void;
}

export function createWorkspace(files: Record<string, string> = {}): Workspace {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "vertex-codegen-test-")));
  mkdirSync(join(dir, "node_modules/@vertex"), { recursive: true });
  symlinkSync(join(repository, "packages/protocol"), join(dir, "node_modules/@vertex/protocol"));
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }\n');
  const workspace: Workspace = {
    dir,
    write(more) {
      for (const [path, text] of Object.entries(more)) {
        mkdirSync(dirname(join(dir, path)), { recursive: true });
        writeFileSync(join(dir, path), text);
      }
    },
    read: (path) => readFileSync(join(dir, path), "utf8"),
    has: (path) => existsSync(join(dir, path)),
    list: (path) => filesBelow(join(dir, path)).map((file) => relative(join(dir, path), file)),
    async run(...args) {
      const out: string[] = [];
      const errors: string[] = [];
      const host = { cwd: dir, out: (l: string) => out.push(l), error: (l: string) => errors.push(l) };
      const code = await runCommand(args, host);
      return { code, out: out.join("\n"), errors: errors.join("\n") };
    },
    typeErrors: (path) => typeErrors(dir, path),
    import: (path) => import(pathToFileURL(join(dir, path)).href),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
  workspace.write(files);
  return workspace;
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(dir, entry.name)) : [join(dir, entry.name)]))
    .sort();
}

/** Only what is said about the workspace's own files: the runtime beside them is checked where it lives. */
async function typeErrors(dir: string, path: string): Promise<string> {
  const settings = {
    extends: join(repository, "tsconfig.base.json"),
    compilerOptions: { noEmit: true, types: [] },
    include: [path],
  };
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify(settings));
  const said: string[] = [];
  for (const compiler of ["typescript/bin/tsc", "typescript-5/bin/tsc"]) {
    const output = await runNode(join(repository, "node_modules", compiler), ["-p", "."], dir);
    said.push(
      ...output.split("\n").filter((line) => line !== "" && !line.startsWith("../") && !line.startsWith(" ")),
    );
  }
  return said.join("\n");
}

function runNode(script: string, args: string[], cwd: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd, maxBuffer: 1 << 26 }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}
