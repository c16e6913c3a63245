// A session under test with everything around it: a manual clock, a raw peer or a second session, a caller.
import * as assert from "uvu/assert";
import type { CallContext } from "../../../packages/protocol/src/call.ts";
import { type CallRoute, QueueingCaller } from "../../../packages/protocol/src/caller.ts";
import type { PeerIntroduction } from "../../../packages/protocol/src/handshake.ts";
import { Loop } from "../../../packages/protocol/src/loop.ts";
import { memoryPair } from "../../../packages/protocol/src/memory-transport.ts";
import type { OutgoingCall } from "../../../packages/protocol/src/outgoing-call.ts";
import { Router } from "../../../packages/protocol/src/router.ts";
import { Session } from "../../../packages/protocol/src/session.ts";
import type { SessionEnd } from "../../../packages/protocol/src/session-end.ts";
import {
  resolveSessionOptions,
  type SessionOptions,
} from "../../../packages/protocol/src/session-options.ts";
import type { SessionEvents } from "../../../packages/protocol/src/session-parts.ts";
import { Sweeper } from "../../../packages/protocol/src/sweeper.ts";
import type { Transport } from "../../../packages/protocol/src/transport.ts";
import type { VertexError } from "../../../packages/protocol/src/vertex-error.ts";
import { type LabHandlers, labService, plainHandlers } from "./lab-service.ts";
import { ManualEnvironment } from "./manual-environment.ts";
import { RawPeer, welcomePayload } from "./raw-peer.ts";

export interface SideInit {
  readonly options?: SessionOptions;
  readonly handlers?: Partial<LabHandlers>;
  readonly authenticate?: (peer: PeerIntroduction) => unknown;
  /** Whether a call that failed so may be sent again. Default: never. */
  readonly mayRepeat?: (call: OutgoingCall, error: VertexError) => boolean;
  readonly maxQueuedCalls?: number;
}

/** One side of a connection: its session, its caller, and what its session has told it. */
export class Side {
  readonly session: Session;
  readonly caller: QueueingCaller;
  readonly said: string[] = [];
  readonly ends: SessionEnd[] = [];
  readonly handlerErrors: unknown[] = [];
  readonly oneWayErrors: VertexError[] = [];

  constructor(
    role: "dialer" | "acceptor",
    loop: Loop,
    transport: Transport,
    sweeper: Sweeper,
    init: SideInit,
  ) {
    const router = new Router();
    router.add(labService, { ...plainHandlers(), ...init.handlers });
    const route: CallRoute = {
      offer: (call) => this.session.open(call),
      mayRepeat: (call, error) => init.mayRepeat?.(call, error) ?? false,
      whyWaiting: () => "the lab has no connection",
      oneWayFailed: (error) => this.oneWayErrors.push(error),
    };
    const { maxQueuedCalls = 1_000 } = init;
    this.caller = new QueueingCaller(loop, route, {
      callTimeoutMs: 10_000,
      maxQueuedCalls,
      interceptors: [],
    });
    this.session = new Session({
      role,
      loop,
      transport,
      router,
      options: resolveSessionOptions(init.options),
      introduction: { name: role, services: router.services },
      events: this.#events(sweeper, init),
    });
    sweeper.add(this.session);
  }

  /** The one end of the session. */
  get end(): SessionEnd {
    const [first, ...others] = this.ends;
    if (first === undefined || others.length > 0)
      throw new Error(`the session ended ${this.ends.length} times`);
    return first;
  }

  #events(sweeper: Sweeper, { authenticate }: SideInit): SessionEvents {
    return {
      ...(authenticate === undefined ? {} : { authenticate }),
      opened: () => {
        this.said.push("opened");
        this.caller.pump();
      },
      roomy: () => {
        this.said.push("roomy");
        this.caller.pump();
      },
      draining: () => this.said.push("draining"),
      closed: (session, end) => {
        sweeper.remove(session);
        this.said.push("closed");
        this.ends.push(end);
      },
      handlerFailed: (error) => this.handlerErrors.push(error),
    };
  }
}

export interface Lab {
  readonly env: ManualEnvironment;
  readonly loop: Loop;
  readonly sweeper: Sweeper;
}

function createLab(seed = 1): Lab {
  const env = new ManualEnvironment(seed);
  return { env, loop: new Loop(env), sweeper: new Sweeper(env.clock) };
}

export interface RawLab extends Lab {
  readonly peer: RawPeer;
  readonly side: Side;
}

/** A session before its handshake, with a raw peer. */
export function strangers(role: "dialer" | "acceptor", init: SideInit = {}): RawLab {
  const lab = createLab();
  const peer = new RawPeer();
  const side = new Side(role, lab.loop, peer, lab.sweeper, init);
  side.session.start();
  return { ...lab, peer, side };
}

/** A session that has accepted a raw peer: the peer opens odd ids. */
export async function accepted(init: SideInit = {}): Promise<RawLab> {
  const lab = strangers("acceptor", init);
  lab.peer.hello();
  await lab.env.settle();
  lab.peer.take();
  return lab;
}

/** A session that has dialed a raw peer: the peer opens even ids, the session odd ones. */
export async function dialed(
  init: SideInit = {},
  welcome: Parameters<typeof welcomePayload>[0] = {},
): Promise<RawLab> {
  const lab = strangers("dialer", init);
  await lab.env.settle();
  lab.peer.send({ kind: 2, payload: welcomePayload(welcome) });
  await lab.env.settle();
  lab.peer.take();
  return lab;
}

export interface PairLab extends Lab {
  readonly dialer: Side;
  readonly acceptor: Side;
  /** The link breaks. */
  lose(): void;
}

/** Two sessions joined in memory, ready. */
export async function joined(dialer: SideInit = {}, acceptor: SideInit = {}, seed = 1): Promise<PairLab> {
  const lab = createLab(seed);
  const [a, b] = memoryPair(lab.env);
  const sides = {
    dialer: new Side("dialer", lab.loop, a, lab.sweeper, dialer),
    acceptor: new Side("acceptor", lab.loop, b, lab.sweeper, acceptor),
  };
  sides.acceptor.session.start();
  sides.dialer.session.start();
  await lab.env.settle();
  return { ...lab, ...sides, lose: () => a.destroy() };
}

/** A promise that the test settles. */
export interface Gate<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function gate<T>(): Gate<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** How a promise has ended so far; looking at it counts as handling its rejection. */
export class Watched<T> {
  state: "pending" | "resolved" | "rejected" = "pending";
  value: T | undefined;
  error: VertexError | undefined;
  settledAt = -1;
  times = 0;

  constructor(promise: PromiseLike<T>, now: () => number = () => 0) {
    promise.then(
      (value) => {
        this.state = "resolved";
        this.value = value;
        this.settledAt = now();
        this.times++;
      },
      (error) => {
        this.state = "rejected";
        this.error = error as VertexError;
        this.settledAt = now();
        this.times++;
      },
    );
  }
}

export function watch<T>(promise: PromiseLike<T>, now?: () => number): Watched<T> {
  return new Watched(promise, now);
}

/** A handler that keeps its contexts and answers when the test says so. */
export function heldEcho(): {
  readonly contexts: CallContext[];
  readonly gates: Gate<{ text: string }>[];
  readonly echo: LabHandlers["echo"];
} {
  const contexts: CallContext[] = [];
  const gates: Gate<{ text: string }>[] = [];
  const echo: LabHandlers["echo"] = (_request, context) => {
    contexts.push(context);
    const held = gate<{ text: string }>();
    gates.push(held);
    return held.promise;
  };
  return { contexts, gates, echo };
}

/** Nothing is left of any call: no slot, no id, no deadline. */
export function assertClean({ loop }: Lab, ...sides: Side[]): void {
  for (const { session, caller } of sides) {
    assert.is(session.runningCalls, 0, "slots taken");
    assert.is(session.openCalls, 0, "calls open");
    assert.is(caller.waiting, 0, "calls waiting");
  }
  assert.is(loop.deadlines.size, 0, "deadlines set");
}
