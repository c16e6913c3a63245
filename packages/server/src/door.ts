// Who may come in, and who has been in for long enough: how fast connections are accepted, how many may be in their
// handshake, how much all may leave unread and have held for them, and how old one may get.

import { Bucket, HeldBytes, LimitExceeded, type LimitName, type Loop, type Session } from "@vertex/protocol";
import type { Sweeper, Swept } from "@vertex/protocol/host";

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

/** How often those are looked at with whom bytes wait, in milliseconds. */
const LOOK_MS = 500;
/** How often all are looked at for their age, in milliseconds, if not more often. */
const AGES_MS = 5_000;
/** Ages are spread by that share to both sides, so that those who came together do not go together. */
const AGE_SPREAD = 0.1;
const GOLDEN = 0.618_033_988_749_895;

/** The door of one server. */
export class Door implements Swept {
  sweeper: Sweeper | null = null;
  slot = -1;
  place = 0;
  readonly #options: DoorOptions;
  readonly #sessions: ReadonlyMap<Session, { readonly id: number }>;
  readonly #opening = new Set<Session>();
  readonly #accepts: Bucket;
  /** What is held of the messages of all connections. */
  readonly held: HeldBytes;
  /** Those with whom bytes waited when they were last looked at. */
  readonly #waiting = new Set<Session>();
  /** When ages are looked at next. */
  #agesAt = 0;
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

  /** Bytes wait here or there, unless that was what has just ended it. */
  waiting(session: Session): void {
    if (session.state !== "closed") this.#waiting.add(session);
  }

  /** A connection has ended. */
  left(session: Session): void {
    this.#opening.delete(session);
    this.#waiting.delete(session);
  }

  /** Looks at those with whom bytes wait, and now and then at all ages. */
  tick(now: number): number {
    let unsent = 0;
    let torn = 0;
    for (const session of this.#waiting) {
      const { unsentBytes, usage } = session;
      if (unsentBytes + usage.heldBytes === 0) this.#waiting.delete(session);
      unsent += unsentBytes;
      torn += usage.heldBytes;
    }
    const { maxUnsentBytes, maxHeldBytes } = this.#options;
    if (unsent > maxUnsentBytes)
      this.#dismiss("maxUnsentBytes", unsent, ({ unsentBytes }) => unsentBytes, "unread");
    if (this.held.bytes + torn > maxHeldBytes) this.#relieve();
    if (now >= this.#agesAt) this.#agesAt = this.#checkAges(now);
    return now + LOOK_MS;
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

  /** Returns when to look again. */
  #checkAges(now: number): number {
    const { maxConnectionAgeMs, connectionAgeGraceMs } = this.#options;
    if (maxConnectionAgeMs === "unlimited") return Number.POSITIVE_INFINITY;
    for (const [session, { id }] of this.#sessions) {
      if (session.state === "ready" && now - session.startedAt >= this.maxAgeMs(id)) {
        session.drain(connectionAgeGraceMs, "the connection is old: make a new one");
      }
    }
    return now + Math.min(AGES_MS, maxConnectionAgeMs / 100);
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
