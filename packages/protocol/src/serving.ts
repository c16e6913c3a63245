// The calls that the other side has open on one connection: admission, and the frames that belong to them.

import {
  CALL_FIXED_BYTES,
  NO_DEADLINE,
  readCallMessageStart,
  readCallMethod,
  readCallRemaining,
} from "@vertex/framing";
import { checkLate, RESET_MARGIN_MS, ResetBudget } from "./accounting.ts";
import type { Metadata, Peer } from "./call.ts";
import { CallTable } from "./call-table.ts";
import { publicError } from "./failure.ts";
import type { CallGuard, RefusalName, Starter } from "./guard.ts";
import { IncomingCall, type ServingLink } from "./incoming-call.ts";
import { IDENTITY_KEY } from "./inheritance.ts";
import { decodeMetadata } from "./metadata.ts";
import type { Registration, Router } from "./router.ts";
import type { Sender } from "./sender.ts";
import type { Status } from "./status.ts";
import { isThenable } from "./thenable.ts";
import { VertexError } from "./vertex-error.ts";

/** Who a call is made for, when the other side names somebody. */
export interface IdentityReader {
  /**
   * The identity that a call is served for. `undefined` refuses the call, and so does throwing; without this function
   * every such call is refused.
   */
  forwarded?(named: string | Uint8Array, forwarder: Peer): unknown;
}

/** What serving needs of what a session is made of. */
export interface ServingParts {
  readonly router: Router;
  readonly options: { readonly maxConcurrentCalls: number };
  readonly events: IdentityReader;
  /** Stands before the handlers of all connections. Default: nothing does. */
  readonly guard?: CallGuard | undefined;
}

/** The open calls of the other side. */
export class Serving implements Starter {
  readonly #link: ServingLink;
  readonly #sender: Sender;
  readonly #router: Router;
  readonly #identities: IdentityReader;
  readonly #guard: CallGuard | undefined;
  /** Made for the first call: some connections only wait to be called. */
  #table: CallTable<IncomingCall> | null = null;
  readonly #parity: number;
  readonly #maxConcurrent: number;
  #lastId = 0;
  /** Calls taken and not released. */
  #running = 0;
  /** Handlers entered and not released. */
  #handlers = 0;
  /** Calls whose request is whole and that wait for a handler to be released: those of cancelled calls still run. */
  #ready: Set<IncomingCall> | null = null;
  #starting = false;
  #total = 0;
  #refused = 0;
  /** Frames that came for calls that are over. */
  #late = 0;
  #resets: ResetBudget | null = null;
  #closed = false;

  /** @param parity 1 when the other side is the dialing one. */
  constructor(link: ServingLink, sender: Sender, parts: ServingParts, parity: number) {
    this.#link = link;
    this.#sender = sender;
    this.#router = parts.router;
    this.#identities = parts.events;
    this.#guard = parts.guard;
    this.#parity = parity;
    this.#maxConcurrent = parts.options.maxConcurrentCalls;
  }

  /** Slots taken: calls whose handler has not settled or whose answer has not been sent. */
  get running(): number {
    return this.#running;
  }

  /** Calls taken in all. */
  get total(): number {
    return this.#total;
  }

  /** What is held of requests until they are taken, in bytes of credit. */
  get heldBytes(): number {
    return this.#table?.sum((call) => call.heldBytes) ?? 0;
  }

  /** What waits to be sent of answers, in bytes. */
  get unsentBytes(): number {
    return this.#table?.sum((call) => call.unsentBytes) ?? 0;
  }

  /** Highest id seen. */
  get lastId(): number {
    return this.#lastId;
  }

  /** Takes no more calls: those that still come are refused as not executed. */
  refuseNew(): void {
    this.#closed = true;
  }

  /** A CALL frame. */
  call(flags: number, id: number, buf: Uint8Array, start: number, end: number): void {
    if ((id & 1) !== this.#parity || id <= this.#lastId) {
      throw new VertexError("INTERNAL", `call id ${id} is not a rising id of the other side`, {
        family: "protocol",
      });
    }
    this.#lastId = id;
    const messageStart = readCallMessageStart(buf, start, end);
    if (flags === 0 && messageStart !== end) {
      throw new VertexError("INTERNAL", "a CALL that opens a stream carries message bytes", {
        family: "protocol",
      });
    }
    if (this.#closed) return this.#refuse(id, "closing", "UNAVAILABLE", "this side is closing down");
    if ((this.#table?.size ?? 0) >= this.#maxConcurrent) {
      return this.#refuse(
        id,
        "maxConcurrentCalls",
        "RESOURCE_EXHAUSTED",
        `over ${this.#maxConcurrent} calls at once`,
      );
    }
    const registration = this.#router.find(readCallMethod(buf, start));
    if (registration === undefined) {
      return this.#refuse(id, "unknownMethod", "UNIMPLEMENTED", "no such method is served here");
    }
    const remainingMs = readCallRemaining(buf, start);
    if (remainingMs === 0) {
      return this.#refuse(id, "expired", "DEADLINE_EXCEEDED", "the deadline had passed on arrival");
    }
    const { tookInAt } = this.#link.loop;
    const deadlineAt = remainingMs === NO_DEADLINE ? Number.POSITIVE_INFINITY : tookInAt + remainingMs;
    const metadata = this.#metadata(id, buf, start + CALL_FIXED_BYTES, messageStart);
    if (metadata === null) return;
    const named = metadata.size === 0 ? undefined : metadata.get(IDENTITY_KEY);
    const call =
      named === undefined
        ? new IncomingCall(this.#link, id, registration, metadata, this.#link.peer.identity, deadlineAt)
        : this.#forwarded(id, registration, metadata, named, deadlineAt);
    if (call === null || this.#limited(call, end - start)) return;
    this.#table ??= new CallTable();
    this.#table.add(call);
    this.#running++;
    this.#total++;
    try {
      call.open(flags, buf, messageStart, end);
    } catch (error) {
      this.#caught(call, error);
    }
    // What has been answered at once has none.
    if (!call.concluded) this.#link.loop.deadlines.add(call);
  }

  /** A DATA frame. Calls that are over are ignored: the other side may not know it yet. */
  data(flags: number, id: number, buf: Uint8Array, start: number, end: number): void {
    const call = this.find(id);
    if (call === undefined) return;
    this.#guard?.charge(call, end - start);
    try {
      call.data(flags, buf, start, end);
    } catch (error) {
      this.#caught(call, error);
    }
  }

  /** A CANCEL frame. One that takes back what has not been answered at all is a reset. */
  cancel(id: number): void {
    const call = this.find(id);
    if (call === undefined) return;
    const reset = !call.answering && call.remainingMs > RESET_MARGIN_MS;
    call.cancel();
    if (reset) this.#reset();
  }

  /** The call with that id; undefined when it is over. Throws for an id that never was, or when too many are over. */
  find(id: number): IncomingCall | undefined {
    if (id > this.#lastId) {
      throw new VertexError("INTERNAL", `a frame for call ${id}, which was never opened`, {
        family: "protocol",
      });
    }
    const call = this.#table?.get(id);
    if (call === undefined) checkLate(++this.#late, this.#total + this.#refused, this.#link);
    return call;
  }

  concluded(call: IncomingCall): void {
    this.#table?.remove(call.id);
  }

  /** Whether the handler may be entered now; if not, `enter` is called when one may be. */
  admit(call: IncomingCall): boolean {
    if (this.#handlers >= this.#maxConcurrent) {
      this.#ready ??= new Set();
      this.#ready.add(call);
      return false;
    }
    if (this.#guard !== undefined && !this.#guard.enter(call, this)) return false;
    this.#handlers++;
    return true;
  }

  /** The guard has a place for a call that waited for one. */
  start(call: IncomingCall): void {
    this.#handlers++;
    call.enter();
  }

  released(call: IncomingCall): void {
    this.#running--;
    if (call.entered) {
      this.#handlers--;
      this.#guard?.leave(call);
    } else if (this.#ready === null || !this.#ready.delete(call)) {
      this.#guard?.forget(call);
    }
    this.#startReady();
  }

  /** The connection is gone, or its time is up: every call is cancelled, with an answer if `error` is given. */
  cancelAll(error: VertexError | null): number {
    const calls = this.#table?.all() ?? [];
    this.#ready = null;
    for (const call of calls) {
      if (error === null) call.cancel();
      else call.refuse(error);
    }
    return calls.length;
  }

  /** What fails one call only (a message over the limit) is answered; what breaks the protocol goes up. */
  #caught(call: IncomingCall, error: unknown): void {
    if (!(error instanceof VertexError) || error.family !== "status") throw error;
    call.refuse(error);
    this.#reset();
  }

  #reset(): void {
    const now = this.#link.loop.clock.now();
    this.#resets ??= new ResetBudget(this.#maxConcurrent, now);
    this.#resets.spend(this.#total, now);
  }

  #metadata(
    id: number,
    buf: Uint8Array,
    start: number,
    end: number,
  ): ReturnType<typeof decodeMetadata> | null {
    try {
      return decodeMetadata(buf, start, end);
    } catch (error) {
      if (!(error instanceof VertexError)) throw error;
      this.#refuseWith(id, "metadata", error);
      return null;
    }
  }

  /** A call that the peer makes for somebody else; null when it has been refused. */
  #forwarded(
    id: number,
    registration: Registration,
    metadata: Metadata,
    named: string | Uint8Array,
    deadlineAt: number,
  ): IncomingCall | null {
    const { peer } = this.#link;
    try {
      const identity = this.#identities.forwarded?.(named, peer);
      // A promise is not undefined, and nobody's identity.
      if (identity === undefined || isThenable(identity)) {
        this.#refuse(id, "identity", "PERMISSION_DENIED", "this side takes no calls for others from here");
        return null;
      }
      const rest = new Map(metadata);
      rest.delete(IDENTITY_KEY);
      return new IncomingCall(this.#link, id, registration, rest, identity, deadlineAt);
    } catch (error) {
      const shown = publicError(error);
      if (shown !== error) this.#link.handlerFailed(error, registration.method.path);
      this.#refuse(id, "identity", shown.code, shown.message);
      return null;
    }
  }

  /** A loop and no recursion: handlers that answer at once release the next one's place. */
  #startReady(): void {
    const ready = this.#ready;
    if (this.#starting || ready === null || ready.size === 0) return;
    this.#starting = true;
    for (const call of ready) {
      if (this.#handlers >= this.#maxConcurrent || this.#ready !== ready) break;
      ready.delete(call);
      if (this.#guard === undefined || this.#guard.enter(call, this)) this.start(call);
    }
    this.#starting = false;
  }

  /** Whether the guard has refused a call. */
  #limited(call: IncomingCall, bytes: number): boolean {
    const refusal = this.#guard?.refusal(call, bytes) ?? null;
    if (refusal !== null) this.#refuseWith(call.id, "rateLimits", refusal);
    return refusal !== null;
  }

  #refuse(id: number, why: RefusalName, code: Status, message: string): void {
    this.#refuseWith(id, why, new VertexError(code, message, { outcome: "not-executed" }));
  }

  #refuseWith(id: number, why: RefusalName, error: VertexError): void {
    this.#refused++;
    this.#guard?.refused(why);
    this.#sender.fail(id, error);
  }
}
