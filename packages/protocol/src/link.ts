// What the calls of one connection see of it: its sender, its limits, its credit. Stands between them and the
// session so that neither knows the other.

import { CreditPool, HeldBytes } from "./credit.ts";
import type { IncomingCall, ServingLink } from "./incoming-call.ts";
import type { Loop, Outbox } from "./loop.ts";
import type { Outbound } from "./outbound.ts";
import type { CallingLink, OutgoingCall } from "./outgoing-call.ts";
import type { Sender } from "./sender.ts";
import type { ResolvedSessionOptions } from "./session-options.ts";
import { Solitude, type Traffic } from "./solitude.ts";
import { Spares } from "./spares.ts";

/** The calls of a connection, and what becomes of those that end. */
export interface CallEnds extends Traffic {
  settled(call: OutgoingCall, cancel: boolean): void;
  concluded(call: IncomingCall): void;
  admit(call: IncomingCall): boolean;
  released(call: IncomingCall): void;
  handlerFailed(error: unknown, method: string): void;
}

/** The other side, as far as it is known. */
export interface KnownPeer {
  name: string;
  readonly address: string;
  identity: unknown;
}

/** What a link needs of what a session is made of. */
interface LinkParts {
  readonly loop: Loop;
  readonly options: ResolvedSessionOptions;
  readonly held?: HeldBytes | undefined;
}

/** One connection as its calls see it. */
export class Link implements CallingLink, ServingLink {
  readonly loop: Loop;
  readonly peer: KnownPeer;
  readonly held: HeldBytes;
  readonly initialCreditBytes: number;
  readonly callCreditBytes: number;
  readonly maxMessageBytes: number;
  readonly outbox: Outbox;
  /** What the other side lets a new call carry; the protocol's floor until the handshake says more. */
  peerInitialCreditBytes = 1;
  readonly #sender: Sender;
  readonly #ends: CallEnds;
  readonly #connectionCreditBytes: number;
  #pool: CreditPool | null = null;
  #solitude: Solitude | null = null;
  #spares: Spares | null = null;

  constructor({ loop, options, held }: LinkParts, sender: Sender, peer: KnownPeer, ends: CallEnds) {
    this.loop = loop;
    this.held = held ?? new HeldBytes();
    this.peer = peer;
    this.#connectionCreditBytes = options.connectionCreditBytes;
    this.initialCreditBytes = options.initialCreditBytes;
    this.callCreditBytes = options.callCreditBytes;
    this.maxMessageBytes = options.maxMessageBytes;
    this.outbox = sender.outbox;
    this.#sender = sender;
    this.#ends = ends;
  }

  /** What the calls of this connection are granted together. Made for the first that needs more than its own credit. */
  get pool(): CreditPool {
    this.#pool ??= new CreditPool(this.#connectionCreditBytes, this.held);
    return this.#pool;
  }

  isAlone(callId: number): boolean {
    this.#solitude ??= new Solitude(this.#ends);
    return this.#solitude.of(callId, this.loop.clock.now());
  }

  get aloneCalls(): number {
    return this.#solitude?.aloneCalls ?? 0;
  }

  /** Memory for messages that are lent. Made for the first stream that lends. */
  get spares(): Spares {
    this.#spares ??= new Spares(this.#connectionCreditBytes, this.held);
    return this.#spares;
  }

  get spareBytes(): number {
    return this.#spares?.bytes ?? 0;
  }

  get peerAddress(): string {
    return this.peer.address;
  }

  get peerMaxFrameBytes(): number {
    return this.#sender.peerMaxFrameBytes;
  }

  get peerMaxMessageBytes(): number {
    return this.#sender.peerMaxMessageBytes;
  }

  get congested(): boolean {
    return this.#sender.congested;
  }

  enqueue(outbound: Outbound): void {
    this.#sender.enqueue(outbound);
  }

  waits(): void {
    this.#sender.waits();
  }

  grant(callId: number, bytes: number): void {
    this.#sender.grant(callId, bytes);
  }

  settled(call: OutgoingCall, cancel: boolean): void {
    this.#ends.settled(call, cancel);
  }

  concluded(call: IncomingCall): void {
    this.#ends.concluded(call);
  }

  admit(call: IncomingCall): boolean {
    return this.#ends.admit(call);
  }

  released(call: IncomingCall): void {
    this.#ends.released(call);
  }

  handlerFailed(error: unknown, method: string): void {
    this.#ends.handlerFailed(error, method);
  }
}
