// Questions from the benchmark to its processes, and their answers, over Node's channel between parent and child.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a process answers to: each question has a name and, perhaps, an argument. */
export type Answers = { readonly [question: string]: (argument: never) => unknown };

interface Question {
  readonly number: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Answer {
  readonly number: number;
  readonly value?: unknown;
  readonly failed?: string;
}

/** In the child: answers until the parent hangs up. */
export function answerParent(answers: Answers): void {
  process.on("message", async ({ number, name, argument }: Question) => {
    try {
      const answer = answers[name] as (argument: unknown) => unknown;
      process.send?.({ number, value: await answer(argument) } satisfies Answer);
    } catch (error) {
      const failed = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.send?.({ number, failed } satisfies Answer);
    }
  });
  process.on("disconnect", () => process.exit(0));
  process.send?.({ number: 0 } satisfies Answer);
}

/** Where and how a process runs. */
export interface ChildOptions {
  /** The one core that it may use; by default all. */
  readonly core?: number | undefined;
  readonly nodeFlags?: readonly string[];
}

/** How long a process may take to end by itself. */
const END_MS = 2_000;

/** In the parent: one process of the benchmark. */
export class Child {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #questions = 0;

  private constructor(file: string, args: readonly string[], { core, nodeFlags = [] }: ChildOptions) {
    this.#name = [file, ...args].join(" ");
    const path = fileURLToPath(new URL(`./${file}.js`, import.meta.url));
    const flags = ["--expose-gc", ...nodeFlags];
    const how =
      core === undefined
        ? { execArgv: flags }
        : { execPath: "taskset", execArgv: ["-c", String(core), process.execPath, ...flags] };
    this.#process = fork(path, args, { ...how, stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#process.on("message", ({ number, value, failed }: Answer) => {
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      if (failed === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(`${this.#name}: ${failed}`));
    });
    this.#process.on("exit", (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`${this.#name} ended (${signal ?? code})`));
      this.#waiting.clear();
    });
  }

  /** Starts `src/process/<file>.ts`, built, and waits until it answers. */
  static async start(file: string, args: readonly string[] = [], options: ChildOptions = {}): Promise<Child> {
    const child = new Child(file, args, options);
    await new Promise((resolve, reject) => child.#waiting.set(0, { resolve, reject }));
    return child;
  }

  ask<T>(name: string, argument?: unknown): Promise<T> {
    const number = ++this.#questions;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve: (value) => resolve(value as T), reject });
      this.#process.send({ number, name, argument } satisfies Question, (error) => {
        if (error !== null) reject(new Error(`${this.#name} cannot be asked: ${error.message}`));
      });
    });
  }

  /** Hangs up, upon which the process ends; helps after a while. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    const late = setTimeout(() => this.#process.kill("SIGKILL"), END_MS);
    if (this.#process.connected) this.#process.disconnect();
    await ended;
    clearTimeout(late);
  }
}
