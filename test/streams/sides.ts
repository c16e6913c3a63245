// Starts processes that serve or call, and asks them to do so.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Commands } from "./commands.ts";

type Name = keyof Commands;
type Answer<N extends Name> = Awaited<ReturnType<Commands[N]>>;

/** What goes to a side, and what comes back. */
export interface Question {
  readonly id: number;
  readonly name: Name;
  readonly args: readonly unknown[];
}
export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

const program = fileURLToPath(new URL("side.ts", import.meta.url));

/** One process. */
export class Side {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #questions = 0;

  constructor() {
    const execArgv = [...process.execArgv.filter((flag) => flag !== "--expose-gc"), "--expose-gc"];
    this.#child = fork(program, { execArgv });
    this.#child.on("message", ({ id, value, error }: Reply) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    });
    this.#child.on("exit", (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the process ended: ${signal ?? code}`));
    });
  }

  /** Asks, and resolves with what the process says to it. */
  ask<N extends Name>(name: N, ...args: Parameters<Commands[N]>): Promise<Answer<N>> {
    const id = this.#questions++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.send({ id, name, args } satisfies Question);
    });
  }

  /** Ends the process; resolves when it is gone. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return resolve();
      this.#child.once("exit", () => resolve());
      this.#child.kill("SIGKILL");
    });
  }
}

/** A server and a client connected to it, in a process each. */
export interface Sides {
  readonly server: Side;
  readonly client: Side;
  close(): Promise<void>;
}

export async function startSides(): Promise<Sides> {
  const server = new Side();
  const client = new Side();
  await client.ask("connect", await server.ask("serve"));
  return {
    server,
    client,
    close: async () => {
      await Promise.all([client.close(), server.close()]);
    },
  };
}
