// The server: listeners, the sessions they bring, what serves them, and the shutdown.

import {
  type Forwarding,
  LimitExceeded,
  type LogEntry,
  type Peer,
  type QueueingCaller,
  Router,
  type Service,
  Session,
  type SessionEnd,
  type SessionEvents,
  stderrLog,
  type Transport,
  usageError,
  VertexError,
} from "@vertex/protocol";
import { type Host, nodeHost, parseAddress } from "@vertex/protocol/host";
import { ServerGuard } from "./call-guard.ts";
import { Connection, sessionCaller } from "./connection.ts";
import { Connections } from "./connections.ts";
import { Door } from "./door.ts";
import { FanOut } from "./fan-out.ts";
import { Listener } from "./listener.ts";
import { LogLimit } from "./log-limit.ts";
import { type ResolvedServerOptions, resolveServerOptions, type ServerOptions } from "./server-options.ts";
import { Shutdown, type ShutdownOptions, type ShutdownReport } from "./shutdown.ts";
import { add, ServerStats, type ServerStatsReport } from "./stats.ts";
import type { WorkerOptions } from "./workers/worker-options.ts";
import { Workers } from "./workers/workers.ts";

/** How long a shutdown waits for closed connections to leave the process, in milliseconds. */
const LINGER_MS = 1_500;
/** Sockets beyond `maxConnections` that are told why they are not wanted; those beyond these are dropped. */
const REFUSALS_AT_ONCE = 1_024;

/** How a service is served. */
export interface HandleOptions<Names> {
  /** Methods whose handlers are in a module of `server.workers`, beside those that the schema marks. */
  readonly inWorkers?: readonly Names[] | undefined;
}

/** A server. Made by `createServer`. */
export class Server implements AsyncDisposable {
  /** Who is connected. */
  readonly connections: Connections = new Connections();
  readonly #options: ResolvedServerOptions;
  readonly #router: Router;
  readonly #stats = new ServerStats();
  readonly #listeners: Listener[] = [];
  readonly #sessions = new Map<Session, Connection>();
  #nextId = 1;
  #shutdown: Shutdown | null = null;
  #ended: Promise<ShutdownReport> | null = null;
  readonly #host: Host;
  readonly #stopping = new AbortController();
  readonly #events: SessionEvents = this.#makeEvents();
  readonly #makeCaller: (session: Session) => QueueingCaller = (session) => {
    const { session: options, reverseInterceptors: interceptors } = this.#options;
    const { callTimeoutMs } = options;
    return sessionCaller(session, { callTimeoutMs, interceptors }, (error) =>
      this.#say({ level: "warn", event: "one-way-failed", message: error.message, error }),
    );
  };
  readonly #workers: Workers;
  readonly #guard: ServerGuard;
  readonly #door: Door;
  readonly #log: LogLimit;

  /** @param host what it runs on: this event loop, unless it is a test. */
  constructor(options: ServerOptions = {}, host: Host = nodeHost()) {
    this.#host = host;
    this.#options = resolveServerOptions(options);
    this.#router = new Router(this.#options.interceptors);
    const { clock } = host.loop;
    const { concurrency, rateLimits } = this.#options;
    this.#guard = new ServerGuard(concurrency, rateLimits, () => clock.now());
    this.#log = new LogLimit(clock, (entry) => this.#write(entry));
    this.#door = new Door(this.#options, this.#sessions, host.loop);
    this.#workers = new Workers(host, {
      say: (entry) => this.#say(entry),
      handlerFailed: (error, method) => this.#handlerFailed(error, method),
    });
  }

  /**
   * Serves `service` with `handlers`: all but those that run in worker threads, because the schema marks them or
   * `inWorkers` names them.
   * @throws VertexError (usage) when a handler is missing, there is one that belongs into a worker, or the service is
   * served already.
   */
  handle<
    Client,
    Handlers extends object,
    InWorkers extends object = Record<never, never>,
    Names extends string & keyof Handlers = never,
  >(
    service: Service<Client, Handlers, InWorkers>,
    handlers: Omit<Handlers, keyof InWorkers | Names>,
    options: HandleOptions<Names> = {},
  ): this {
    this.#router.add<Client, object>(
      service,
      handlers,
      this.#forwarding(service, handlers, options.inWorkers ?? []),
    );
    return this;
  }

  /**
   * Starts worker threads that load `module`, whose exports `workerHandlers` has made, and that serve what `handle`
   * leaves to them. They start with `listen`, and end with the server.
   *
   * ```ts
   * server.handle(Reports, { list: … });
   * server.workers(new URL("./reports-worker.js", import.meta.url), { threads: 2 });
   * ```
   *
   * @param module a `file:` URL; `.js` finds the `.ts` file where there is no other.
   * @throws VertexError (usage) for an option out of its bounds.
   */
  workers(module: URL, options: WorkerOptions = {}): this {
    this.#workers.add(module, options);
    return this;
  }

  /**
   * Starts the worker threads. `listen` does it by itself; it is for servers that only `accept`.
   * @throws VertexError (usage) when a module cannot be loaded, or a method that runs in workers has no handler there.
   */
  start(): Promise<void> {
    return this.#workers.start();
  }

  /**
   * Listens on `tcp://host:port`, `tls://host:port` or `unix:/path`. May be called for several addresses.
   * @returns the address to dial: with the real port where 0 was given.
   * @throws VertexError when it cannot listen there, or `start` throws.
   */
  async listen(address: string): Promise<string> {
    if (this.#shutdown !== null) throw usageError("the server has been shut down");
    await this.#workers.start();
    const { tls, unixMode, session, maxConnections } = this.#options;
    const { handshakeTimeoutMs } = session;
    const listener = await Listener.open(
      parseAddress(address),
      { tls, unixMode, handshakeTimeoutMs, maxSockets: maxConnections + REFUSALS_AT_ONCE },
      {
        opens: () => this.#opens(),
        accepted: (transport) => this.accept(transport),
        dropped: () => this.#stats.droppedAccepts++,
        failed: (error, peer) => {
          this.#stats.failedAccepts++;
          const from = peer === undefined ? {} : { peer };
          this.#say({ level: "warn", event: "accept-failed", message: error.message.trim(), ...from });
        },
      },
    );
    if (this.#shutdown !== null) {
      await listener.close();
      throw usageError("the server was shut down while it began to listen");
    }
    this.#listeners.push(listener);
    this.#say({ level: "info", event: "listening", message: listener.address });
    return listener.address;
  }

  /** Serves a connection that came some other way: a test's memory transport, a socket that was handed over. */
  accept(transport: Transport): void {
    const { session: options, name } = this.#options;
    const { loop, sweeper } = this.#host;
    const session = new Session({
      role: "acceptor",
      loop,
      transport,
      options,
      router: this.#router,
      introduction: { name, services: this.#router.services },
      events: this.#events,
      guard: this.#guard,
      held: this.#door.held,
    });
    const connection = new Connection(this.#nextId++, session, this.#makeCaller);
    this.#stats.accepted++;
    this.#sessions.set(session, connection);
    sweeper.add(session);
    sweeper.add(this.#door);
    session.start();
    const full = this.#door.came(session);
    if (this.#shutdown !== null) session.close("SHUTDOWN", "the server is shutting down");
    else if (full !== null) session.close("TOO_MANY_CONNECTIONS", full);
  }

  #opens(): boolean {
    const open = this.#door.opens(this.#host.loop.clock.now());
    if (!open) this.#stats.droppedAccepts++;
    return open;
  }

  /**
   * A stub that sends one-way commands to many clients: all, or those that `to` keeps. The message is encoded once.
   */
  all<Client, Handlers>(
    service: Service<Client, Handlers>,
    to: Iterable<Connection> = this.connections,
  ): Client {
    const failed = (error: unknown, { address }: Connection): void =>
      this.#say({ level: "warn", event: "one-way-failed", message: "not told", peer: address, error });
    return service.createClient(new FanOut(to, this.#options.reverseInterceptors, failed));
  }

  /** Aborts when a shutdown begins: what never ends by itself (feeds, endless streams) should end then. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** What the server has done so far. */
  stats(): ServerStatsReport {
    let runningCalls = 0;
    let servedCalls = this.#stats.servedCalls;
    const received = { ...this.#stats.received };
    for (const session of this.#sessions.keys()) {
      runningCalls += session.runningCalls;
      servedCalls += session.servedCalls;
      add(received, session.usage);
    }
    const workers = this.#workers.report();
    const { size: connections } = this.connections;
    const { places, refusals } = this.#guard;
    return this.#stats.report({
      connections,
      handshakes: this.#door.handshakes,
      runningCalls,
      waitingCalls: places.waiting,
      concurrencyLimit: places.limit,
      servedCalls,
      refusedCalls: { ...refusals },
      heldBytes: this.#door.heldBytes,
      received,
      workers,
    });
  }

  /**
   * Ends in order: accepts no more, tells every client, lets what runs finish for at most `graceMs` (default
   * 10,000), cuts off the rest, closes. Never takes much longer than `graceMs`. A second call joins the first.
   * When it resolves, all that was answered has left this process.
   * @throws VertexError (usage) for a `graceMs` out of its bounds.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    this.#ended ??= this.#end(new Shutdown([...this.#sessions.keys()], options, this.#host.loop.clock));
    return this.#ended;
  }

  /**
   * Shuts down on SIGTERM and SIGINT, calls and awaits `finished` with the report, and exits with code 0. A signal
   * while that goes on exits at once with code 1. Without `finished` the report goes to stderr.
   */
  shutdownOnSignals(options: ShutdownOptions = {}, finished?: (report: ShutdownReport) => unknown): void {
    let asked = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(1);
      asked = true;
      void this.shutdown(options).then(async (report) => {
        if (finished === undefined) process.stderr.write(`${signal}: ${report.text}\n`);
        else await finished(report);
        process.exit(0);
      });
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #end(shutdown: Shutdown): Promise<ShutdownReport> {
    this.#shutdown = shutdown;
    this.#stopping.abort();
    const gone = this.#listeners.map((listener) => listener.close());
    shutdown.start();
    const report = await shutdown.done;
    await Promise.all([socketsGone(gone), this.#workers.close()]);
    this.#say({ level: "info", event: "shut-down", message: report.text });
    this.#log.flush();
    return report;
  }

  /** @param reason entries of one event, method and reason are limited together. */
  #say(entry: LogEntry, reason = ""): void {
    this.#log.say(`${entry.event} ${entry.method ?? ""} ${reason}`, entry);
  }

  /** A log that fails must not take a call or a connection with it. */
  #write(entry: LogEntry): void {
    try {
      this.#options.log(entry);
    } catch (error) {
      stderrLog({ level: "error", event: "log-failed", message: "the option log threw", error });
    }
  }

  /** What all sessions tell. */
  #makeEvents(): SessionEvents {
    return {
      authenticate: (peer, address) => this.#options.authenticate?.(peer, address),
      forwarded: (named, forwarder) => this.#forwarded(named, forwarder),
      waiting: (session) => this.#door.waiting(session),
      opened: (session) => {
        this.#door.decided(session);
        const connection = this.#sessions.get(session);
        if (connection !== undefined) this.connections.add(connection, session.peer);
      },
      roomy: (session) => this.#sessions.get(session)?.pump(),
      draining: () => {},
      closed: (session, end) => this.#closed(session, end),
      handlerFailed: (error, method) => this.#handlerFailed(error, method),
    };
  }

  #forwarded(named: string | Uint8Array, forwarder: Peer): unknown {
    const { forwardedIdentity } = this.#options;
    if (forwardedIdentity === undefined || forwarder.identity === undefined) return undefined;
    // A promise of false would be taken for a yes.
    return forwardedIdentity.trusts(forwarder) === true ? forwardedIdentity.read(named) : undefined;
  }

  #handlerFailed(error: unknown, method: string): void {
    this.#stats.failedHandlers++;
    this.#say({ level: "error", event: "handler-failed", message: "a handler threw", method, error });
  }

  /** What of a service runs in workers; `undefined` when nothing does. */
  #forwarding(
    { name: service, methods }: Service<unknown, object, object>,
    handlers: object,
    inWorkers: readonly string[],
  ): Forwarding | undefined {
    const marked = Object.keys(methods).filter((name) => methods[name]?.worker === true);
    const names = new Set([...marked, ...inWorkers]);
    for (const name of names) {
      if (methods[name] === undefined) throw usageError(`${service} has no method ${name}`);
      if (Reflect.get(handlers, name) === Reflect.get(Object.prototype, name)) continue;
      throw usageError(`${name} runs in workers: its handler belongs into a module of server.workers`);
    }
    return names.size === 0 ? undefined : this.#workers.forwarding(methods, names);
  }

  #closed(session: Session, end: SessionEnd): void {
    this.#host.sweeper.remove(session);
    const connection = this.#sessions.get(session);
    this.#sessions.delete(session);
    this.#door.left(session);
    if (this.#sessions.size === 0) this.#host.sweeper.remove(this.#door);
    this.#workers.forget(session.peer);
    if (connection !== undefined) {
      this.connections.remove(connection, session.peer);
      connection.gone(end.message);
    }
    this.#stats.ended(end, session);
    this.#shutdown?.closed(session, end);
    if (end.by === "here" && end.reason !== "SHUTDOWN") this.#sayDismissed(session.peer.address, end);
  }

  #sayDismissed(peer: string, { reason, message: text, cause }: SessionEnd): void {
    const message = `${reason}: ${text}`;
    // What threw is kept from the peer: the log is the only place where it can be read.
    const hidden = (reason === "INTERNAL" || reason === "UNAUTHENTICATED") && !(cause instanceof VertexError);
    const kind = cause instanceof LimitExceeded ? cause.limit : reason;
    if (hidden)
      this.#say({ level: "error", event: "connection-dismissed", message, peer, error: cause }, kind);
    else this.#say({ level: "warn", event: "connection-dismissed", message, peer }, kind);
  }
}

/** Resolves when all sockets are closed: what was answered has gone out. A peer that does not read ends the wait. */
async function socketsGone(gone: readonly Promise<void>[]): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  const given = new Promise<void>((resolve) => {
    late = setTimeout(resolve, LINGER_MS);
  });
  await Promise.race([Promise.all(gone), given]);
  clearTimeout(late);
}

/** Makes a server. It serves nothing and listens nowhere yet. */
export function createServer(options: ServerOptions = {}): Server {
  return new Server(options);
}
