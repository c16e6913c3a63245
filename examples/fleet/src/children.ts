// The processes of the demo: started, listened to, and never left behind.

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { FleetEvent } from "./events.ts";

/** Lines of a child's stderr that are kept, in case it fails. */
const KEPT_LINES = 20;

/** How a process has ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of the fleet. */
export class Child {
  readonly name: string;
  readonly exited: Promise<Exit>;
  /** The last it said on stderr. */
  readonly complaints: string[] = [];
  /** How it has ended; null while it runs. */
  exit: Exit | null = null;
  readonly #process: ChildProcess;

  constructor(name: string, started: ChildProcess, onEvent: (event: FleetEvent) => void) {
    this.name = name;
    this.#process = started;
    this.exited = new Promise((resolve) => {
      const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.exit ??= { code, signal };
        resolve(this.exit);
      };
      started.once("error", (error) => {
        this.complaints.push(error.message);
        ended(null, null);
      });
      started.once("close", ended);
    });
    if (started.stdout !== null) {
      createInterface(started.stdout).on("line", (line) => onEvent(JSON.parse(line) as FleetEvent));
    }
    if (started.stderr !== null) {
      createInterface(started.stderr).on("line", (line) => {
        this.complaints.push(line);
        if (this.complaints.length > KEPT_LINES) this.complaints.shift();
      });
    }
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}

/** All that run. */
export class Children {
  readonly #running = new Set<Child>();

  get size(): number {
    return this.#running.size;
  }

  /** Starts `collector` or `agent`, the file beside this one, with the flags that this process was started with. */
  start(
    script: "collector" | "agent",
    name: string,
    args: readonly string[],
    onEvent: (event: FleetEvent) => void,
  ): Child {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const file = fileURLToPath(new URL(`./${script}.${extension}`, import.meta.url));
    // The fourth channel carries nothing: it closes when this process dies, which ends the child.
    const started = spawn(process.execPath, [...process.execArgv, file, ...args], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const child = new Child(name, started, onEvent);
    this.#running.add(child);
    void child.exited.then(() => this.#running.delete(child));
    return child;
  }

  /** At once, whatever state they are in. */
  killAll(): void {
    for (const child of this.#running) child.signal("SIGKILL");
  }
}
