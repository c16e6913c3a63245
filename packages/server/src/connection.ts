// One connected client as the server's user sees it.

import {
  type Interceptor,
  type OutgoingCall,
  type Peer,
  QueueingCaller,
  type Service,
  type Session,
  usageError,
  VertexError,
} from "@vertex/protocol";

/** Longest time that `close` may be given, in milliseconds. */
const MAX_GRACE_MS = 3_600_000;

/** Where tags are looked up. */
export interface TagIndex {
  add(tag: string, connection: Connection): void;
  remove(tag: string, connection: Connection): void;
}

const noTags: ReadonlySet<string> = new Set();

/** A connected client. */
export class Connection implements Peer {
  /** Unique in the life of the server. */
  readonly id: number;
  /** When it was accepted, as `Date.now()`. */
  readonly connectedAt: number = Date.now();
  readonly #session: Session;
  #tags: Set<string> | null = null;
  readonly #makeCaller: (session: Session) => QueueingCaller;
  #caller: QueueingCaller | null = null;
  #ended: string | null = null;
  /** Told of tags set and taken off. Used by the registry only. */
  tagIndex: TagIndex | null = null;

  /** @param makeCaller asked once, when the first call is made to this client: most servers never do. */
  constructor(id: number, session: Session, makeCaller: (session: Session) => QueueingCaller) {
    this.id = id;
    this.#session = session;
    this.#makeCaller = makeCaller;
  }

  /** Makes calls to this client. Used by the server only. */
  get caller(): QueueingCaller {
    if (this.#caller === null) {
      this.#caller = this.#makeCaller(this.#session);
      if (this.#ended !== null) this.gone(this.#ended);
    }
    return this.#caller;
  }

  /** The name that the client gave itself. Not proof of anything. */
  get name(): string {
    return this.#session.peer.name;
  }
  get address(): string {
    return this.#session.peer.address;
  }
  /** What `authenticate` returned. */
  get identity(): unknown {
    return this.#session.peer.identity;
  }
  /** Last measured round trip in milliseconds; -1 before the first. */
  get roundTripMs(): number {
    return this.#session.roundTripMs;
  }
  /** What is held of the messages of this client until they are taken, for calls that are open, in bytes of credit. */
  get heldBytes(): number {
    return this.#session.heldBytes;
  }
  /** Calls to this client that are sent and not answered yet. */
  get openCalls(): number {
    return this.#session.openCalls;
  }
  /** Calls of this client that are being served. */
  get runningCalls(): number {
    return this.#session.runningCalls;
  }
  /** Calls of this client taken in all. */
  get servedCalls(): number {
    return this.#session.servedCalls;
  }
  /** False once the connection is closing or closed. */
  get open(): boolean {
    return this.#session.state === "ready";
  }

  /** Labels that the application has put on it: rooms, regions, roles. */
  get tags(): ReadonlySet<string> {
    return this.#tags ?? noTags;
  }

  /** Puts a label on it; `server.connections.tagged` finds it by that until it closes. */
  tag(name: string): void {
    this.#tags ??= new Set();
    this.#tags.add(name);
    this.tagIndex?.add(name, this);
  }

  untag(name: string): void {
    if (this.#tags?.delete(name)) this.tagIndex?.remove(name, this);
  }

  /** A stub of a service that the client offers: calls go from here to there. */
  use<Client, Handlers>(service: Service<Client, Handlers>): Client {
    return this.caller.use(service);
  }

  /**
   * Measures the round trip now, in milliseconds.
   * @throws VertexError (UNAVAILABLE) when the connection is closed, or does not answer within a second.
   */
  ping(): Promise<number> {
    return new Promise((resolve, reject) => {
      const lost = new VertexError("UNAVAILABLE", "the client does not answer", {
        outcome: "not-executed",
        family: "link",
        peer: this.address,
      });
      if (this.#session.state === "closed") return reject(lost);
      const late = this.#session.loop.clock.setTimer(() => reject(lost), 1_000);
      this.#session.ping((roundTripMs) => {
        late.cancel();
        resolve(roundTripMs);
      });
    });
  }

  /** There is room for calls that wait. Used by the server only. */
  pump(): void {
    this.#caller?.pump();
  }

  /** The connection has ended. Used by the server only. */
  gone(why: string): void {
    this.#ended = why;
    this.#caller?.close(new VertexError("UNAVAILABLE", why, { outcome: "not-executed", family: "link" }));
  }

  /**
   * Lets what runs finish, for at most `graceMs` milliseconds (default 5,000; 0 ends it now), and closes.
   * @throws VertexError (usage) for a `graceMs` that is no time.
   */
  close({ graceMs = 5_000 }: { readonly graceMs?: number | undefined } = {}): void {
    if (!(graceMs >= 0 && graceMs <= MAX_GRACE_MS)) {
      throw usageError(`graceMs must be from 0 to ${MAX_GRACE_MS}, not ${String(graceMs)}`);
    }
    if (graceMs === 0) this.#session.close("SHUTDOWN", "closed by the server");
    else this.#session.drain(graceMs, "closed by the server");
  }
}

/** The caller of one session: a call waits for room on it, and fails with it. */
export function sessionCaller(
  session: Session,
  options: { readonly callTimeoutMs: number; readonly interceptors: readonly Interceptor[] },
  oneWayFailed: (error: VertexError) => void,
): QueueingCaller {
  const route = {
    offer: (call: OutgoingCall) => session.open(call),
    mayRepeat: () => false,
    whyWaiting: () => "the connection takes no more calls just now",
    oneWayFailed,
  };
  return new QueueingCaller(session.loop, route, { ...options, maxQueuedCalls: 1_024 });
}
