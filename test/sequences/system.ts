// Two ends in memory that connect again and again, whose every turn and delivery waits for fast-check's scheduler.
import type { Scheduler } from "fast-check";
import { QueueingCaller } from "../../packages/protocol/src/caller.ts";
import type { Clock, Environment, Timer } from "../../packages/protocol/src/clock.ts";
import { Loop } from "../../packages/protocol/src/loop.ts";
import { type MemoryTransport, memoryPair } from "../../packages/protocol/src/memory-transport.ts";
import { Router } from "../../packages/protocol/src/router.ts";
import { Session } from "../../packages/protocol/src/session.ts";
import { resolveSessionOptions, type SessionOptions } from "../../packages/protocol/src/session-options.ts";
import { Sweeper } from "../../packages/protocol/src/sweeper.ts";
import { VertexError } from "../../packages/protocol/src/vertex-error.ts";
import { labService } from "../support/protocol/lab-service.ts";
import { microtasks, seededRandom } from "../support/protocol/manual-environment.ts";
import { Handlers } from "./handlers.ts";
import type { End, Model } from "./model.ts";

const ATTEMPTS = 3;

/** A clock that stands still until it is moved, and turns that come when the scheduler says so. */
class ScheduledEnvironment implements Environment {
  readonly clock: Clock;
  readonly random = seededRandom(1);
  now = 1_000_000;
  readonly timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  readonly #scheduler: Scheduler;
  readonly #failed: (error: unknown) => void;

  constructor(scheduler: Scheduler, failed: (error: unknown) => void) {
    this.#scheduler = scheduler;
    this.#failed = failed;
    this.clock = { now: () => this.now, setTimer: (callback, delayMs) => this.#setTimer(callback, delayMs) };
  }

  defer(callback: () => void): void {
    process.nextTick(callback);
  }

  later(callback: () => void): void {
    this.#scheduler.schedule(Promise.resolve(), "turn").then(callback).catch(this.#failed);
  }

  /** Lets time pass: timers fire in order. Turns and deliveries do not come any nearer by it. */
  async advance(ms: number): Promise<void> {
    const until = this.now + ms;
    for (let next = this.#first(until); next !== undefined; next = this.#first(until)) {
      this.now = Math.max(this.now, next.at);
      this.timers.delete(next);
      next.callback();
      await microtasks();
    }
    this.now = until;
  }

  #first(until: number) {
    let first: { readonly at: number; readonly callback: () => void } | undefined;
    for (const timer of this.timers) {
      if (timer.at <= until && (first === undefined || timer.at < first.at)) first = timer;
    }
    return first;
  }

  #setTimer(callback: () => void, delayMs: number): Timer {
    const timer = { at: this.now + delayMs, callback };
    this.timers.add(timer);
    return { cancel: () => void this.timers.delete(timer) };
  }
}

/** The system that the commands are for. */
export class System {
  readonly env: ScheduledEnvironment;
  readonly loop: Loop;
  readonly handlers: Handlers;
  readonly dialing: QueueingCaller;
  /** Makes calls on the present connection, from the accepting side. */
  accepting!: QueueingCaller;
  readonly sessions: { dialer: Session | null; acceptor: Session | null } = { dialer: null, acceptor: null };
  /** How often the sessions have ended, of how many. */
  made = 0;
  ended = 0;
  readonly #options: SessionOptions;
  readonly #model: Model;
  readonly #sweeper: Sweeper;
  #transport: MemoryTransport | null = null;

  constructor(scheduler: Scheduler, options: SessionOptions, model: Model) {
    this.#model = model;
    this.#options = options;
    this.env = new ScheduledEnvironment(scheduler, (error) => {
      model.broken ??= `a turn threw ${error instanceof Error ? error.stack : String(error)}`;
    });
    this.loop = new Loop(this.env);
    this.#sweeper = new Sweeper(this.env.clock);
    this.handlers = new Handlers(model);
    this.dialing = this.#caller("dialer", true);
    this.connect();
  }

  /** Makes a new connection. */
  connect(): void {
    const [here, there] = memoryPair(this.env);
    this.#transport = here;
    this.accepting = this.#caller("acceptor", false);
    const acceptor = this.#session("acceptor", there, this.accepting);
    const dialer = this.#session("dialer", here, this.dialing);
    Object.assign(this.sessions, { dialer, acceptor });
    this.made += 2;
    acceptor.start();
    dialer.start();
  }

  /** The link breaks. */
  lose(): void {
    this.#transport?.destroy();
  }

  /** The dialing side ends for good: it takes no more calls, and finishes what it has. */
  shutDown(graceMs: number): void {
    const message = "the client is closed";
    this.dialing.close(new VertexError("CANCELLED", message, { outcome: "not-executed", family: "usage" }));
    this.sessions.dialer?.drain(graceMs, message);
  }

  caller(from: End): QueueingCaller {
    return from === "dialer" ? this.dialing : this.accepting;
  }

  #caller(from: End, repeats: boolean): QueueingCaller {
    const route = {
      offer: (call: Parameters<Session["open"]>[0]) => this.sessions[from]?.open(call) ?? false,
      mayRepeat: (call: Parameters<Session["open"]>[0], error: VertexError) =>
        repeats && error.outcome === "not-executed" && call.attempts < ATTEMPTS && !call.carriesStream,
      whyWaiting: () => "there is no connection",
      oneWayFailed: () => {},
    };
    return new QueueingCaller(this.loop, route, {
      callTimeoutMs: 1,
      maxQueuedCalls: 1_000,
      interceptors: [],
    });
  }

  #session(role: End, transport: MemoryTransport, caller: QueueingCaller): Session {
    const router = new Router();
    router.add(labService, this.handlers.of(role === "dialer" ? "acceptor" : "dialer"));
    const session = new Session({
      role,
      loop: this.loop,
      transport,
      router,
      options: resolveSessionOptions(this.#options),
      introduction: { name: role, services: router.services },
      events: {
        opened: () => caller.pump(),
        roomy: () => caller.pump(),
        draining: () => {},
        closed: (which) => {
          this.ended++;
          this.#sweeper.remove(which);
          if (this.sessions[role] === which) this.sessions[role] = null;
          if (role === "acceptor") caller.close(gone());
        },
        handlerFailed: (error) => {
          if (!String(error).includes("as told")) this.#model.broken ??= `a handler failed: ${String(error)}`;
        },
      },
    });
    this.#sweeper.add(session);
    return session;
  }
}

function gone(): VertexError {
  return new VertexError("UNAVAILABLE", "the connection is gone", {
    outcome: "not-executed",
    family: "link",
  });
}
