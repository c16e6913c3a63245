// One life of one thread, as the main thread sees it: the session that its calls travel through, the board, and what
// becomes of them when the thread ends.
//
//  starting --module loaded, handshake--> ready --crash, out of memory, kill--> ended

import { MessageChannel, type MessagePort } from "node:worker_threads";
import {
  type AnyMethod,
  type CallContext,
  type Peer,
  QueueingCaller,
  Router,
  Session,
  VertexError,
} from "@vertex/protocol";
import type { Host } from "@vertex/protocol/host";
import { Board, sharedNow } from "./board.ts";
import { laneMethod } from "./lane-codec.ts";
import { laneSessionOptions } from "./lane-session.ts";
import type { LaneStart } from "./lane-start.ts";
import { PeerNumbers } from "./peer-numbers.ts";
import { Place, type PlaceLane } from "./place.ts";
import { type Notice, PortTransport } from "./port-transport.ts";
import type { ThreadRecord } from "./thread-record.ts";

/** A call without a deadline whose caller has gone is ended after that long, in milliseconds. */
const ABANDONED_MS = 10_000;

/** What a lane needs of its pool. */
export interface LanePool {
  readonly host: Host;
  readonly killAfterMs: number;
  /** Starts a thread with this task. Rejects when the thread ends; resolves when it ends in order. */
  run(start: LaneStart, ports: readonly MessagePort[], signal: AbortSignal): Promise<unknown>;
  /** The module is loaded, or cannot be. */
  loaded(methods: readonly string[]): void;
  unusable(lane: Lane, message: string, error: unknown): void;
  /** There is room for a call. */
  roomy(lane: Lane): void;
  /** The handler of that method has not settled in time. */
  runaway(lane: Lane, method: string): void;
  /** The thread is no more. `error` is what it ended with; `null` when it was stopped. */
  ended(lane: Lane, why: VertexError, error: unknown): void;
  handlerFailed(error: unknown, method: string): void;
}

/** One life of a thread. */
export class Lane implements PlaceLane {
  readonly thread: ThreadRecord;
  readonly board: Board;
  readonly caller: QueueingCaller;
  /** Node's number of the thread; 0 while it starts. */
  threadId = 0;
  ready = false;
  /** Why it is no more, as the callers of what ran on it are told. */
  ended: VertexError | null = null;
  readonly places: Set<Place<Lane>> = new Set();
  readonly #pool: LanePool;
  readonly #transport: PortTransport;
  readonly #session: Session;
  readonly #peers: PeerNumbers;
  readonly #free: number[];
  readonly #methods = new Map<AnyMethod, AnyMethod>();
  readonly #stop = new AbortController();
  #opening: Place<Lane> | null = null;
  #stopped: VertexError | null = null;

  constructor(pool: LanePool, thread: ThreadRecord, slots: number, task: Omit<LaneStart, "port" | "memory">) {
    this.#pool = pool;
    this.thread = thread;
    this.board = Board.withSlots(slots);
    this.#free = Array.from({ length: slots }, (_, slot) => slot);
    const { port1, port2 } = new MessageChannel();
    this.#transport = new PortTransport(port1, thread.name, (notice) => this.#noticed(notice));
    this.#peers = new PeerNumbers((notice) => this.#transport.tell(notice));
    const { loop } = pool.host;
    this.#session = new Session({
      role: "dialer",
      loop,
      transport: this.#transport,
      options: laneSessionOptions,
      router: new Router(),
      introduction: { name: "main", services: [] },
      events: {
        opened: () => {
          this.ready = true;
          pool.roomy(this);
        },
        roomy: () => {},
        draining: () => {},
        closed: () => {},
        handlerFailed: () => {},
      },
    });
    this.caller = new QueueingCaller(loop, this.#route(), {
      callTimeoutMs: laneSessionOptions.callTimeoutMs,
      maxQueuedCalls: 1,
      interceptors: [],
    });
    this.#session.start();
    pool
      .run({ ...task, port: port2, memory: this.board.memory }, [port2], this.#stop.signal)
      .then(() => this.#end(new Error("the thread has stopped serving")))
      .catch((error: unknown) => this.#end(error));
  }

  /** Calls that are with the thread. */
  get size(): number {
    return this.places.size;
  }

  /**
   * Makes room for a call; there must be some.
   * @throws VertexError (usage) when the peer's identity cannot go to another thread.
   */
  enter(context: CallContext, movable: boolean): Place<Lane> {
    const peer = this.#peers.numberOf(context);
    const slot = this.#free.pop() as number;
    const { remainingMs } = context;
    const now = this.#pool.host.loop.clock.now();
    const place = new Place(this, slot, peer, now + remainingMs, movable);
    this.board.offer(slot, peer, sharedNow() + remainingMs);
    this.places.add(place);
    return place;
  }

  /** Makes a call through `make`, in that place. */
  open<T>(place: Place<Lane>, make: (caller: QueueingCaller) => T): T {
    this.#opening = place;
    try {
      return make(this.caller);
    } finally {
      this.#opening = null;
    }
  }

  /** The method as it travels on this lane. */
  method(method: AnyMethod): AnyMethod {
    let own = this.#methods.get(method);
    if (own === undefined) {
      own = laneMethod(method, this.#transport, true);
      this.#methods.set(method, own);
    }
    return own;
  }

  /** The thread has nothing more to do with the call. */
  release(place: Place<Lane>): void {
    if (!this.places.delete(place)) return;
    place.onReleased?.();
    this.#peers.left(place.peer);
    this.board.free(place.slot);
    this.#free.push(place.slot);
    if (this.ended === null) this.#pool.roomy(this);
  }

  /** Nobody waits for the call, and its handler goes on: it gets until its deadline, and a little longer. */
  abandon(place: Place<Lane>): void {
    this.board.cut(place.slot);
    if (this.board.state(place.slot) === "done") return this.release(place);
    const { clock } = this.#pool.host.loop;
    const now = clock.now();
    const until = Math.min(place.deadlineAt, now + ABANDONED_MS);
    const watch = clock.setTimer(
      () => {
        if (!this.places.has(place)) return;
        if (this.board.state(place.slot) === "done") this.release(place);
        else this.#pool.runaway(this, place.call?.method.path ?? "");
      },
      Math.max(0, until - now) + this.#pool.killAfterMs,
    );
    place.onReleased = () => watch.cancel();
  }

  /** Ends the thread. What has begun fails with `why`, the rest moves. */
  stop(why: VertexError): void {
    if (this.#stopped !== null || this.ended !== null) return;
    this.#stopped = why;
    this.#stop.abort();
  }

  /** The connection of that peer is closed. */
  forget(peer: Peer): void {
    this.#peers.forget(peer);
  }

  #route(): ConstructorParameters<typeof QueueingCaller>[1] {
    return {
      offer: (call) => {
        const place = this.#opening;
        if (place === null || !this.#session.open(call)) return false;
        place.call = call;
        this.board.name(place.slot, call.id);
        return true;
      },
      mayRepeat: () => false,
      whyWaiting: () => "the worker thread takes no calls",
      oneWayFailed: () => {},
    };
  }

  #noticed(notice: Notice): void {
    if (notice.kind === "loaded") {
      this.threadId = notice.threadId;
      this.#pool.loaded(notice.methods);
    } else if (notice.kind === "unusable") this.#pool.unusable(this, notice.message, notice.error);
    else if (notice.kind === "threw") this.#pool.handlerFailed(notice.error, notice.method);
    else if (notice.kind === "done") this.#settledLate(notice.callId);
  }

  #settledLate(callId: number): void {
    for (const place of this.places) if (place.call?.id === callId) return this.release(place);
  }

  /** The thread is no more. */
  #end(error: unknown): void {
    if (this.ended !== null) return;
    this.ready = false;
    this.ended = this.#stopped ?? verdict(error);
    for (const place of this.places) place.onReleased?.();
    this.#transport.lost(error instanceof Error ? error : undefined);
    this.#pool.ended(this, this.ended, this.#stopped === null ? error : null);
  }
}

/** What the callers are told of a thread that ended by itself. */
function verdict(error: unknown): VertexError {
  const { code } = error as { code?: unknown };
  return code === "ERR_WORKER_OUT_OF_MEMORY"
    ? new VertexError("RESOURCE_EXHAUSTED", "the worker thread ran out of memory", { outcome: "unknown" })
    : new VertexError("INTERNAL", "the worker thread has crashed", { outcome: "unknown" });
}
