// What a case is: data, and nothing that runs.
import type { Limits } from "./frames.ts";
import type { Step } from "./peer.ts";

/** How a connection must end: not at all, with GOAWAY of that reason, or without a reason that is an error. */
export type Ending =
  | "usable"
  | "closed"
  | "PROTOCOL_ERROR"
  | "VERSION"
  | "UNAUTHENTICATED"
  | "LIMIT"
  | "HANDSHAKE_TIMEOUT"
  | "HEARTBEAT_TIMEOUT";

/** The verdicts of the tables of PROTOCOL.md: goes on, is ignored, ends the connection. */
export type Verdict = "goes on" | "ignored" | "ends";

/** One cell of a table of PROTOCOL.md: which table, which row, which column. */
export interface Cell {
  readonly table: "serving" | "calling" | "connection";
  readonly frame: string;
  readonly state: string;
}

/** What both kinds of cases have. */
export interface CaseHead {
  readonly name: string;
  readonly cell?: Cell;
  /** What the table must say there. */
  readonly verdict?: Verdict;
}

/** A case for a server: the suite dials. */
export interface ServerCase extends CaseHead {
  /** The suite says HELLO and waits for WELCOME, unless the case is about that. Default: that it does. */
  readonly bare?: boolean;
  /** HELLO in place of the usual one. */
  readonly hello?: Uint8Array;
  /** Frames that lead to the state. */
  readonly state: readonly Step[];
  /** What is sent in that state. */
  readonly sent: readonly Step[];
  /** The frames that come back, in words; those of one call in this order, and nothing else. */
  readonly answer: readonly string[];
  readonly ending: Ending;
  /** Time until the end, in milliseconds. Default 1,000. */
  readonly withinMs?: number;
  /** Time in which nothing more may come, in milliseconds. Default 0. */
  readonly quietMs?: number;
  /** A call id that is free for the proof that the connection is usable. Default 1,001. */
  readonly freshId?: number;
  /** PINGs of the server stay without an answer. */
  readonly mute?: boolean;
  /** Only where a write arrives in one piece, which TLS and cuts prevent: a server that reads no further meets less. */
  readonly whole?: boolean;
  /** Only the suite's own server is set up for it. */
  readonly own?: boolean;
}

/** What the server under test has said of itself, for cases that stand at its limits. */
export interface ServerFacts extends Limits {
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
}

/** What a client can be made to call. `hello` may be repeated by the schema, `slow` may not. */
export type ClientCall = "hello" | "slow" | "countdown" | "sum" | "chat" | "notify";

/** How the client takes it: keeps the connection, dials anew (beside it, or after a GOAWAY of that reason), or does not. */
export type Aftermath =
  | "stays"
  | "back"
  | "PROTOCOL_ERROR"
  | "VERSION"
  | "HANDSHAKE_TIMEOUT"
  | "beside"
  | "gives up";

/** A case for a client. */
export interface ClientCase extends CaseHead {
  /** No WELCOME is sent but what the steps say. */
  readonly bare?: boolean;
  readonly welcome?: Uint8Array;
  /** Calls that it makes before the steps; their ids are 1, 3, 5, … */
  readonly calls: readonly ClientCall[];
  readonly sent: readonly Step[];
  /** What each call ends as: "answered …", "CODE outcome", or "again" when the next connection answered it. */
  readonly ends: readonly string[];
  readonly after: Aftermath;
}
