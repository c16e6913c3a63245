// The threads that load one module. piscina owns them: it starts them, bounds their heap, notices their end, kills
// them and puts others in their place. Calls do not go through its queue: it takes one message for each, a task cannot
// be a stream, and of a thread whose task can be aborted it takes one at a time. So each thread gets one task for its
// life, a lane with a MessagePort of its own, and this file decides which lane a call goes to.

import type { MessagePort } from "node:worker_threads";
import {
  type ForwardedCall,
  type LogEntry,
  type Outcome,
  type Peer,
  type Timer,
  usageError,
  VertexError,
} from "@vertex/protocol";
import type { Host } from "@vertex/protocol/host";

import { Balancer } from "./balancer.ts";
import { Lane, type LanePool } from "./lane.ts";
import type { LaneStart } from "./lane-start.ts";
import type { Place } from "./place.ts";
import { startThreads, type ThreadPool } from "./thread-pool.ts";
import { ThreadRecord, type WorkerPoolReport, type WorkerThreadReport } from "./thread-record.ts";
import { WaitingCalls } from "./waiting-calls.ts";
import type { ResolvedWorkerOptions } from "./worker-options.ts";

/** Time before a thread that did not start is tried again, doubled each time. */
const RESTART_MS = 500;
const MAX_RESTART_MS = 30_000;
/** Any thread may serve the call. */
const ANY = -1;

/** What a pool tells its server. */
export interface WorkerPoolEvents {
  say(entry: LogEntry): void;
  handlerFailed(error: unknown, method: string): void;
}

/** The threads of one module. */
export class WorkerPool implements LanePool {
  readonly options: ResolvedWorkerOptions;
  readonly host: Host;
  readonly killAfterMs: number;
  /** Full names of the methods that the module has handlers for. */
  methods: readonly string[] = [];
  readonly #module: string;
  readonly #events: WorkerPoolEvents;
  readonly #balancer: Balancer<Lane>;
  readonly #waiting: WaitingCalls<Place<Lane>>;
  readonly #lanes: Lane[] = [];
  #threads: ThreadPool | null = null;
  #starting: { resolve(): void; reject(error: VertexError): void } | null = null;
  #started: Promise<void> | null = null;
  #closed = false;
  /** For lanes that start: the end of their time. For lanes that could not: the next try. */
  readonly #timers = new Map<Lane, Timer>();

  constructor(module: URL, options: ResolvedWorkerOptions, host: Host, events: WorkerPoolEvents) {
    this.#module = module.href;
    this.options = options;
    this.killAfterMs = this.options.killAfterMs;
    this.host = host;
    this.#events = events;
    this.#balancer = new Balancer(this.options.balance);
    this.#waiting = new WaitingCalls(this.options, () => host.loop.clock.now());
  }

  /**
   * Starts the threads; resolves when all have loaded the module.
   * @throws VertexError (usage) when the module cannot be used. The threads have ended then.
   */
  start(): Promise<void> {
    this.#started ??= this.#startAll().catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
    return this.#started;
  }

  /**
   * A place for a call, when there is one.
   * @param bytes of its request, which wait with it.
   * @param movable whether it may be handed over before its turn, and taken back.
   * @throws VertexError when too many wait, the pool is closed, or the caller has gone.
   */
  async place(context: ForwardedCall, bytes: number, movable: boolean): Promise<Place<Lane>> {
    if (this.#closed) throw stopped("the worker threads have been closed", "not-executed");
    context.whenCut = () => "not-executed";
    const home = this.#balancer.home(context, this.options.threads);
    if (this.#waiting.first(home) === undefined) {
      const candidates = home === ANY ? this.#lanes : this.#lanes.slice(home, home + 1);
      const lane = this.#balancer.choose(candidates, this.options.concurrency, this.#room(movable));
      if (lane !== undefined) return lane.enter(context, movable);
    }
    return this.#waiting.add(home, context, bytes, movable);
  }

  /** The connection of that peer is closed. */
  forget(peer: Peer): void {
    for (const lane of this.#lanes) lane.forget(peer);
  }

  report(): WorkerPoolReport {
    const { name } = this.options;
    const threads = this.#lanes.map((lane) => this.#reportOf(lane));
    return { name, waiting: this.#waiting.size, refused: this.#waiting.refused, threads };
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    this.#closed = true;
    const error = stopped("the worker threads have been closed", "not-executed");
    this.#starting?.reject(error);
    this.#starting = null;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#waiting.rejectAll(error);
    await this.#threads?.destroy();
  }

  run(start: LaneStart, ports: readonly MessagePort[], signal: AbortSignal): Promise<unknown> {
    return (this.#threads as ThreadPool).run(start, { transferList: [...ports], signal });
  }

  loaded(methods: readonly string[]): void {
    this.methods = methods;
  }

  unusable(lane: Lane, message: string, error: unknown): void {
    this.#sayEnded(lane.thread.name, message, error);
    this.#startFailed(message, error);
    lane.stop(stopped(message));
  }

  roomy(lane: Lane): void {
    if (this.#timers.has(lane)) this.#begun(lane);
    if (!lane.ready || this.#closed) return;
    for (const home of [lane.thread.index, ANY]) this.#fill(lane, home);
    const idle = lane.size < this.options.concurrency;
    if (idle && typeof this.options.balance === "string") this.#relieve(lane);
  }

  runaway(lane: Lane, method: string): void {
    const { thread } = lane;
    const message = `${thread.name}: a handler went on after its deadline`;
    thread.killed++;
    this.#events.say({ level: "error", event: "worker-killed", message, method });
    lane.stop(stopped("another call of the worker thread went on after its deadline"));
  }

  ended(lane: Lane, why: VertexError, error: unknown): void {
    const { thread } = lane;
    const starting = this.#timers.get(lane);
    starting?.cancel();
    this.#timers.delete(lane);
    if (this.#closed) return;
    if (error !== null) this.#sayEnded(thread.name, why.message, error);
    if (starting !== undefined) thread.failedStarts++;
    this.#startFailed(why.message, error);
    if (this.#closed) return;
    if (thread.failedStarts === 0) return this.#replace(lane);
    const delayMs = Math.min(MAX_RESTART_MS, RESTART_MS * 2 ** (thread.failedStarts - 1));
    const again = (): void => this.#replace(lane);
    this.#timers.set(lane, this.host.loop.clock.setTimer(again, delayMs));
  }

  handlerFailed(error: unknown, method: string): void {
    this.#events.handlerFailed(error, method);
  }

  #startAll(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#starting = { resolve, reject };
      const { name, threads } = this.options;
      this.#threads = startThreads(this.options);
      this.#threads.on("error", (error) => this.#sayEnded(name, error.message, error));
      for (let index = 0; index < threads; index++) {
        this.#lanes.push(this.#startLane(new ThreadRecord(name, index)));
      }
    });
  }

  /** Calls that a thread may have for another one to be handed over. */
  #room(movable: boolean): number {
    return movable ? this.options.callsPerThread : this.options.concurrency;
  }

  #fill(lane: Lane, home: number): void {
    for (let call = this.#waiting.first(home); call !== undefined; call = this.#waiting.first(home)) {
      if (lane.size >= this.#room(call.movable)) return;
      this.#waiting.shift(home);
      try {
        call.resolve(lane.enter(call.context, call.movable));
      } catch (error) {
        call.reject(error);
      }
    }
  }

  /** `idle` has nothing to do: a call that has not begun leaves a thread that is busy. */
  #relieve(idle: Lane): void {
    let busiest: Lane | undefined;
    for (const lane of this.#lanes) {
      if (lane !== idle && lane.size > (busiest?.size ?? this.options.concurrency)) busiest = lane;
    }
    for (const place of busiest?.places ?? []) if (place.movable && place.move()) return;
  }

  #startLane(thread: ThreadRecord): Lane {
    const { callsPerThread, concurrency, startTimeoutMs } = this.options;
    const lane = new Lane(this, thread, callsPerThread, { module: this.#module, concurrency });
    const late = (): void => this.unusable(lane, `it was not loaded within ${startTimeoutMs} ms`, undefined);
    this.#timers.set(lane, this.host.loop.clock.setTimer(late, startTimeoutMs));
    return lane;
  }

  /** The lane takes its first calls. */
  #begun(lane: Lane): void {
    this.#timers.get(lane)?.cancel();
    this.#timers.delete(lane);
    lane.thread.failedStarts = 0;
    if (this.#lanes.length < this.options.threads || this.#lanes.some(({ ready }) => !ready)) return;
    this.#starting?.resolve();
    this.#starting = null;
  }

  /** The first start waits for all threads, and ends with the first that cannot. */
  #startFailed(message: string, error: unknown): void {
    if (this.#starting === null) return;
    this.#closed = true;
    this.#starting.reject(usageError(`${this.#module}: ${message}`, undefined, error));
    this.#starting = null;
  }

  #replace(lane: Lane): void {
    this.#timers.delete(lane);
    if (this.#closed) return;
    lane.thread.restarts++;
    this.#lanes[lane.thread.index] = this.#startLane(lane.thread);
  }

  #reportOf({ thread, board, ended, threadId }: Lane): WorkerThreadReport {
    const worker = this.#threads?.threads.find((each) => each.threadId === threadId);
    const { name, done, failed, killed, restarts } = thread;
    return {
      name,
      running: ended === null ? board.count("begun") : 0,
      queued: ended === null ? board.count("waiting") : 0,
      done,
      failed,
      killed,
      restarts,
      utilization: worker?.performance.eventLoopUtilization().utilization ?? 0,
    };
  }

  #sayEnded(thread: string, why: string, error: unknown): void {
    this.#events.say({ level: "error", event: "worker-ended", message: `${thread}: ${why}`, error });
  }
}

function stopped(message: string, outcome: Outcome = "unknown"): VertexError {
  return new VertexError("UNAVAILABLE", message, { outcome });
}
