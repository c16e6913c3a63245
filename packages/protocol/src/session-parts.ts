// What a session is made of, and what it tells the side it belongs to.

import type { HeldBytes } from "./credit.ts";
import type { CallGuard } from "./guard.ts";
import type { Introduction, PeerIntroduction } from "./handshake.ts";
import type { Loop } from "./loop.ts";
import type { Router } from "./router.ts";
import type { IdentityReader } from "./serving.ts";
import type { Session } from "./session.ts";
import type { SessionEnd } from "./session-end.ts";
import type { ResolvedSessionOptions } from "./session-options.ts";
import type { Transport } from "./transport.ts";

/** What a session tells the side it belongs to. */
export interface SessionEvents extends IdentityReader {
  /** Decides who a dialer is; what it returns becomes `peer.identity`. Throwing refuses the connection. */
  authenticate?(peer: PeerIntroduction, address: string): unknown;
  /** The handshake is done. */
  opened(session: Session): void;
  /** There is room for calls again. */
  roomy(session: Session): void;
  /** The other side takes no new calls any more. */
  draining(session: Session): void;
  /**
   * Bytes wait: for the other side to read them or to grant credit, or for the rest of their frame. Said a few times a
   * second for as long as they do.
   */
  waiting?(session: Session): void;
  /** The one end. Every call of the session has settled or moved. */
  closed(session: Session, end: SessionEnd): void;
  /** A handler threw something that its caller is not shown. */
  handlerFailed(error: unknown, method: string): void;
}

/** What a session is made of. */
export interface SessionParts {
  readonly role: "dialer" | "acceptor";
  readonly loop: Loop;
  readonly transport: Transport;
  readonly options: ResolvedSessionOptions;
  readonly router: Router;
  readonly introduction: Introduction;
  readonly events: SessionEvents;
  /** Stands before the handlers of all connections of a server. Default: nothing does. */
  readonly guard?: CallGuard | undefined;
  /** Where what is held is counted, for all connections of a server together. Default: an account of its own, without a limit. */
  readonly held?: HeldBytes | undefined;
}

/** Names, in order. */
export type SessionState = "handshake" | "ready" | "draining" | "closed";
