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

/** In the parent: one process of the benchmark. */
export class Child {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #questions = 0;

  private constructor(name: string) {
    this.#name = name;
    const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
    this.#process = fork(file, { execArgv: ["--expose-gc"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#process.on("message", ({ number, value, failed }: Answer) => {
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      if (failed === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(`${name}: ${failed}`));
    });
    this.#process.on("exit", (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${name} ended (${signal ?? code})`));
      this.#waiting.clear();
    });
  }

  /** Starts `dist/<name>.js` and waits until it answers. */
  static async start(name: string): Promise<Child> {
    const child = new Child(name);
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

  /** Ends the process. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await ended;
  }
}
