// Who may come in, and who has been in for long enough: how fast connections are accepted, how many may be in their
// handshake, how much all may leave unread and have held for them, and how old one may get.

import { Bucket, HeldBytes, LimitExceeded, type LimitName, type Loop, type Session } from "@vertex/protocol";

/** What the door needs to know of the server's options. */
export interface DoorOptions {
  readonly maxConnections: number;
  readonly maxHandshakes: number;
  readonly maxAcceptsPerSecond: number;
  readonly maxUnsentBytes: number;
  readonly maxHeldBytes: number;
  readonly maxConnectionAgeMs: number | "unlimited";
  readonly connectionAgeGraceMs: number;
}

/** How often the connections are looked through, in milliseconds. */
const LOOK_MS = 500;
/** Ages are spread by that share to both sides, so that those who came together do not go together. */
const AGE_SPREAD = 0.1;
const GOLDEN = 0.618_033_988_749_895;

/** The door of one server. */
export class Door {
  readonly #options: DoorOptions;
  readonly #sessions: ReadonlyMap<Session, { readonly id: number }>;
  readonly #opening = new Set<Session>();
  readonly #accepts: Bucket;
  /** What is held of the messages of all connections. */
  readonly held: HeldBytes;
  #lookedAt = 0;
  /** Somebody has to go, in the next turn: not in the middle of what is being taken in. */
  #relieving = false;

  constructor(options: DoorOptions, sessions: ReadonlyMap<Session, { readonly id: number }>, loop: Loop) {
    this.#options = options;
    this.#sessions = sessions;
    this.#accepts = new Bucket(options.maxAcceptsPerSecond, options.maxAcceptsPerSecond, loop.clock.now());
    this.held = new HeldBytes(options.maxHeldBytes, () => {
      if (this.#relieving) return;
      this.#relieving = true;
      loop.later(() => {
        this.#relieving = false;
        this.#relieve();
      });
    });
  }

  /** Connections in their handshake. */
  get handshakes(): number {
    return this.#opening.size;
  }

  /** Whether one more connection may be accepted just now. One that may not is closed without a word. */
  opens(now: number): boolean {
    return this.#accepts.take(1, now);
  }

  /**
   * A connection has come in, and stands in the server's list. Says why it is told to go again; null lets it in. Where too
   * many are in their handshake, the oldest of those has to go: whoever means it is through in no time.
   */
  came(session: Session): string | null {
    const { maxConnections, maxHandshakes } = this.#options;
    if (this.#sessions.size > maxConnections)
      return `this server holds ${maxConnections} connections already`;
    this.#opening.add(session);
    if (this.#opening.size <= maxHandshakes) return null;
    const [oldest] = this.#opening;
    oldest?.violated(new LimitExceeded("maxHandshakes", `more than ${maxHandshakes} under way`));
    return null;
  }

  /** A handshake is over, well or not. */
  decided(session: Session): void {
    this.#opening.delete(session);
  }

  /** To be called a few times a second. */
  tick(now: number): void {
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    let unsent = 0;
    for (const [session, { id }] of this.#sessions) {
      unsent += session.unsentBytes;
      if (session.state === "ready" && now - session.startedAt >= this.maxAgeMs(id)) {
        session.drain(this.#options.connectionAgeGraceMs, "the connection is old: make a new one");
      }
    }
    const { maxUnsentBytes } = this.#options;
    if (unsent > maxUnsentBytes)
      this.#dismiss("maxUnsentBytes", unsent, ({ unsentBytes }) => unsentBytes, "unread");
    this.#relieve();
  }

  /** All that is held, torn frames included, in bytes. */
  get heldBytes(): number {
    let torn = 0;
    for (const { usage } of this.#sessions.keys()) torn += usage.heldBytes;
    return this.held.bytes + torn;
  }

  /** How old a connection may get: the ids spread the ages evenly. */
  maxAgeMs(id: number): number {
    const { maxConnectionAgeMs } = this.#options;
    if (maxConnectionAgeMs === "unlimited") return Number.POSITIVE_INFINITY;
    return maxConnectionAgeMs * (1 - AGE_SPREAD + 2 * AGE_SPREAD * ((id * GOLDEN) % 1));
  }

  #relieve(): void {
    const { heldBytes } = this;
    if (heldBytes > this.#options.maxHeldBytes)
      this.#dismiss(
        "maxHeldBytes",
        heldBytes,
        (session) => session.heldBytes + session.usage.heldBytes,
        "held",
      );
  }

  /** Those of whom there is most go first, until what is left of `total` is within the limit. */
  #dismiss(
    name: LimitName & keyof DoorOptions,
    total: number,
    bytesOf: (session: Session) => number,
    how: string,
  ): void {
    const limit = this.#options[name];
    const all = [...this.#sessions.keys()].map((session) => ({ session, bytes: bytesOf(session) }));
    let left = total;
    for (const { session, bytes } of all.sort((a, b) => b.bytes - a.bytes)) {
      if (left <= limit) return;
      left -= bytes;
      const text = `${bytes} bytes are ${how} here, of more than ${limit} for all connections`;
      session.violated(new LimitExceeded(name, text));
    }
  }
}
