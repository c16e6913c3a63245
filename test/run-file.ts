// Runs one test file in a process group of its own and says how it went. Knows nothing of the other files.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface FileResult {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly ms: number;
  readonly output: string;
}

export interface FileSettings {
  /** The folder that the files are named from, and their working directory. */
  readonly root: string;
  /** The Node binary. */
  readonly node: string;
  /** Seconds until the file's processes are killed, unless the file itself asks for more. */
  readonly timeoutSeconds: number;
  /** Run only the tests whose sentence contains this. */
  readonly only: string | undefined;
  readonly colors: boolean;
}

// Rejections nobody handles, writes through __proto__ and code made from strings have no place in Vertex: not in the
// process of a test file, nor in those that it starts. Nor have warnings, which the guard notes.
const noCodeFromStrings = "--disallow-code-generation-from-strings";
const strictFlags = ["--unhandled-rejections=strict", "--disable-proto=throw"];
const guard = fileURLToPath(new URL("support/child-guard.cjs", import.meta.url));
const sourceFlags = ["--conditions=@vertex/source", "--import", import.meta.resolve("tsx")];
const resultsLine = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;
const leftBehindGraceMs = 1_000;

const runningGroups = new Set<number>();

/** Ends what still runs; for a runner that is itself interrupted. */
export function killRunningFiles(): void {
  for (const group of runningGroups) killGroup(group);
}

export async function runFile(file: string, settings: FileSettings): Promise<FileResult> {
  const wishes = readWishes(join(settings.root, file));
  const timeoutSeconds = wishes.timeoutSeconds ?? settings.timeoutSeconds;
  const startedAt = performance.now();
  const notes = mkdtempSync(join(tmpdir(), "vertex-warnings-"));
  const warnings = join(notes, "warnings");
  writeFileSync(warnings, "");
  const flags = [...strictFlags, noCodeFromStrings, ...sourceFlags, ...wishes.nodeFlags];
  const child = spawn(settings.node, [...flags, file], {
    cwd: settings.root,
    env: environment(settings, wishes, warnings),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const group = child.pid;
  let output = "";
  let stdout = "";
  let problem = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  if (group !== undefined) runningGroups.add(group);
  const timer = setTimeout(() => {
    problem = `the file took longer than ${timeoutSeconds} s and was killed`;
    if (group !== undefined) killGroup(group);
  }, timeoutSeconds * 1_000);
  const ending = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(`the file did not start: ${error.message}`));
    child.on("exit", (code, signal) =>
      resolve(code === 0 ? "" : `it ended with ${signal ?? `exit code ${code}`}`),
    );
  });
  const closed = new Promise((resolve) => child.on("close", resolve).on("error", resolve));
  const badEnd = await ending;
  clearTimeout(timer);
  if (group !== undefined) {
    if (problem === "" && (await outlives(group))) problem = "it left processes behind, which were killed";
    killGroup(group);
    runningGroups.delete(group);
  }
  await closed;
  const warned = readFileSync(warnings, "utf8").trim();
  rmSync(notes, { recursive: true });
  if (problem === "" && warned !== "") problem = `a process warned:\n${warned}`;
  const ran = { file, ms: performance.now() - startedAt, output, said: lastLineOf(stdout), problem, badEnd };
  return summarize(ran, settings.only === undefined);
}

/** What the file's process, and through it all that it starts, finds in its environment. */
function environment({ only, colors }: FileSettings, wishes: Wishes, warnings: string): NodeJS.ProcessEnv {
  const filter = only === undefined ? {} : { VERTEX_TEST_ONLY: only };
  const wantsCode = wishes.nodeFlags.includes(noCodeFromStrings.replace("--", "--no-"));
  const strict = wantsCode ? strictFlags : [...strictFlags, noCodeFromStrings];
  const options = [...(wishes.freeChildren ? [] : strict), "--require", JSON.stringify(guard)];
  const own = { NODE_OPTIONS: options.join(" "), VERTEX_TEST_WARNINGS: warnings };
  return { ...process.env, ...own, ...filter, ...(colors ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }) };
}

interface Ran {
  readonly file: string;
  readonly ms: number;
  /** Everything printed, and the last line of it that went to stdout. */
  readonly output: string;
  readonly said: string;
  /** What the runner holds against the file, and how the process ended if not with exit code 0. */
  readonly problem: string;
  readonly badEnd: string;
}

function lastLineOf(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

/** The counts are the file's own last line; a file that prints none, or contradicts it, has failed. */
function summarize({ file, ms, output, said, problem, badEnd }: Ran, mustHaveTests: boolean): FileResult {
  const counts = resultsLine.exec(said);
  const [passed, failed, skipped] = [1, 2, 3].map((group) => Number(counts?.[group] ?? 0)) as [
    number,
    number,
    number,
  ];
  let note = problem;
  if (note === "" && failed === 0) note = badEnd;
  if (note === "" && counts === null) note = "it ended without a line of results";
  if (note === "" && passed + failed + skipped === 0 && mustHaveTests) note = "it ran no test";
  if (note === "") return { file, passed, failed, skipped, ms, output };
  return { file, passed, failed: failed + 1, skipped, ms, output: `${output.trimEnd()}\n${file}: ${note}\n` };
}

interface Wishes {
  readonly nodeFlags: readonly string[];
  readonly timeoutSeconds: number | undefined;
  /** The processes that it starts are others' programs, which do not live with the strict flags. */
  readonly freeChildren: boolean;
}

/**
 * What a file asks for in its opening comment lines:
 *
 *     // node-flags: --expose-gc --no-disallow-code-generation-from-strings
 *     // file-timeout: 120 s
 *     // children: free
 */
function readWishes(path: string): Wishes {
  const lines = readFileSync(path, "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//") && line.trim() !== "");
  const opening = lines.slice(0, end === -1 ? lines.length : end).join("\n");
  const flags = /^\/\/ node-flags: (.+)$/m.exec(opening)?.[1];
  const timeout = /^\/\/ file-timeout: (\d+) s$/m.exec(opening)?.[1];
  return {
    nodeFlags: flags?.trim().split(/\s+/) ?? [],
    timeoutSeconds: timeout === undefined ? undefined : Number(timeout),
    freeChildren: /^\/\/ children: free$/m.test(opening),
  };
}

function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Nobody is left in the group.
  }
}

async function outlives(group: number): Promise<boolean> {
  const giveUpAt = performance.now() + leftBehindGraceMs;
  while (hasLiveMember(group)) {
    if (performance.now() > giveUpAt) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

function hasLiveMember(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  // A zombie whose parent never collects it still answers to signals; /proc tells it from a live process.
  return readdirSync("/proc").some((entry) => /^\d+$/.test(entry) && isLiveIn(group, entry));
}

function isLiveIn(group: number, pid: string): boolean {
  try {
    // "pid (name) state parent group …"; the name may hold spaces and brackets.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, , memberOf] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(memberOf) === group && state !== "Z";
  } catch {
    return false;
  }
}
