// Where bytes go and come from, as a session sees it. The socket transport, the memory transport and the
// simulator each are one.

/** Takes what a transport has. */
export interface TransportReceiver {
  /** Bytes came. They are valid only until the function returns. */
  received(chunk: Uint8Array): void;
  /** The transport was congested and is not any more. */
  drained(): void;
  /** The transport is gone; nothing follows. `error` says why, if it was not an orderly end. */
  closed(error?: Error): void;
}

/** An ordered, reliable stream of bytes in both directions. */
export interface Transport {
  /** Where the bytes come from, for people: "127.0.0.1:53122". */
  readonly address: string;
  /** True from when so much waits to be sent that no more should be written until `drained`, whatever is written meanwhile. */
  readonly congested: boolean;
  /** Bytes written that the other side's kernel, or this one's, has not taken yet. */
  readonly bufferedBytes: number;
  /**
   * Another number than before when bytes that waited have been taken, and the same when none has, however many were
   * written meanwhile. What waits cannot tell: a buffer that is filled as fast as it empties looks the same for ever.
   */
  readonly takenMark: number;
  /** Starts delivering to `receiver`. Called once. */
  start(receiver: TransportReceiver): void;
  /**
   * Sends `bytes`.
   * @returns true when the memory of `bytes` may be used again at once; false when the transport holds on to it until
   * `bufferedBytes` is 0. `drained` follows then.
   */
  write(bytes: Uint8Array): boolean;
  /** Stops reading. What the peer sends stays in the kernel, then in the peer. */
  pause(): void;
  resume(): void;
  /** Sends what is left, then closes; a second later at the latest, whether or not the peer reads. */
  end(): void;
  /** Closes at once. `closed` still follows. */
  destroy(): void;
}
