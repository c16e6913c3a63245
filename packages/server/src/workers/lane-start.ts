// What a thread is given when it starts.

import type { MessagePort } from "node:worker_threads";

/** The first and only task of a thread. */
export interface LaneStart {
  readonly port: MessagePort;
  /** The memory of the `Board`. */
  readonly memory: SharedArrayBuffer;
  /** URL of the module with the handlers. */
  readonly module: string;
  /** Handlers that may run at once. */
  readonly concurrency: number;
}
