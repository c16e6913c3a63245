// A server or a client in a process of its own, for tests that stop, signal or kill it.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { until } from "./waiting.ts";

/** A child process and what it has printed. */
export interface Child {
  readonly process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves with the exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  signal(name: NodeJS.Signals): void;
  /** The first capture of `pattern` in what it printed; waits for it. */
  says(pattern: RegExp): Promise<string>;
  close(): Promise<void>;
}

/** Starts test/support/server/<program> with arguments, from source. */
export function startChild(program: string, ...args: string[]): Child {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(
    process.execPath,
    [
      "--unhandled-rejections=strict",
      "--conditions=@vertex/source",
      "--import",
      import.meta.resolve("tsx"),
      path,
      ...args,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    signal: (name) => void child.kill(name),
    says: async (pattern) => {
      await until(`the child says ${pattern}`, () => pattern.test(stdout), 10_000).catch((error: Error) => {
        throw new Error(`${error.message}; it said:\n${stdout}${stderr}`);
      });
      return pattern.exec(stdout)?.[1] ?? "";
    },
    close: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
