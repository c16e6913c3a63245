// A stub and its handlers on a connection in memory: the real codecs, sessions and interceptors, and no network.

import { QueueingCaller } from "../caller.ts";
import type { Environment } from "../clock.ts";
import type { Interceptor } from "../interceptor.ts";
import type { Loop } from "../loop.ts";
import { memoryPair } from "../memory-transport.ts";
import { nodeEnvironment, nodeHost } from "../node-environment.ts";
import { Router } from "../router.ts";
import type { Service } from "../service.ts";
import { Session } from "../session.ts";
import { resolveSessionOptions, type SessionOptions } from "../session-options.ts";
import type { SessionEvents, SessionParts } from "../session-parts.ts";
import type { Sweeper } from "../sweeper.ts";
import { VertexError } from "../vertex-error.ts";

/** Options of a test pair. All have defaults. */
export interface TestPairOptions {
  /** Limits and times of both sides. */
  readonly session?: SessionOptions | undefined;
  /** Run around every call, the first one outermost. */
  readonly clientInterceptors?: readonly Interceptor[] | undefined;
  /** Run around every handler, the first one outermost. */
  readonly serverInterceptors?: readonly Interceptor[] | undefined;
  /** What handlers see as `context.peer.identity`. Default `undefined`. */
  readonly identity?: unknown;
  /** Runs on a simulated node, on virtual time. Default: on this event loop, in real time. */
  readonly node?: TestPairNode | undefined;
}

/** What a pair needs of the node it runs on; a `SimNode` is one. */
export interface TestPairNode {
  readonly environment: Environment;
  readonly loop: Loop;
  readonly sweeper: Sweeper;
}

/** A stub whose calls run through a connection in memory. */
export interface TestPair<Stub> extends AsyncDisposable {
  readonly stub: Stub;
  /** What handlers threw that their callers are not shown. */
  readonly handlerErrors: readonly unknown[];
  /** What one-way calls failed with after their promise had resolved. */
  readonly oneWayErrors: readonly VertexError[];
  /** Cuts the connection, as a network would: calls that are open fail. */
  cut(): void;
  /** Ends the connection in order: what runs is finished first. */
  close(): Promise<void>;
}

/**
 * Makes a stub of `service` whose calls `handlers` serve, over a connection in memory. Messages are encoded, bounded
 * and decoded as over a network. For tests of handlers, interceptors, and code that is given a stub.
 *
 * ```ts
 * await using pair = testPair(Greeter, { hello: ({ name }) => ({ text: `Hello ${name}` }) });
 * assert.equal(await pair.stub.hello({ name: "Ada" }), { text: "Hello Ada" });
 * ```
 *
 * @throws VertexError (usage) when a handler is missing or an option is out of its bounds.
 */
export function testPair<Stub, Handlers extends object>(
  service: Service<Stub, Handlers>,
  handlers: Handlers,
  options: TestPairOptions = {},
): TestPair<Stub> {
  return new Pair(service, handlers, options);
}

class Pair<Stub, Handlers extends object> implements TestPair<Stub> {
  readonly stub: Stub;
  readonly handlerErrors: unknown[] = [];
  readonly oneWayErrors: VertexError[] = [];
  readonly #caller: QueueingCaller;
  readonly #sessions: readonly [dialer: Session, acceptor: Session];
  readonly #ended: Promise<void>;
  readonly #cut: () => void;
  #open = 2;

  constructor(service: Service<Stub, Handlers>, handlers: Handlers, options: TestPairOptions) {
    const node = options.node ?? { environment: nodeEnvironment, ...nodeHost() };
    const { loop, sweeper } = node;
    const resolved = resolveSessionOptions(options.session);
    const [here, there] = memoryPair(node.environment);
    const router = new Router(options.serverInterceptors);
    router.add(service, handlers);
    let announce = (): void => {};
    this.#ended = new Promise((resolve) => {
      announce = resolve;
    });
    const events = this.#events(sweeper, () => announce());
    const side = { loop, options: resolved };
    const dialer = new Session(
      parts({ ...side, role: "dialer", transport: here, router: new Router(), events }),
    );
    const acceptor = new Session(
      parts({
        ...side,
        role: "acceptor",
        transport: there,
        router,
        events: { ...events, authenticate: () => options.identity },
      }),
    );
    this.#sessions = [dialer, acceptor];
    this.#cut = () => here.destroy();
    this.#caller = new QueueingCaller(loop, this.#route(), {
      callTimeoutMs: resolved.callTimeoutMs,
      maxQueuedCalls: 10_000,
      interceptors: options.clientInterceptors ?? [],
    });
    this.stub = this.#caller.use(service);
    for (const session of [acceptor, dialer]) {
      sweeper.add(session);
      session.start();
    }
  }

  cut(): void {
    this.#cut();
  }

  close(): Promise<void> {
    const [dialer] = this.#sessions;
    this.#caller.close(gone("the test pair is closed"));
    dialer.drain(5_000, "the test pair is closed");
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #route(): ConstructorParameters<typeof QueueingCaller>[1] {
    return {
      offer: (call) => this.#sessions[0].open(call),
      mayRepeat: () => false,
      whyWaiting: () => "the handshake of the test pair is not done",
      oneWayFailed: (error) => this.oneWayErrors.push(error),
    };
  }

  #events(sweeper: Sweeper, announce: () => void): SessionEvents {
    return {
      opened: () => this.#caller.pump(),
      roomy: () => this.#caller.pump(),
      draining: () => {},
      closed: (session, end) => {
        sweeper.remove(session);
        this.#caller.close(gone(end.message));
        this.#open--;
        if (this.#open === 0) announce();
      },
      handlerFailed: (error) => this.handlerErrors.push(error),
    };
  }
}

function parts(given: Omit<SessionParts, "introduction">): SessionParts {
  const { role, router } = given;
  return { ...given, introduction: { name: `test-${role}`, services: router.services } };
}

function gone(message: string): VertexError {
  return new VertexError("UNAVAILABLE", message, { outcome: "not-executed", family: "link" });
}
