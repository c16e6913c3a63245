// One connection from its first byte to its last: handshake, frames in, heartbeat, drain, end. The same on both
// sides; it does no I/O and owns no clock. What it is given (transport, loop, events) it was given from above.
//
//  handshake --HELLO / WELCOME--> ready --drain, GOAWAY--> draining --last call settled--> closed
//      |                            |                          |                              ^
//      +----------------------------+--------------------------+--- error, timeout, close ----+

import { Kind, kindName, readU32 } from "@vertex/framing";
import { LimitExceeded } from "./accounting.ts";
import { Calling } from "./calling.ts";
import { Drain, type DrainHost } from "./drain.ts";
import { refusalMessage, refusalReason } from "./failure.ts";
import { Goodbye } from "./gen/vertex/v1/control.ts";
import type { PeerIntroduction } from "./handshake.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { IncomingCall } from "./incoming-call.ts";
import { Hold, Intake, type IntakeOwner, type Usage } from "./intake.ts";
import { type CallEnds, type KnownPeer, Link } from "./link.ts";
import type { Loop } from "./loop.ts";
import { type AgreedHeartbeat, Opening, type OpeningHost } from "./opening.ts";
import type { OutgoingCall } from "./outgoing-call.ts";
import { flagsOf, Sender, type SenderOwner } from "./sender.ts";
import { Serving } from "./serving.ts";
import {
  dismissal,
  type EndReason,
  encodeGoodbye,
  endReason,
  lostMessage,
  type SessionEnd,
  silentMessage,
} from "./session-end.ts";
import type { ResolvedSessionOptions } from "./session-options.ts";
import type { SessionEvents, SessionParts, SessionState } from "./session-parts.ts";
import type { Sweeper, Swept } from "./sweeper.ts";
import type { Transport, TransportReceiver } from "./transport.ts";
import { VertexError, violation } from "./vertex-error.ts";
import { echoOf, Patience, Pings } from "./vitals.ts";

type Roles = TransportReceiver & IntakeOwner & SenderOwner & CallEnds & OpeningHost & DrainHost & Swept;

/** One connection. */
export class Session implements Roles {
  readonly loop: Loop;
  readonly peer: KnownPeer;
  state: SessionState = "handshake";
  /** Last measured round trip in milliseconds; -1 before the first. */
  roundTripMs = -1;
  /** When the session was made, on the clock of the loop. */
  readonly startedAt: number;
  sweeper: Sweeper | null = null;
  slot = -1;
  place = 0;
  readonly #events: SessionEvents;
  readonly #dialer: boolean;
  readonly #transport: Transport;
  readonly #options: ResolvedSessionOptions;
  readonly #intake: Intake;
  readonly #sender: Sender;
  readonly #calling: Calling;
  readonly #serving: Serving;
  readonly #heartbeat: Heartbeat;
  readonly #link: Link;
  /** Null when the handshake is done. */
  #opening: Opening | null;
  #pings: Pings | null = null;
  #patience: Patience | null = null;
  /** Null until one side asks for the end. */
  #drain: Drain | null = null;
  /** Calls found no room; they are told when there is some. */
  #wanted = false;
  #goodbye: Goodbye | null = null;

  constructor(parts: SessionParts) {
    const { loop, transport, options, role } = parts;
    this.#events = parts.events;
    this.#dialer = role === "dialer";
    this.loop = loop;
    this.#transport = transport;
    this.#options = options;
    this.peer = { name: "", address: transport.address, identity: undefined };
    this.startedAt = loop.clock.now();
    this.#intake = new Intake(loop, transport, this, options.maxFrameBytes);
    this.#sender = new Sender(loop, transport, this);
    this.#link = new Link(parts, this.#sender, this.peer, this);
    this.#calling = new Calling(this.#link, role === "dialer" ? 1 : 2);
    const parity = role === "dialer" ? 0 : 1;
    this.#serving = new Serving(this.#link, this.#sender, parts, parity);
    this.#opening = new Opening(this, this.#sender, this.#intake, options, parts.introduction);
    this.#heartbeat = new Heartbeat(options.heartbeatIntervalMs, options.heartbeatTimeoutMs, this.startedAt);
  }

  /** Calls that this side has open. */
  get openCalls(): number {
    return this.#calling.size;
  }
  /** Calls of the other side whose slot is taken. */
  get runningCalls(): number {
    return this.#serving.running;
  }
  /** Calls of the other side taken in all. */
  get servedCalls(): number {
    return this.#serving.total;
  }
  /** Calls that either side has opened so far. */
  get begunCalls(): number {
    return this.#calling.begun + this.#serving.total;
  }
  /** What is held of the other side's messages until they are taken, for calls that are open, in bytes of credit; and to lend. */
  get heldBytes(): number {
    return this.#calling.heldBytes + this.#serving.heldBytes + this.#link.spareBytes;
  }
  /** What waits for the other side to read it, in bytes: answers, and what the transport has not got rid of. */
  get unsentBytes(): number {
    return this.#transport.bufferedBytes + this.#serving.unsentBytes;
  }
  /** What the other side has sent, and what of that is in no call yet. */
  get usage(): Usage & Pick<Intake, "heldBytes"> {
    return this.#intake;
  }

  /** Starts reading, and says HELLO if this side dialed. */
  start(): void {
    this.#transport.start(this);
    if (this.#dialer) this.#opening?.hello();
  }

  /** Sends a call. False when it has to wait: `roomy` follows, or `closed`. */
  open(call: OutgoingCall): boolean {
    if (this.state !== "ready") return false;
    const taken = this.#calling.open(call);
    if (!taken) this.#wanted = true;
    if (this.#calling.spent) this.drain(Number.POSITIVE_INFINITY, "the call ids are used up");
    return taken;
  }

  /** Measures a round trip now; calls back with milliseconds, or never if the connection ends first. */
  ping(answered: ((roundTripMs: number) => void) | null = null): void {
    this.#sender.ping(Kind.PING, this.#asked.sent(this.loop.clock.now(), answered));
  }

  /**
   * Ends in order: announces it, lets the other side confirm, finishes what runs, closes. What still runs after
   * `graceMs` is cancelled and answered with outcome "unknown".
   */
  drain(graceMs: number, message: string): void {
    if (this.state === "closed" || this.#drain?.announced === true) return;
    if (this.state === "handshake") return this.close("SHUTDOWN", message);
    this.#draining().announce(graceMs, this.#options.drainConfirmTimeoutMs, message);
    this.waits();
    this.#events.draining(this);
  }

  /** Ends now. Calls that are open fail or move; handlers that run are cancelled. */
  close(reason: EndReason, message: string, cause?: unknown): void {
    if (this.state === "closed") return;
    const told =
      reason === "SHUTDOWN" ? new VertexError("UNAVAILABLE", message, { outcome: "unknown" }) : null;
    const cancelledCalls = this.#serving.cancelAll(told);
    this.#sender.goaway(encodeGoodbye(this.#serving.lastId, reason, message, 0));
    this.#sender.outbox.flush();
    this.#end({ reason, message, by: "here", cause, cancelledCalls });
  }

  /** Heartbeat, handshake, stalls, drains: to be called when it has said, or sooner. */
  tick(now: number, slept: boolean): number {
    if (this.state === "closed") return Number.POSITIVE_INFINITY;
    const { handshakeTimeoutMs } = this.#options;
    let dueAt = this.startedAt + handshakeTimeoutMs;
    if (this.state !== "handshake") dueAt = this.#checkHeartbeat(now, slept);
    else if (now >= dueAt) this.close("HANDSHAKE_TIMEOUT", `no handshake within ${handshakeTimeoutMs} ms`);
    this.#checkProgress(now);
    if (this.state === "draining") this.#drain?.check(now);
    const waiting = this.unsentBytes + this.#intake.heldBytes > 0;
    if (waiting) this.#events.waiting?.(this);
    // Whether what waits goes on is looked at in every sweep.
    return waiting || this.#drain?.announced === true ? now : dueAt;
  }

  received(chunk: Uint8Array): void {
    if (this.state === "closed") return;
    const now = this.loop.clock.now();
    // Whoever was asked is not given up now: the next look is for the next question.
    if (this.#heartbeat.heard(now)) this.sweeper?.move(this, this.#heartbeat.dueAt(this.loop.random()));
    this.#calling.heard();
    this.#intake.received(chunk, now);
  }

  taken(): void {
    if (this.#intake.heldBytes > 0) this.waits();
    if (this.state === "draining") this.#drain?.endIfDone();
    else if (this.#transport.bufferedBytes >= this.#options.maxOutboundBytes) this.#intake.hold(Hold.UNREAD);
  }

  drained(): void {
    this.#sender.drained();
    if (this.#transport.bufferedBytes < this.#options.maxOutboundBytes) this.#intake.release(Hold.UNREAD);
    this.#announceRoom();
  }

  closed(error?: Error): void {
    if (this.state === "closed") return;
    this.#intake.finish();
    const why = this.#goodbye;
    if (why !== null) return this.#lost(endReason(why.reason), why.message, error);
    this.#lost("LINK_LOST", lostMessage(error, this.state === "handshake"), error);
  }

  handedOver(): void {
    if (this.#transport.bufferedBytes > 0) this.waits();
    this.#calling.handedOver();
  }

  waits(): void {
    this.sweeper?.soon(this);
  }

  settled(call: OutgoingCall, cancel: boolean): void {
    this.#calling.settled(call);
    if (cancel) this.#sender.cancel(call.id);
    if (this.state === "draining") this.#drain?.callOver();
    else this.#announceRoom();
  }

  concluded(call: IncomingCall): void {
    this.#serving.concluded(call);
  }

  admit(call: IncomingCall): boolean {
    return this.#serving.admit(call);
  }

  released(call: IncomingCall): void {
    this.#serving.released(call);
    if (this.state === "draining") this.#drain?.callOver();
  }

  handlerFailed(error: unknown, method: string): void {
    this.#events.handlerFailed(error, method);
  }

  frame(kind: number, callId: number, buf: Uint8Array, start: number, end: number): void {
    if (this.state === "closed") return;
    if (this.state === "handshake") return this.#handshake(kind, callId, buf, start, end);
    const own = ((callId & 1) === 1) === this.#dialer;
    switch (kind & 0x0f) {
      case Kind.CALL:
        return this.#serving.call(flagsOf(kind), callId, buf, start, end);
      case Kind.DATA:
        return (own ? this.#calling : this.#serving).data(flagsOf(kind), callId, buf, start, end);
      case Kind.FINISH:
        return own
          ? this.#calling.finish(callId, buf, start, end)
          : this.#serving.find(callId)?.requestEnded();
      case Kind.FAIL:
        return own
          ? this.#calling.failed(callId, buf, start, end)
          : violation("FAIL for a call of the sender's own");
      case Kind.CANCEL:
        return own ? violation("CANCEL for a call of the other side") : this.#serving.cancel(callId);
      case Kind.CREDIT:
        return this.#credit(own, callId, readU32(buf, start));
      case Kind.PING:
        this.#asked.peerAsked(this.loop.clock.now());
        return this.#sender.ping(Kind.PONG, echoOf(buf, start));
      case Kind.PONG:
        this.roundTripMs = this.#asked.received(buf, start, this.loop.clock.now());
        return;
      case Kind.GOAWAY:
        this.#asked.peerAsked(this.loop.clock.now());
        return this.#goaway(buf, start, end);
      default:
        return violation(`${kindName(kind)} after the handshake`);
    }
  }

  authenticate(peer: PeerIntroduction): unknown {
    return this.#events.authenticate?.(peer, this.peer.address);
  }

  agreed(peer: PeerIntroduction, heartbeat: AgreedHeartbeat, identity: unknown): void {
    if (this.state !== "handshake") return;
    this.state = "ready";
    this.#opening = null;
    this.peer.name = peer.name;
    this.peer.identity = identity;
    this.#link.peerInitialCreditBytes = peer.limits.initialCreditBytes;
    this.#sender.peerMaxFrameBytes = peer.limits.maxFrameBytes;
    this.#sender.peerMaxMessageBytes = peer.limits.maxMessageBytes;
    this.#calling.allow(peer.limits.maxConcurrentCalls);
    this.#intake.opened(this.#options.maxFrameBytes);
    this.#heartbeat.agreed(heartbeat.intervalMs, heartbeat.timeoutMs);
    this.waits();
    if (this.#dialer) this.roundTripMs = this.loop.clock.now() - this.startedAt;
    this.#events.opened(this);
  }

  refused(error: unknown): void {
    this.close(refusalReason(error), refusalMessage(error), error);
  }

  /** The peer's bytes cannot be used: the connection ends, and the peer is told why. */
  violated(error: unknown): void {
    const { reason, message } = dismissal(error);
    this.close(reason, message, error);
  }

  #handshake(kind: number, callId: number, buf: Uint8Array, start: number, end: number): void {
    if (kind === Kind.GOAWAY) return this.#goaway(buf, start, end);
    if (this.#dialer) this.#opening?.answered(kind, buf, start, end);
    else this.#opening?.asked(kind, callId, buf, start, end);
  }

  #credit(own: boolean, callId: number, bytes: number): void {
    if (bytes === 0 || bytes > 0x7fffffff) violation(`a CREDIT of ${bytes} bytes`);
    (own ? this.#calling : this.#serving).find(callId)?.granted(bytes);
  }

  #goaway(buf: Uint8Array, start: number, end: number): void {
    this.loop.reader.reset(buf, start, end);
    const goodbye = Goodbye.decode(this.loop.reader);
    this.#goodbye = goodbye;
    if (this.state === "handshake") return this.closed();
    const announced = this.state === "draining";
    const drain = this.#draining();
    drain.heard(goodbye.lastCallId);
    this.#calling.refusedAbove(goodbye.lastCallId, goodbye.message);
    // Only an orderly end has a successor beside it: a dismissal is a loss, and the next try has to wait.
    if (endReason(goodbye.reason) !== "SHUTDOWN") return this.closed();
    if (!announced) this.#events.draining(this);
    drain.endIfDone();
  }

  #draining(): Drain {
    this.state = "draining";
    this.#drain ??= new Drain(this, this.#sender, this.#serving);
    return this.#drain;
  }

  #checkHeartbeat(now: number, slept: boolean): number {
    const verdict = this.#heartbeat.check(now, slept);
    if (verdict === "ping") {
      this.ping();
      // At once: many who are asked in one sweep need not pass the shared buffer from hand to hand.
      this.#sender.outbox.flush();
    }
    // A process that was busy has not read what came: the answer may be there.
    if (verdict === "dead") this.loop.later(() => this.#giveUp());
    return this.#heartbeat.dueAt(this.loop.random());
  }

  #giveUp(): void {
    const now = this.loop.clock.now();
    if (this.state === "closed" || !this.#heartbeat.overdue(now)) return;
    this.close("HEARTBEAT_TIMEOUT", silentMessage(now - this.#heartbeat.heardAt));
  }

  #checkProgress(now: number): void {
    const { bufferedBytes } = this.#transport;
    const { unfinished } = this.#intake;
    this.#patience = bufferedBytes === 0 && unfinished < 0 ? null : (this.#patience ?? new Patience());
    const { asking } = this.#heartbeat;
    const slow = this.#patience?.check(now, this.#transport, unfinished, asking, this.#options);
    if (slow === "unread")
      this.close("WRITE_STALLED", `nothing was read for ${this.#options.writeStallTimeoutMs} ms`);
    if (slow === "unfinished") this.violated(new LimitExceeded("frameTimeoutMs", "a frame took too long"));
  }

  get #asked(): Pings {
    this.#pings ??= new Pings();
    return this.#pings;
  }

  #announceRoom(): void {
    if (!this.#wanted || this.#sender.congested || this.state !== "ready") return;
    this.#wanted = false;
    this.#events.roomy(this);
  }

  #lost(reason: EndReason, message: string, cause: unknown): void {
    this.#end({ reason, message, by: "peer", cause, cancelledCalls: this.#serving.cancelAll(null) });
  }

  /** The one way out. The first reason wins. */
  #end(end: SessionEnd): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.#intake.stop();
    this.#sender.close();
    this.#calling.interruptAll(end.message, end.cause);
    this.#transport.end();
    this.#events.closed(this, end);
  }
}
