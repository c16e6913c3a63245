// Ends a process whose main thread hangs: a loop without an end cannot be left from inside. A thread of its own
// looks at a counter that every run moves.

import { Worker } from "node:worker_threads";

/** Time that one run may take before the process is ended, in milliseconds. */
const HANG_MS = 20_000;

/** Watches the runs of this process. */
export class Watchdog {
  readonly #counter = new Int32Array(new SharedArrayBuffer(4));
  readonly #note = new Uint8Array(new SharedArrayBuffer(256));
  readonly #worker: Worker;

  constructor() {
    const workerData = { counter: this.#counter, note: this.#note, hangMs: HANG_MS };
    this.#worker = new Worker(new URL("./watchdog-thread.mjs", import.meta.url), {
      workerData,
      execArgv: [],
    });
    this.#worker.unref();
  }

  /** What runs from here on, for the message. */
  running(command: string): void {
    this.#note.fill(0);
    this.#note.set(Buffer.from(command).subarray(0, this.#note.length));
  }

  /** A run begins. */
  alive(): void {
    Atomics.add(this.#counter, 0, 1);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
