// Why a connection ended: the names, and what of them travels in a GOAWAY.

import { FramingError } from "@vertex/framing";
import { WireError } from "@vertex/wire";
import { LimitExceeded } from "./accounting.ts";
import { Goodbye, GoodbyeReason } from "./gen/vertex/v1/control.ts";
import { VertexError } from "./vertex-error.ts";

/**
 * Why a connection ended. `LINK_LOST`: it broke without a word. `CONNECT_FAILED`: there never was one, a try to connect
 * failed. Every dismissal has a name; SECURITY.md and the stats use the same ones.
 */
export type EndReason =
  | "SHUTDOWN"
  | "PROTOCOL_ERROR"
  | "NOT_VERTEX"
  | "VERSION"
  | "UNAUTHENTICATED"
  | "TOO_MANY_CONNECTIONS"
  | "HANDSHAKE_TIMEOUT"
  | "HEARTBEAT_TIMEOUT"
  | "WRITE_STALLED"
  | "LIMIT"
  | "INTERNAL"
  | "LINK_LOST"
  | "CONNECT_FAILED";

/** How a connection ended. */
export interface SessionEnd {
  readonly reason: EndReason;
  /** For people and logs. */
  readonly message: string;
  /** Which side ended it. The link counts as the other side. */
  readonly by: "here" | "peer";
  readonly cause?: unknown;
  /** Calls of the other side that were cut off by this end. */
  readonly cancelledCalls: number;
}

const numbers: { readonly [K in EndReason]: GoodbyeReason } = {
  SHUTDOWN: GoodbyeReason.GOODBYE_REASON_SHUTDOWN,
  PROTOCOL_ERROR: GoodbyeReason.GOODBYE_REASON_PROTOCOL_ERROR,
  NOT_VERTEX: GoodbyeReason.GOODBYE_REASON_PROTOCOL_ERROR,
  VERSION: GoodbyeReason.GOODBYE_REASON_VERSION,
  UNAUTHENTICATED: GoodbyeReason.GOODBYE_REASON_UNAUTHENTICATED,
  TOO_MANY_CONNECTIONS: GoodbyeReason.GOODBYE_REASON_TOO_MANY_CONNECTIONS,
  HANDSHAKE_TIMEOUT: GoodbyeReason.GOODBYE_REASON_HANDSHAKE_TIMEOUT,
  HEARTBEAT_TIMEOUT: GoodbyeReason.GOODBYE_REASON_HEARTBEAT_TIMEOUT,
  WRITE_STALLED: GoodbyeReason.GOODBYE_REASON_WRITE_STALLED,
  LIMIT: GoodbyeReason.GOODBYE_REASON_LIMIT,
  INTERNAL: GoodbyeReason.GOODBYE_REASON_INTERNAL,
  LINK_LOST: GoodbyeReason.GOODBYE_REASON_INTERNAL,
  CONNECT_FAILED: GoodbyeReason.GOODBYE_REASON_INTERNAL,
};

/** The name of a reason from the wire; unknown ones read as `INTERNAL`. */
export function endReason(number: GoodbyeReason): EndReason {
  const names = Object.keys(numbers) as EndReason[];
  return names.find((name) => numbers[name] === number) ?? "INTERNAL";
}

/** What to say of a connection that is gone without a GOAWAY. In the handshake that has a usual suspect. */
export function lostMessage(error: Error | undefined, inHandshake: boolean): string {
  const hint = inHandshake
    ? " during the handshake (is it a Vertex port, and is it tls:// on both sides?)"
    : "";
  return `the connection was lost${hint}: ${error?.message ?? "the other side closed it"}`;
}

/** What to say of a peer that has given no sign of life. */
export function silentMessage(ms: number): string {
  return `nothing was heard for ${Math.round(ms)} ms`;
}

/** Encodes the payload of a GOAWAY. @param timeLeftMs what is left to finish; without a bound, it says 0. */
export function encodeGoodbye(
  lastCallId: number,
  reason: EndReason,
  message: string,
  timeLeftMs: number,
): Uint8Array {
  const goodbye: Goodbye = {
    lastCallId,
    reason: numbers[reason],
    message: message.slice(0, 256),
    timeLeftMs: Number.isFinite(timeLeftMs) ? Math.min(0xffffffff, Math.ceil(timeLeftMs)) : 0,
  };
  return Goodbye.encode(goodbye).finish();
}

/** Why a connection ends whose peer, or whose own code, threw `error` while a frame was taken in. */
export function dismissal(error: unknown): { readonly reason: EndReason; readonly message: string } {
  if (error instanceof FramingError) {
    return { reason: error.code === "NOT_VERTEX" ? "NOT_VERTEX" : "PROTOCOL_ERROR", message: error.message };
  }
  if (error instanceof WireError) {
    return { reason: "PROTOCOL_ERROR", message: `a control message is malformed: ${error.message}` };
  }
  if (error instanceof LimitExceeded) return { reason: "LIMIT", message: error.message };
  if (error instanceof VertexError && error.family === "protocol") {
    return {
      reason: error.code === "FAILED_PRECONDITION" ? "VERSION" : "PROTOCOL_ERROR",
      message: error.message,
    };
  }
  return { reason: "INTERNAL", message: "this side failed" };
}
