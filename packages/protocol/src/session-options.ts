// Limits and times of a session: the one place of this layer where they stand. LIMITS.md documents each, and a test
// holds the two together.

import { usageError } from "./vertex-error.ts";

/** Limits and times of one connection. Every one has a default; none can be zero or left without a bound. */
export interface SessionOptions {
  /** Largest payload of a CALL or DATA frame that this side receives. Default 65,536; 1,024 to 16,777,215. */
  readonly maxFrameBytes?: number | undefined;
  /** Largest message, all its pieces together, that this side receives. Default 4,194,304; at least 1,024. */
  readonly maxMessageBytes?: number | undefined;
  /** Calls that the other side may have open at once. Default 1,024. */
  readonly maxConcurrentCalls?: number | undefined;
  /** Message bytes that a new call may carry before this side grants more. Default 65,536. */
  readonly initialCreditBytes?: number | undefined;
  /**
   * Message bytes that one call is granted ahead of its reader; four times as many while no other is open on its connection
   * and its reader keeps up. Default 262,144.
   */
  readonly callCreditBytes?: number | undefined;
  /** Message bytes granted beyond the initial credit, all calls of a connection together. Default 4,194,304. */
  readonly connectionCreditBytes?: number | undefined;
  /** Silence after which a PING is sent, or in its last tenth. Default 15,000; 10 to 3,600,000. */
  readonly heartbeatIntervalMs?: number | undefined;
  /** Time that a PING may stay without any byte coming back. Default 10,000; 10 to 3,600,000. */
  readonly heartbeatTimeoutMs?: number | undefined;
  /** Time for the whole handshake. Default 5,000. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** Time that one frame may take, but for the time in which a PING waits. Default 30,000; 10 to 3,600,000. */
  readonly frameTimeoutMs?: number | undefined;
  /** Time that a congested connection may go without the other side reading a byte. Default 10,000. */
  readonly writeStallTimeoutMs?: number | undefined;
  /** Bytes waiting to be sent at which this side stops reading. Default 1,048,576. */
  readonly maxOutboundBytes?: number | undefined;
  /** Deadline of calls that name none, neither in the call nor in the schema. Default 10,000. */
  readonly callTimeoutMs?: number | undefined;
  /** Time that a drain waits for the other side to confirm that it opens no more calls. Default 5,000. */
  readonly drainConfirmTimeoutMs?: number | undefined;
}

/** The same, complete and frozen. */
export type ResolvedSessionOptions = { readonly [K in keyof SessionOptions]-?: number };

type Rule = readonly [standard: number, min: number, max: number];
const U32 = 0xffffffff;
const rules: { readonly [K in keyof SessionOptions]-?: Rule } = {
  maxFrameBytes: [65_536, 1_024, 0xffffff],
  maxMessageBytes: [4_194_304, 1_024, 0x7fffffff],
  maxConcurrentCalls: [1_024, 1, 0x7fffffff],
  initialCreditBytes: [65_536, 1, 0x7fffffff],
  callCreditBytes: [262_144, 1, 0x7fffffff],
  connectionCreditBytes: [4_194_304, 1, 0x7fffffff],
  heartbeatIntervalMs: [15_000, 10, 3_600_000],
  heartbeatTimeoutMs: [10_000, 10, 3_600_000],
  handshakeTimeoutMs: [5_000, 10, 3_600_000],
  frameTimeoutMs: [30_000, 10, 3_600_000],
  writeStallTimeoutMs: [10_000, 10, 3_600_000],
  maxOutboundBytes: [1_048_576, 65_536, 0x7fffffff],
  callTimeoutMs: [10_000, 1, U32 - 1],
  drainConfirmTimeoutMs: [5_000, 10, 3_600_000],
};

/** The names, defaults and bounds of all session options, for documents and tests. */
export const sessionOptionRules: { readonly [name: string]: Rule } = rules;

/**
 * Fills in the defaults.
 * @throws VertexError (usage) for a name that does not exist or a value out of its bounds.
 */
export function resolveSessionOptions(options: SessionOptions = {}): ResolvedSessionOptions {
  const resolved: { [name: string]: number } = {};
  for (const [name, [standard, min, max]] of Object.entries(rules)) {
    const value = options[name as keyof SessionOptions] ?? standard;
    if (!Number.isInteger(value) || value < min || value > max) {
      throw usageError(`${name} must be a whole number from ${min} to ${max}, not ${String(value)}`);
    }
    resolved[name] = value;
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(rules, name)) throw usageError(`there is no session option ${JSON.stringify(name)}`);
  }
  return Object.freeze(resolved) as ResolvedSessionOptions;
}
