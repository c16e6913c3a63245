// A process of the fuzzer's: a server, a canary or a nest of clients, under the flags of the tests. It answers
// requests one by one over IPC, and whatever else it says is held against it.

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Finding } from "../target.ts";

const flags = [
  "--unhandled-rejections=strict",
  "--disable-proto=throw",
  "--disallow-code-generation-from-strings",
  "--trace-warnings",
  "--conditions=@vertex/source",
  "--import",
  import.meta.resolve("tsx"),
];
const ANSWER_MS = 15_000;

/** What such a process is asked, and what it answers. */
export interface Asked {
  readonly id: number;
  readonly request: unknown;
}
export interface Answered {
  readonly id: number;
  readonly answer: unknown;
}

/** One such process. */
export class Child {
  /** What it printed to stderr: warnings and crashes. */
  complaints = "";
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (answer: unknown, gone?: Error) => void>();
  #asked = 0;
  #ended: string | undefined;

  /** @param program a file beside this one. */
  constructor(program: string, ...args: string[]) {
    const path = fileURLToPath(new URL(program, import.meta.url));
    this.#process = spawn(process.execPath, [...flags, path, ...args], {
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    });
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.complaints = (this.complaints + text).slice(0, 20_000);
    });
    this.#process.on("message", (message) => {
      const { id, answer } = message as Answered;
      this.#waiting.get(id)?.(answer);
    });
    this.#process.on("close", (code, signal) => {
      this.#ended = `ended with ${signal ?? `exit code ${code}`}`;
      for (const settle of this.#waiting.values()) settle(undefined, this.#death());
    });
  }

  /** @throws Finding when the process has ended, or has complained. */
  mustBeWell(): void {
    if (this.#ended !== undefined || this.complaints !== "") throw this.#death();
  }

  /** @throws Finding when the process ends, or does not answer in 15 s. */
  ask(request: unknown): Promise<unknown> {
    if (this.#ended !== undefined) throw this.#death();
    const id = this.#asked++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(undefined, new Finding("no answer after 15 s")), ANSWER_MS);
      const settle = (answer: unknown, gone?: Error) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        if (gone === undefined) resolve(answer);
        else reject(gone);
      };
      this.#waiting.set(id, settle);
      this.#process.send({ id, request } satisfies Asked);
    });
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const closed = new Promise((resolve) => this.#process.once("close", resolve));
    this.#process.kill("SIGKILL");
    await closed;
  }

  #death(): Finding {
    return new Finding(`a process ${this.#ended ?? "complains"}\n${this.complaints.slice(0, 2_000)}`);
  }
}

/** The other side of `Child`: answers each request with what `answer` resolves to. */
export function serveParent(answer: (request: unknown) => unknown): void {
  process.on("message", (message) => {
    const { id, request } = message as Asked;
    void Promise.resolve(answer(request)).then((result) =>
      process.send?.({ id, answer: result } satisfies Answered),
    );
  });
  process.on("disconnect", () => process.exit(0));
}
