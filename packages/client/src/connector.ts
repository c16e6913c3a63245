// One place of the pool: keeps one session to a server, and makes the next one when it ends.
//
//   idle --start--> dialing --socket, handshake--> ready --lost--> waiting --delay--> dialing
//                      |                             |                ^
//                      +--- failed, too late --------|----------------+
//                                                    +--GOAWAY: dialing at once, beside the old session
//   any --close, fatal refusal--> closed

import {
  type OutgoingCall,
  type Router,
  Session,
  type SessionEnd,
  type Timer,
  type Transport,
  VertexError,
} from "@vertex/protocol";
import type { Address } from "@vertex/protocol/host";
import { Backoff } from "./backoff.ts";
import type { ClientCredentials, ResolvedClientOptions } from "./client-options.ts";
import type { ClientHost, Dialing } from "./dialer.ts";

/** What a connector tells its client. */
export interface ConnectorEvents {
  /** The session takes calls, for the first time or again. */
  roomy(): void;
  connected(address: string): void;
  disconnected(end: SessionEnd, retryInMs: number | null): void;
  /** The server has refused for good. */
  refused(error: VertexError): void;
  handlerFailed(error: unknown, method: string): void;
}

type State = "idle" | "dialing" | "ready" | "waiting" | "closed";

/** One connection that comes back. */
export class Connector {
  readonly #addresses: readonly Address[];
  readonly #options: ResolvedClientOptions;
  readonly #router: Router;
  readonly #events: ConnectorEvents;
  readonly #backoff: Backoff;
  readonly #host: ClientHost;
  #state: State = "idle";
  #at: number;
  #session: Session | null = null;
  /** Sessions that finish what they have while their successor is dialed or in use. */
  readonly #finishing = new Set<Session>();
  #dialing: Dialing | null = null;
  #timer: Timer | null = null;
  /** Number of the try to connect; credentials that come for an earlier one are late. */
  #try = 0;
  /** Why there is no connection, for the errors of calls that wait. */
  why = "not connected yet";

  /** @param first index of the address to try first. */
  constructor(
    addresses: readonly Address[],
    first: number,
    options: ResolvedClientOptions,
    router: Router,
    events: ConnectorEvents,
    host: ClientHost,
  ) {
    this.#host = host;
    this.#addresses = addresses;
    this.#at = first % addresses.length;
    this.#options = options;
    this.#router = router;
    this.#events = events;
    this.#backoff = new Backoff(options.reconnect, this.#host.loop.random);
  }

  get ready(): boolean {
    return this.#state === "ready";
  }

  /** Calls open on the current session. */
  get openCalls(): number {
    return this.#session?.openCalls ?? 0;
  }

  /** Last measured round trip in milliseconds; -1 before the first. */
  get roundTripMs(): number {
    return this.#session?.roundTripMs ?? -1;
  }

  /** Sends the call if there is a session with room. */
  offer(call: OutgoingCall): boolean {
    return this.#state === "ready" && this.#session !== null && this.#session.open(call);
  }

  /** Measures the round trip now. Never settles if the connection ends first. */
  ping(answered: (roundTripMs: number) => void): boolean {
    if (this.#state !== "ready" || this.#session === null) return false;
    this.#session.ping(answered);
    return true;
  }

  /** Dials, now. */
  start(): void {
    this.#timer?.cancel();
    this.#state = "dialing";
    const current = ++this.#try;
    this.#timer = this.#host.loop.clock.setTimer(() => this.#tooLate(), this.#options.connectTimeoutMs);
    const { credentials } = this.#options;
    if (typeof credentials !== "function") return this.#dial(credentials);
    Promise.resolve()
      .then(credentials)
      .then(
        (made) => this.#waitsFor(current) && this.#dial(made),
        (error) => this.#waitsFor(current) && this.#lost(connectFailed(`credentials: ${text(error)}`, error)),
      );
  }

  /** Stops for good. Sessions finish what they have, for at most `graceMs`. */
  close(graceMs: number): void {
    if (this.#state === "closed") return;
    this.#stop();
    for (const session of this.sessions) session.drain(graceMs, "the client is closing");
  }

  /** Sessions that have not ended yet. */
  get sessions(): Session[] {
    return [...this.#finishing, ...(this.#session === null ? [] : [this.#session])];
  }

  #waitsFor(attempt: number): boolean {
    return this.#state === "dialing" && this.#try === attempt;
  }

  #stop(): void {
    this.#state = "closed";
    this.#timer?.cancel();
    this.#dialing?.abort();
  }

  #dial(credentials: ClientCredentials | undefined): void {
    const address = this.#addresses[this.#at] as Address;
    this.#dialing = this.#host.dial(address, this.#options.tls, {
      connected: (transport) => this.#connected(transport, credentials),
      failed: (error) => this.#lost(connectFailed(text(error), error)),
    });
  }

  #connected(transport: Transport, credentials: ClientCredentials | undefined): void {
    this.#dialing = null;
    const { name, session: options } = this.#options;
    const session = new Session({
      role: "dialer",
      loop: this.#host.loop,
      transport,
      options,
      router: this.#router,
      introduction: { name, credentials, services: this.#router.services },
      events: {
        opened: () => this.#opened(transport.address),
        roomy: () => this.#events.roomy(),
        draining: (which) => this.#draining(which),
        closed: (which, end) => this.#closed(which, end),
        handlerFailed: (error, method) => this.#events.handlerFailed(error, method),
      },
    });
    this.#session = session;
    this.#host.sweeper.add(session);
    session.start();
  }

  #opened(address: string): void {
    this.#timer?.cancel();
    this.#state = "ready";
    this.#backoff.reset();
    this.#events.connected(address);
    this.#events.roomy();
  }

  /** The session takes no new calls: it finishes beside its successor. */
  #draining(session: Session): void {
    if (this.#session !== session || this.#state === "closed") return;
    this.#session = null;
    this.#finishing.add(session);
    this.why = "the server is shutting down";
    this.#at = (this.#at + 1) % this.#addresses.length;
    this.start();
  }

  #closed(session: Session, end: SessionEnd): void {
    this.#host.sweeper.remove(session);
    if (this.#finishing.delete(session)) return this.#events.disconnected(end, null);
    this.#session = null;
    if (this.#state === "closed") return this.#events.disconnected(end, null);
    if (end.by === "peer" && (end.reason === "UNAUTHENTICATED" || end.reason === "VERSION")) {
      this.#stop();
      this.#events.disconnected(end, null);
      this.#events.refused(
        new VertexError(end.reason === "VERSION" ? "FAILED_PRECONDITION" : "UNAUTHENTICATED", end.message, {
          outcome: "not-executed",
          family: "link",
          peer: session.peer.address,
        }),
      );
      return;
    }
    this.#lost(end);
  }

  #tooLate(): void {
    this.#dialing?.abort();
    this.#dialing = null;
    const message = `no connection within ${this.#options.connectTimeoutMs} ms`;
    if (this.#session !== null) this.#session.close("HANDSHAKE_TIMEOUT", message);
    else this.#lost(connectFailed(message, undefined));
  }

  #lost(end: SessionEnd): void {
    if (this.#state === "closed") return;
    this.#timer?.cancel();
    this.#dialing = null;
    this.#state = "waiting";
    this.why = end.message;
    this.#at = (this.#at + 1) % this.#addresses.length;
    const delayMs = this.#backoff.next();
    this.#timer = this.#host.loop.clock.setTimer(() => this.start(), delayMs);
    this.#events.disconnected(end, delayMs);
  }
}

function connectFailed(message: string, cause: unknown): SessionEnd {
  return { reason: "CONNECT_FAILED", message, by: "peer", cause, cancelledCalls: 0 };
}

/** A name with several addresses fails with an error that has no text of its own, only those of each address. */
function text(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === "") return error.errors.map(text).join("; ");
  return error.message;
}
