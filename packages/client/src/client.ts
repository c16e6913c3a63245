// The client: a pool of connections that come back, one queue of calls before them, and what may be repeated.

import {
  type Clock,
  type LogEntry,
  type OutgoingCall,
  QueueingCaller,
  type Random,
  Router,
  type ServerStream,
  type Service,
  type Session,
  stderrLog,
  type Timer,
  usageError,
  VertexError,
} from "@vertex/protocol";
import { parseAddress } from "@vertex/protocol/host";
import { type ClientOptions, type ResolvedClientOptions, resolveClientOptions } from "./client-options.ts";
import { Connector, type ConnectorEvents } from "./connector.ts";
import { type ClientHost, nodeClientHost } from "./dialer.ts";
import { resumed } from "./resume.ts";
import { RetryBudget } from "./retry-budget.ts";

/** What a client has done, and is doing. */
export interface ClientStats {
  /** Connections ready now. */
  readonly connections: number;
  /** Calls that wait for a connection. */
  readonly waitingCalls: number;
  /** Calls sent and not answered yet. */
  readonly openCalls: number;
  /** Calls of the server that are being served. */
  readonly runningCalls: number;
  /** What is held of the server's messages until they are taken, for calls that are open, in bytes of credit. */
  readonly heldBytes: number;
  /** Connections made since the start. */
  readonly connects: number;
  /** Connections lost, and tries that failed, since the start. */
  readonly disconnects: number;
  /** Calls that were sent again. */
  readonly repeats: number;
  /** Last measured round trip in milliseconds, of the connection with the least; -1 before the first. */
  readonly roundTripMs: number;
}

/** How long `ping` waits for its answer, in milliseconds. */
const PING_TIMEOUT_MS = 1_000;
/** Longest time that `close` may be given, in milliseconds. */
const MAX_GRACE_MS = 3_600_000;

/** A client. Made by `connect`. */
export class Client implements AsyncDisposable {
  readonly #options: ResolvedClientOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #router: Router;
  readonly #caller: QueueingCaller;
  readonly #connectors: Connector[];
  readonly #budget = new RetryBudget();
  #connects = 0;
  #disconnects = 0;
  #repeats = 0;
  /** Subscriptions that wait before they open again. */
  readonly #pausing = new Set<() => void>();
  #readyWanted: { resolve: () => void; reject: (error: VertexError) => void }[] = [];
  #closed: VertexError | null = null;
  #closing: Promise<void> | null = null;
  #announceEnd: (() => void) | null = null;

  /**
   * @param addresses where to connect: one address, or several that are tried in turn.
   * @param host what it runs on: this event loop and real sockets, unless it is a test.
   */
  constructor(
    addresses: string | readonly string[],
    options: ClientOptions = {},
    host: ClientHost = nodeClientHost(),
  ) {
    const parsed = (typeof addresses === "string" ? [addresses] : addresses).map(parseAddress);
    if (parsed.length === 0) throw usageError("connect needs at least one address");
    this.#options = resolveClientOptions(options);
    this.#router = new Router(this.#options.reverseInterceptors);
    this.#clock = host.loop.clock;
    this.#random = host.loop.random;
    const { connections, maxQueuedCalls, session, interceptors, forwardIdentity, validate } = this.#options;
    const { callTimeoutMs } = session;
    const callerOptions = { callTimeoutMs, maxQueuedCalls, interceptors, forwardIdentity, validate };
    this.#caller = new QueueingCaller(host.loop, this.#route(), callerOptions);
    const events = this.#events();
    this.#connectors = Array.from(
      { length: connections },
      (_, index) => new Connector(parsed, index, this.#options, this.#router, events, host),
    );
    // In a later turn, so that `handle` right behind `connect` is in the first handshake.
    queueMicrotask(() => {
      if (this.#closed === null) for (const connector of this.#connectors) connector.start();
    });
  }

  /** A stub of a service that the server offers. */
  use<Stub, Handlers>(service: Service<Stub, Handlers>): Stub {
    return this.#caller.use(service);
  }

  /** Offers a service to the server: it can call this client. To be called right behind `connect`. */
  handle<Stub, Handlers extends object>(service: Service<Stub, Handlers>, handlers: Handlers): this {
    this.#router.add(service, handlers);
    return this;
  }

  /**
   * Reads a server stream for ever: when its connection is lost, it is opened again, and goes on behind the last
   * message that was taken. `open` is given that message (`undefined` at first) and makes the call, usually without
   * a deadline. Ends when the stream ends well, when the loop over it is left, or with any other error; with
   * CANCELLED when the client is closed.
   *
   * ```ts
   * const open = (last?: Price) => market.watch({ after: last?.cursor ?? 0n }, { timeoutMs: Infinity });
   * for await (const price of client.resume(open)) …
   * ```
   */
  resume<E>(open: (last: E | undefined) => ServerStream<E>): AsyncGenerator<E, void, undefined> {
    return resumed(open, { random: this.#random, pause: (delayMs) => this.#pause(delayMs) });
  }

  /** Resolves when a connection is ready; rejects when the client is closed or refused for good. */
  ready(): Promise<void> {
    if (this.#closed !== null) return Promise.reject(this.#closed);
    if (this.#connectors.some((connector) => connector.ready)) return Promise.resolve();
    return new Promise((resolve, reject) => this.#readyWanted.push({ resolve, reject }));
  }

  /**
   * Measures the round trip now, in milliseconds.
   * @throws VertexError (UNAVAILABLE) when no connection is ready, or no answer comes within a second.
   */
  ping(): Promise<number> {
    return new Promise((resolve, reject) => {
      let late: Timer | undefined;
      const fail = (message: string): void =>
        reject(new VertexError("UNAVAILABLE", message, { outcome: "not-executed", family: "link" }));
      const answered = (roundTripMs: number): void => {
        late?.cancel();
        resolve(roundTripMs);
      };
      if (this.#connectors.some((connector) => connector.ping(answered))) {
        late = this.#clock.setTimer(() => fail(`no answer within ${PING_TIMEOUT_MS} ms`), PING_TIMEOUT_MS);
      } else {
        fail(`no connection is ready (${this.#whyWaiting()})`);
      }
    });
  }

  stats(): ClientStats {
    const ready = this.#connectors.filter((connector) => connector.ready);
    const sessions = this.#connectors.flatMap((connector) => connector.sessions);
    const sum = (of: (session: Session) => number) => sessions.reduce((all, session) => all + of(session), 0);
    const roundTrips = ready.map((connector) => connector.roundTripMs).filter((ms) => ms >= 0);
    return {
      connections: ready.length,
      waitingCalls: this.#caller.waiting,
      openCalls: sum(({ openCalls }) => openCalls),
      runningCalls: sum(({ runningCalls }) => runningCalls),
      heldBytes: sum(({ heldBytes }) => heldBytes),
      connects: this.#connects,
      disconnects: this.#disconnects,
      repeats: this.#repeats,
      roundTripMs: roundTrips.length === 0 ? -1 : Math.min(...roundTrips),
    };
  }

  /**
   * Closes: takes no more calls, fails those that wait, lets those that were sent finish for at most `graceMs`
   * (default 5,000), then ends them too. Always resolves. A second call joins the first.
   * @throws VertexError (usage) for a `graceMs` that is no time.
   */
  close({ graceMs = 5_000 }: { readonly graceMs?: number | undefined } = {}): Promise<void> {
    if (this.#closing !== null) return this.#closing;
    if (!(graceMs >= 0 && graceMs <= MAX_GRACE_MS)) {
      throw usageError(`graceMs must be from 0 to ${MAX_GRACE_MS}, not ${String(graceMs)}`);
    }
    const error = new VertexError("CANCELLED", "the client is closed", {
      outcome: "not-executed",
      family: "usage",
    });
    this.#closing = new Promise((resolve) => {
      this.#announceEnd = resolve;
    });
    this.#end(error);
    for (const connector of this.#connectors) connector.close(graceMs);
    // Sessions keep their own time on the sweep; this one bounds them all, come what may.
    const late = this.#clock.setTimer(() => this.#force(), graceMs + 500);
    this.#endIfDone();
    return this.#closing.finally(() => late.cancel());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #route(): ConstructorParameters<typeof QueueingCaller>[1] {
    return {
      offer: (call) => this.#offer(call),
      mayRepeat: (call, error) => this.#mayRepeat(call, error),
      whyWaiting: () => this.#whyWaiting(),
      oneWayFailed: (error) => this.#oneWayFailed(error),
    };
  }

  #events(): ConnectorEvents {
    return {
      roomy: () => this.#caller.pump(),
      connected: (address) => {
        this.#connects++;
        for (const { resolve } of this.#readyWanted.splice(0)) resolve();
        tell(() => this.#options.onConnect?.(address));
      },
      disconnected: (end, retryInMs) => {
        this.#disconnects++;
        tell(() => this.#options.onDisconnect?.(end, retryInMs));
        this.#endIfDone();
      },
      refused: (error) => {
        this.#end(error);
        for (const connector of this.#connectors) connector.close(0);
      },
      handlerFailed: (error, method) => {
        this.#say({ level: "error", event: "handler-failed", message: "a handler threw", method, error });
      },
    };
  }

  #oneWayFailed(error: VertexError): void {
    const { onOneWayError } = this.#options;
    if (onOneWayError !== undefined) tell(() => onOneWayError(error));
    else this.#say({ level: "warn", event: "one-way-failed", message: error.message, error });
  }

  /** A log that fails must not take a call or a connection with it. */
  #say(entry: LogEntry): void {
    try {
      this.#options.log(entry);
    } catch (error) {
      stderrLog({ level: "error", event: "log-failed", message: "the option log threw", error });
    }
  }

  /** The connection with the fewest open calls takes it; the others are asked when it has no room. */
  #offer(call: OutgoingCall): boolean {
    let least = this.#connectors[0] as Connector;
    for (const connector of this.#connectors) {
      if (connector.ready && (!least.ready || connector.openCalls < least.openCalls)) least = connector;
    }
    const taken = least.offer(call) || this.#offerOthers(least, call);
    if (taken && call.attempts === 1) this.#budget.earn();
    return taken;
  }

  /** Apart: a closure over the call would be made for every call. */
  #offerOthers(asked: Connector, call: OutgoingCall): boolean {
    return this.#connectors.some((other) => other !== asked && other.offer(call));
  }

  /** What was not executed moves; what may have been is repeated only if the schema says that it can be. */
  #mayRepeat(call: OutgoingCall, error: VertexError): boolean {
    if (this.#closed !== null || call.carriesStream) return false;
    const repeated = call.attempts < this.#options.maxAttempts;
    if (error.outcome === "not-executed") {
      if (error.family === "link") return true;
      // The server has refused it. One that names a time wants to be left alone until then.
      if (error.code !== "UNAVAILABLE" || error.retryAfterMs !== undefined || !repeated) return false;
      if (!this.#budget.spend()) return false;
    } else if (!cutOff(error) || call.method.idempotency === "unknown" || !repeated) {
      return false;
    } else if (!this.#budget.spend()) {
      return false;
    }
    this.#repeats++;
    return true;
  }

  #whyWaiting(): string {
    if (!this.#connectors.some((connector) => connector.ready)) return this.#connectors[0]?.why ?? "";
    return "the server takes no more calls at once";
  }

  #end(error: VertexError): void {
    if (this.#closed !== null) return;
    this.#closed = error;
    for (const { reject } of this.#readyWanted.splice(0)) reject(error);
    this.#caller.close(error);
    for (const wake of this.#pausing) wake();
  }

  /** Resolves after `delayMs`, or when the client is closed. */
  #pause(delayMs: number): Promise<void> {
    if (this.#closed !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#pausing.delete(wake);
        timer.cancel();
        resolve();
      };
      const timer = this.#clock.setTimer(wake, delayMs);
      this.#pausing.add(wake);
    });
  }

  #endIfDone(): void {
    if (this.#closed !== null && this.#connectors.every((connector) => connector.sessions.length === 0)) {
      this.#announceEnd?.();
    }
  }

  #force(): void {
    for (const connector of this.#connectors) {
      for (const session of connector.sessions) session.close("SHUTDOWN", "the client is closed");
    }
    this.#announceEnd?.();
  }
}

/** The connection went under the call, or a server that shut down could not wait for it. */
function cutOff({ family, code, outcome }: VertexError): boolean {
  return family === "link" || (code === "UNAVAILABLE" && outcome === "unknown");
}

/** Calls a function of the user. What it throws is the user's, and leaves the connection alone. */
function tell(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/**
 * Connects to a Vertex server: `tcp://host:port`, `tls://host:port` or `unix:/path`; several are tried in turn.
 * Returns at once. Calls wait until a connection is ready, for at most their deadline; lost connections come back.
 * @throws VertexError (usage) for a malformed address or option.
 */
export function connect(addresses: string | readonly string[], options?: ClientOptions): Client {
  return new Client(addresses, options);
}
