// A shutdown: drains every connection, waits, and says what was finished and what was cut off.

import { type Clock, type Session, type SessionEnd, type Timer, usageError } from "@vertex/protocol";
import { nodeEnvironment } from "@vertex/protocol/host";

/** How to shut down. */
export interface ShutdownOptions {
  /** Time for what runs to finish, in milliseconds. Default 10,000; 0 cuts everything off at once. */
  readonly graceMs?: number | undefined;
}

/** How a shutdown went. */
export interface ShutdownReport {
  /** Connections that were open when it began. */
  readonly connections: number;
  /** Calls that were running or still came in, and were finished. */
  readonly finished: number;
  /** Calls that were cut off; their callers know it, with outcome "unknown". */
  readonly cancelled: number;
  readonly durationMs: number;
  /** The same in one line for people. */
  readonly text: string;
}

/** Beyond the grace time: sockets are destroyed by then whatever the peer does. */
const FORCE_MS = 1_500;

/** One shutdown. */
export class Shutdown {
  readonly done: Promise<ShutdownReport>;
  readonly #graceMs: number;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #waiting = new Set<Session>();
  readonly #connections: number;
  #taken = 0;
  #cancelled = 0;
  #resolve: (report: ShutdownReport) => void = () => {};
  #timer: Timer | undefined;

  constructor(
    sessions: readonly Session[],
    { graceMs = 10_000 }: ShutdownOptions,
    clock: Clock = nodeEnvironment.clock,
  ) {
    if (!(graceMs >= 0 && graceMs <= 0x7fffffff - FORCE_MS))
      throw usageError(`graceMs must be from 0, not ${graceMs}`);
    this.#graceMs = graceMs;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#connections = sessions.length;
    for (const session of sessions) {
      this.#waiting.add(session);
      this.#taken += session.runningCalls - session.servedCalls;
    }
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  start(): void {
    for (const session of [...this.#waiting]) {
      if (this.#graceMs === 0) session.close("SHUTDOWN", "the server is shutting down");
      else session.drain(this.#graceMs, "the server is shutting down");
    }
    if (this.#waiting.size === 0) this.#finish();
    // The sessions keep their own time; this is for one whose clock or socket does not.
    else this.#timer = this.#clock.setTimer(() => this.#force(), this.#graceMs + FORCE_MS);
  }

  /** A session has ended. */
  closed(session: Session, end: SessionEnd): void {
    if (!this.#waiting.delete(session)) return;
    this.#taken += session.servedCalls;
    this.#cancelled += end.cancelledCalls;
    if (this.#waiting.size === 0) this.#finish();
  }

  #force(): void {
    for (const session of [...this.#waiting]) session.close("SHUTDOWN", "the time to finish was up");
  }

  #finish(): void {
    this.#timer?.cancel();
    const durationMs = Math.round(this.#clock.now() - this.#startedAt);
    const finished = this.#taken - this.#cancelled;
    const closed = count(this.#connections, "connection");
    const text = `shut down in ${durationMs} ms: ${closed} closed, ${count(finished, "call")} finished, ${this.#cancelled} cancelled`;
    this.#resolve({ connections: this.#connections, finished, cancelled: this.#cancelled, durationMs, text });
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
