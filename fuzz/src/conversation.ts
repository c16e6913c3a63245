// A session under test: the fuzzer sits at the other end of its wire, and a canary lives on the same loop.

import {
  Loop,
  resolveSessionOptions,
  Session,
  type SessionEnd,
  type SessionEvents,
  type SessionOptions,
  VertexError,
} from "@vertex/protocol";
import { type MemoryTransport, memoryPair } from "@vertex/protocol/testing";
import { Greeter } from "../../test/gen/greeter.ts";
import { creditLeftOut } from "./credit-watch.ts";
import { LONGEST_WAIT_MS, serveAll } from "./handlers.ts";
import { Observer, type StatedLimits } from "./observer.ts";
import { callerOf, OwnCalls } from "./own-calls.ts";
import { Finding, mustHold } from "./target.ts";
import { World } from "./world.ts";

/** How a conversation is set up. */
export interface ConversationSetup {
  readonly role: "dialer" | "acceptor";
  readonly options: SessionOptions;
  /** What the fuzzer states of itself in the handshake. */
  readonly stated: StatedLimits;
  readonly authenticate?: SessionEvents["authenticate"];
}

/** One conversation. */
export class Conversation {
  readonly world = new World();
  readonly session: Session;
  readonly own: OwnCalls;
  readonly observer: Observer;
  /** The session's own end of the wire. */
  readonly transport: MemoryTransport;
  /** The fuzzer's end. */
  readonly peer: MemoryTransport;
  /** What the session lets a new call carry. */
  readonly initialCreditBytes: number;
  readonly #loop = new Loop(this.world.environment);
  readonly #ends: SessionEnd[] = [];
  readonly #canary: Canary;
  #strange: unknown;

  constructor({ role, options, stated, authenticate }: ConversationSetup) {
    creditLeftOut();
    const [dialer, acceptor] = memoryPair(this.world.environment);
    [this.transport, this.peer] = role === "dialer" ? [dialer, acceptor] : [acceptor, dialer];
    this.observer = new Observer(role, stated);
    const router = serveAll(this.world);
    const resolved = resolveSessionOptions(options);
    this.initialCreditBytes = resolved.initialCreditBytes;
    this.session = new Session({
      role,
      loop: this.#loop,
      transport: this.transport,
      options: resolved,
      router,
      introduction: { name: "fuzzed", services: router.services },
      events: { ...this.#events(), ...(authenticate === undefined ? {} : { authenticate }) },
    });
    this.own = new OwnCalls(callerOf(this.session));
    this.#canary = new Canary(this.world, this.#loop);
    const nothing = () => {};
    this.peer.start({
      received: (bytes) => this.observer.received(bytes),
      drained: nothing,
      closed: nothing,
    });
    this.session.start();
  }

  /** Time passes, in steps of at most 500 ms, with a sweep after each. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      await this.world.advance(Math.min(left, 500));
      this.#sweep();
      await this.world.turn();
    }
  }

  /**
   * Ends the conversation and looks at what is left of it.
   * @returns what was seen.
   */
  async conclude(): Promise<string> {
    await this.world.settle();
    await this.#canary.sing(this.world);
    const endedBefore = this.#ends.length > 0;
    if (this.transport.congested) this.congest(0);
    this.session.close("SHUTDOWN", "the conversation is over");
    const over = { outcome: "not-executed", family: "link" } as const;
    this.own.caller.close(new VertexError("UNAVAILABLE", "over", over));
    await this.world.settle();
    // Handlers may wait for a while without looking at their signal; streams of them wait once for each message.
    for (let i = 0; i < 3; i++) {
      await this.world.advance(LONGEST_WAIT_MS);
      await this.world.settle();
    }
    await this.#canary.sing(this.world);
    this.#canary.close();
    await this.world.settle();
    this.#mustBeOver();
    const [end] = this.#ends as [SessionEnd];
    const why = end.by === "here" ? `: ${end.message}` : "";
    const how = endedBefore ? `${end.reason} by ${end.by}${why}` : "went on";
    return `${how.replace(/\d+/g, "N")}; said ${[...this.observer.seen].sort().join(" ")}`;
  }

  /** The transport takes nothing more and holds so many bytes, or (0) takes all again. */
  congest(bytes: number): void {
    this.transport.congested = bytes > 0;
    if (bytes < this.transport.bufferedBytes) this.transport.takenMark++;
    this.transport.bufferedBytes = bytes;
    if (bytes === 0) this.session.drained();
  }

  #sweep(): void {
    this.session.tick(this.world.now, false);
    this.#canary.tick(this.world.now);
  }

  #events(): SessionEvents {
    return {
      opened: () => this.own.caller.pump(),
      roomy: () => this.own.caller.pump(),
      draining: () => {},
      closed: (_session, end) => {
        this.#ends.push(end);
      },
      handlerFailed: (error) => {
        if (!(error instanceof VertexError)) this.#strange ??= error;
      },
    };
  }

  #mustBeOver(): void {
    mustHold(this.#ends.length === 1, `${this.#ends.length} ends of one session`);
    const [end] = this.#ends as [SessionEnd];
    if (end.reason === "INTERNAL" && end.by === "here") {
      throw new Finding("the session ended as INTERNAL", { cause: end.cause });
    }
    if (this.#strange !== undefined)
      throw new Finding("a handler was failed strangely", { cause: this.#strange });
    this.own.mustHaveSettled();
    mustHold(this.session.state === "closed", `the session is ${this.session.state}`);
    mustHold(this.session.openCalls === 0, `${this.session.openCalls} calls are left open`);
    mustHold(this.session.runningCalls === 0, `${this.session.runningCalls} slots are left taken`);
    mustHold(this.own.caller.waiting === 0, `${this.own.caller.waiting} calls are left waiting`);
    mustHold(this.#loop.deadlines.size === 0, `${this.#loop.deadlines.size} deadlines are left`);
    const credit = creditLeftOut();
    mustHold(credit === 0, `${credit} bytes are left out of the pool`);
  }
}

/** Two sessions in order, on the loop of one that may not be: they must not notice. */
class Canary {
  readonly #sessions: readonly Session[];
  readonly #own: OwnCalls;
  #songs = 0;

  constructor(world: World, loop: Loop) {
    const transports = memoryPair(world.environment);
    const router = serveAll(world);
    this.#sessions = transports.map(
      (transport, i) =>
        new Session({
          role: i === 0 ? "dialer" : "acceptor",
          loop,
          transport,
          options: resolveSessionOptions({ heartbeatIntervalMs: 3_600_000, heartbeatTimeoutMs: 3_600_000 }),
          router,
          introduction: { name: "canary", services: router.services },
          events: { opened() {}, roomy() {}, draining() {}, closed() {}, handlerFailed() {} },
        }),
    );
    this.#own = new OwnCalls(callerOf(this.#sessions[0] as Session));
    for (const session of this.#sessions) session.start();
  }

  tick(now: number): void {
    for (const session of this.#sessions) session.tick(now, false);
  }

  /** @throws Finding when a call is not answered as it must be. */
  async sing(world: World): Promise<void> {
    const name = `canary ${this.#songs++}`;
    let heard: unknown;
    const listen = (value: unknown) => {
      heard = value;
    };
    this.#own.caller
      .use(Greeter)
      .hello({ name })
      .then(({ text }) => listen(text), listen);
    await world.settle();
    if (heard !== `hello ${name}`) throw new Finding("the canary is not answered", { cause: heard });
  }

  close(): void {
    for (const session of this.#sessions) session.close("SHUTDOWN", "over");
  }
}
