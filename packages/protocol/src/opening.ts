// The handshake as it happens: which frame may come, what is answered, and the wait for `authenticate`.
// Frames that come behind HELLO while it decides are kept and go on afterwards.

import { Kind, kindName } from "@vertex/framing";
import { LimitExceeded } from "./accounting.ts";
import {
  agreeHeartbeat,
  type Introduction,
  type PeerIntroduction,
  readHello,
  readWelcome,
  writeHello,
  writeWelcome,
} from "./handshake.ts";
import { Hold, type Intake } from "./intake.ts";
import type { Loop } from "./loop.ts";
import type { Sender } from "./sender.ts";
import type { ResolvedSessionOptions } from "./session-options.ts";
import { isThenable } from "./thenable.ts";
import { VertexError } from "./vertex-error.ts";

/** Most frames that may come behind HELLO while `authenticate` decides: reading stops meanwhile, so few do. */
const EARLY_FRAMES = 128;

/** The heartbeat of the connection, agreed. */
export interface AgreedHeartbeat {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** What the opening needs from its session. */
export interface OpeningHost {
  readonly loop: Loop;
  authenticate(peer: PeerIntroduction): unknown;
  /** The handshake is done. */
  agreed(peer: PeerIntroduction, heartbeat: AgreedHeartbeat, identity: unknown): void;
  /** `authenticate` has refused. */
  refused(error: unknown): void;
  frame(kind: number, callId: number, buf: Uint8Array, start: number, end: number): void;
  /** Whatever a kept frame threw. */
  violated(error: unknown): void;
}

interface Kept {
  readonly kind: number;
  readonly callId: number;
  readonly bytes: Uint8Array;
}

/** One handshake. */
export class Opening {
  readonly #host: OpeningHost;
  readonly #sender: Sender;
  readonly #intake: Pick<Intake, "hold" | "release">;
  readonly #options: ResolvedSessionOptions;
  readonly #introduction: Introduction;
  #kept: Kept[] | null = null;

  constructor(
    host: OpeningHost,
    sender: Sender,
    intake: Pick<Intake, "hold" | "release">,
    options: ResolvedSessionOptions,
    introduction: Introduction,
  ) {
    this.#host = host;
    this.#sender = sender;
    this.#intake = intake;
    this.#options = options;
    this.#introduction = introduction;
  }

  /** The dialing side speaks first. */
  hello(): void {
    this.#sender.control(Kind.HELLO, (writer) => writeHello(writer, this.#introduction, this.#options));
  }

  /** A frame of the accepting side, for the dialer: WELCOME and nothing else (GOAWAY is the session's). */
  answered(kind: number, buf: Uint8Array, start: number, end: number): void {
    if (kind !== Kind.WELCOME) throw unexpected(kind, "WELCOME");
    const peer = readWelcome(this.#host.loop.reader, buf, start, end);
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.#options;
    this.#host.agreed(
      peer,
      {
        intervalMs: peer.heartbeatIntervalMs || heartbeatIntervalMs,
        timeoutMs: peer.heartbeatTimeoutMs || heartbeatTimeoutMs,
      },
      undefined,
    );
  }

  /** A frame of the dialing side, for the acceptor: HELLO first; what follows waits for the decision. */
  asked(kind: number, callId: number, buf: Uint8Array, start: number, end: number): void {
    if (this.#kept !== null) {
      if (this.#kept.length >= EARLY_FRAMES) {
        throw new LimitExceeded("earlyFrames", `more than ${EARLY_FRAMES} before the handshake was decided`);
      }
      this.#kept.push({ kind, callId, bytes: buf.slice(start, end) });
      return;
    }
    if (kind !== Kind.HELLO) throw unexpected(kind, "HELLO");
    const peer = readHello(this.#host.loop.reader, buf, start, end);
    let verdict: unknown;
    try {
      verdict = this.#host.authenticate(peer);
    } catch (error) {
      this.#host.refused(error);
      return;
    }
    if (!isThenable(verdict)) {
      this.#welcome(peer, verdict);
      return;
    }
    this.#kept = [];
    this.#intake.hold(Hold.DECIDING);
    Promise.resolve(verdict).then(
      (identity) => this.#decided(peer, identity),
      (error) => this.#host.refused(error),
    );
  }

  #decided(peer: PeerIntroduction, identity: unknown): void {
    const kept = this.#kept ?? [];
    this.#kept = null;
    this.#welcome(peer, identity);
    try {
      for (const { kind, callId, bytes } of kept) this.#host.frame(kind, callId, bytes, 0, bytes.length);
    } catch (error) {
      this.#host.violated(error);
    }
    this.#intake.release(Hold.DECIDING);
  }

  #welcome(peer: PeerIntroduction, identity: unknown): void {
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.#options;
    const heartbeat = {
      intervalMs: agreeHeartbeat(peer.heartbeatIntervalMs, heartbeatIntervalMs),
      timeoutMs: agreeHeartbeat(peer.heartbeatTimeoutMs, heartbeatTimeoutMs),
    };
    this.#sender.control(Kind.WELCOME, (writer) =>
      writeWelcome(writer, this.#introduction, this.#options, heartbeat),
    );
    this.#host.agreed(peer, heartbeat, identity);
  }
}

function unexpected(kind: number, wanted: string): VertexError {
  return new VertexError("INTERNAL", `${kindName(kind)} came where ${wanted} must come`, {
    family: "protocol",
  });
}
