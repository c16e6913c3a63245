// The two faces of a call: what a caller may ask for and gets back, and what a handler is given. Types only.

import type { Outcome } from "./vertex-error.ts";

/** Key and value pairs beside a call. Keys are lower case; values are text or bytes. */
export type Metadata = ReadonlyMap<string, string | Uint8Array>;

/** What callers may write where metadata is wanted: a Map or a plain object. */
export type MetadataInit = Metadata | { readonly [key: string]: string | Uint8Array };

/** Options of one call. */
export interface CallOptions {
  /** Time the whole call may take, in milliseconds. Default: the schema's, else 10,000. `Infinity` turns it off. */
  readonly timeoutMs?: number | undefined;
  /** Aborting it cancels the call, here and on the other side. */
  readonly signal?: AbortSignal | undefined;
  readonly metadata?: MetadataInit | undefined;
  /**
   * The call that the handler serves which makes this one. This call then takes no longer than that one has left, is
   * cancelled with it, and carries its trace (`traceparent`, `tracestate`, `baggage`).
   */
  readonly parent?: CallContext | undefined;
  /** Keys of the parent's metadata to carry on, beside its trace. */
  readonly forward?: readonly string[] | undefined;
  /**
   * False: the call is made for this process itself, not for the identity of its parent. Default: as the option
   * `forwardIdentity` of the client says.
   */
  readonly forwardIdentity?: boolean | undefined;
  /** Called with the trailing metadata of a unary call that ended well, before its promise resolves. */
  readonly onTrailers?: ((trailers: Metadata) => void) | undefined;
}

/** Who is at the other end of the connection. */
export interface Peer {
  /** The name that the peer gave itself in the handshake. Not proof of anything. */
  readonly name: string;
  /** Where its bytes come from, for example "127.0.0.1:53122" or "unix:/run/app.sock". */
  readonly address: string;
  /** What `authenticate` returned for it; `undefined` without authentication. */
  readonly identity: unknown;
}

/** What a handler knows about the call it serves. */
export interface CallContext {
  /** Full name of the method, `package.Service/Method`. */
  readonly method: string;
  readonly peer: Peer;
  /**
   * Who the call is made for: the identity that a peer which this server trusts with that has named, else
   * `peer.identity`.
   */
  readonly identity: unknown;
  readonly metadata: Metadata;
  /** Milliseconds until the caller stops waiting; `Infinity` if it waits for ever. */
  readonly remainingMs: number;
  /** True as soon as the caller has gone, cancelled, or run out of time. */
  readonly cancelled: boolean;
  /** Aborts when `cancelled` turns true. Made when first read: handlers that never look pay nothing. */
  readonly signal: AbortSignal;
  /** Sends a pair with the end of the call, good or bad. */
  setTrailer(key: string, value: string | Uint8Array): void;
}

/** What a call is to whoever hands it on instead of serving it. */
export interface ForwardedCall extends CallContext {
  /**
   * Called once when the call is cut off here before it was answered: stops it where it is, and says whether its
   * handler may have run. Cheaper than `signal`.
   */
  whenCut: (() => Outcome) | null;
}

/** Messages that the other side sends. Leaving the loop early cancels the call. */
export interface ServerStream<O> extends AsyncIterable<O> {
  /** Resolves with the trailing metadata when the stream has ended well; rejects with the call's error. */
  readonly trailers: Promise<Metadata>;
  /** Ends the call from this side. */
  cancel(): void;
}

/** Messages that this side sends, for one answer. */
export interface ClientStream<I, O> {
  /** Resolves when there is room for the next message; rejects with the call's error. */
  write(message: I): Promise<void>;
  /** Says that no more messages come, and waits for the answer. */
  end(): Promise<O>;
  /** Writes all of `messages`, ends, and waits for the answer. */
  send(messages: Iterable<I> | AsyncIterable<I>): Promise<O>;
  cancel(): void;
}

/** Messages in both directions, each at its own pace. */
export interface DuplexStream<I, O> extends ServerStream<O> {
  /** Resolves when there is room for the next message; rejects with the call's error. */
  write(message: I): Promise<void>;
  /** Says that no more messages come from this side. The other side may go on. */
  end(): Promise<void>;
  /** Writes all of `messages`, then ends this side. */
  send(messages: Iterable<I> | AsyncIterable<I>): Promise<void>;
}
