// What a process of the stream measurements can be asked to do. Types only: the process is side.ts, who asks is sides.ts.

/** Which way the messages of a stream go. */
export type Direction = "down" | "up";

/** Streams to open: how many, which way, and how large each message is. */
export interface Load {
  readonly direction: Direction;
  readonly streams: number;
  readonly messageBytes: number;
}

/** What passed, and what it cost. */
export interface Passed {
  readonly bytes: number;
  readonly ms: number;
}

/** Memory of a process after a garbage collection, in bytes. */
export interface Held {
  /** JavaScript objects and the buffers behind them. */
  readonly heap: number;
  readonly rss: number;
  /** The highest `rss` since the last `watchMemory`. */
  readonly rssPeak: number;
}

/** Everything that can be asked. */
export interface Commands {
  /** Serves the test services on TCP; resolves with the address. */
  serve(): Promise<string>;
  /** Accepts bare sockets, and counts and drops what comes; resolves with the port. */
  serveBare(): Promise<number>;
  /** Connects to a server. */
  connect(address: string): Promise<void>;
  /** Opens streams whose consumer takes `taken` messages and no more. They stay open until `release`. */
  hold(load: Load, taken: number): Promise<void>;
  /** Cancels what `hold` has opened. */
  release(): Promise<void>;
  /** Message bytes that this process has handed to its streams so far. */
  sent(): number;
  /** Sends `bytes` through one stream, and reads them all at its other end, with `lent` or without. */
  pass(direction: Direction, bytes: number, messageBytes: number, lends: boolean): Promise<Passed>;
  /** Sends `bytes` through a bare socket to `port`, in writes of `writeBytes` that wait for each other's drain. */
  passBare(port: number, bytes: number, writeBytes: number): Promise<Passed>;
  /** Small unary calls, `atOnce` at any time, for `ms`; resolves with the time that each took, in milliseconds. */
  probe(ms: number, atOnce: number): Promise<number[]>;
  /**
   * Uploads in messages of `messageBytes` until `release`, on the connection of the small calls or on one of its own.
   * The server reads them with `lent` or without. Resolves when the first message has been sent.
   */
  upload(messageBytes: number, beside: boolean, lends: boolean): Promise<void>;
  /** Collects garbage and forgets the peak of `rss`. */
  watchMemory(): Promise<Held>;
  held(): Promise<Held>;
}
