// What is counted of one thread over all its lives.

/** The counters of a thread. */
export class ThreadRecord {
  readonly name: string;
  /** Place among the threads of its pool. */
  readonly index: number;
  done = 0;
  failed = 0;
  killed = 0;
  restarts = 0;
  /** Starts that failed in a row. */
  failedStarts = 0;

  constructor(pool: string, index: number) {
    this.name = `${pool}-${index + 1}`;
    this.index = index;
  }
}

/** What `server.stats()` says of a thread. */
export interface WorkerThreadReport {
  /** The name of its pool, and its number from 1 on. */
  readonly name: string;
  /** Handlers that run in it now. */
  readonly running: number;
  /** Calls that are with it and have not begun. */
  readonly queued: number;
  /** Calls answered. */
  readonly done: number;
  /** Calls that failed after their handler had begun, whatever the reason. */
  readonly failed: number;
  /** How often it was ended because a handler went on after its deadline. */
  readonly killed: number;
  /** How often it was started again, after a kill, a crash, or running out of memory. */
  readonly restarts: number;
  /** Share of the time since its start that its event loop was busy, 0 to 1. 0 while it starts. */
  readonly utilization: number;
}

/** What `server.stats()` says of the threads of one module. */
export interface WorkerPoolReport {
  readonly name: string;
  /** Calls that wait for a thread. */
  readonly waiting: number;
  /** Calls refused since the start, because too many waited already. */
  readonly refused: number;
  readonly threads: readonly WorkerThreadReport[];
}
