// What a direction between two nodes is like. Tests change the fields at any time; what is on its way already stays.

/** One direction between two nodes. */
export interface SimPath {
  /** Time that bytes are on their way, in milliseconds. */
  delayMs: number;
  /** Up to this much more, at random. Bytes of one connection stay in order. */
  jitterMs: number;
  /** Bytes that pass in a second, on each connection. `Infinity`: all at once. */
  bytesPerSecond: number;
  /** Share of the deliveries that bring only a part of what is there, from 0 to 1. */
  chop: number;
  /** Bytes that the kernels of both ends hold for a receiver that does not read. More waits in the sender. */
  windowBytes: number;
  /** Nothing new sets out before this virtual time. What waits then goes on: nothing is lost. */
  cloggedUntil: number;
}

/** What becomes of those who dial an address: as the listener is, refused, never answered, or answered late. */
export type DialPolicy = "accept" | "refuse" | "never" | { readonly slowMs: number };

/** What the memory that a transport was handed may be used for after `write`. */
export type WriteMode =
  /** Copied: it may be used again. */
  | "copies"
  /** Copied, then filled with other bytes: who reads it again sees nonsense. */
  | "poisons"
  /** Kept until it has been delivered, as TLS keeps it: who writes to it again spoils the stream. */
  | "keeps";

/** A path that is fast and faultless. */
export const calmPath: Readonly<SimPath> = {
  delayMs: 0.2,
  jitterMs: 0.1,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  chop: 0,
  windowBytes: 262_144,
  cloggedUntil: 0,
};
