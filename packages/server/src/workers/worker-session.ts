// The worker's side of a lane: a session at the other end of a MessagePort, whose handlers are those of a module.

import {
  type AnyMethod,
  type CallContext,
  composeServing,
  isThenable,
  Router,
  type Service,
  Session,
  VertexError,
} from "@vertex/protocol";
import { nodeHost } from "@vertex/protocol/host";
import { Board } from "./board.ts";
import { Gate } from "./gate.ts";
import { laneMethod } from "./lane-codec.ts";
import { laneSessionOptions } from "./lane-session.ts";
import type { LaneStart } from "./lane-start.ts";
import { type Notice, PortTransport } from "./port-transport.ts";
import { WorkerContext, WorkerPeer } from "./worker-context.ts";
import type { WorkerHandlers } from "./worker-handlers.ts";

type Handler = (request: unknown, context: CallContext) => unknown;
/** The session's own call, which has an id beside what handlers see. */
type LaneCall = CallContext & { readonly id: number };

const unknownPeer = new WorkerPeer({ name: "", address: "", identity: null });

/** Serves the calls that come through one port. */
export class WorkerSession {
  /** Full names of the methods that are served. */
  readonly methods: string[] = [];
  readonly transport: PortTransport;
  readonly #board: Board;
  readonly #gate: Gate;
  readonly #peers = new Map<number, WorkerPeer>();
  readonly #router = new Router();

  constructor({ port, memory, concurrency }: LaneStart) {
    this.transport = new PortTransport(port, "the main thread", (notice) => this.#noticed(notice));
    this.#board = new Board(memory);
    this.#gate = new Gate(this.#board, concurrency, (callId) =>
      this.transport.tell({ kind: "done", callId }),
    );
  }

  /** @throws VertexError (usage) when two handlers serve one method. */
  add({ service, handlers, interceptors }: WorkerHandlers): void {
    const methods: { [localName: string]: AnyMethod } = {};
    const wrapped: { [localName: string]: Handler } = {};
    for (const [name, method] of Object.entries(service.methods)) {
      const handler: unknown = Reflect.get(handlers, name);
      if (typeof handler !== "function" || handler === Reflect.get(Object.prototype, name)) continue;
      const own: Handler = (request, context) => Reflect.apply(handler, handlers, [request, context]);
      methods[name] = laneMethod(method, this.transport, false);
      wrapped[name] = this.#gated(method, composeServing(interceptors, method, own));
      this.methods.push(method.path);
    }
    const part: Service<unknown, object> = { ...service, methods, createClient: () => undefined };
    this.#router.add(part, wrapped);
  }

  start(): void {
    const session = new Session({
      role: "acceptor",
      loop: nodeHost().loop,
      transport: this.transport,
      options: laneSessionOptions,
      router: this.#router,
      introduction: { name: "worker", services: this.#router.services },
      events: {
        opened: () => {},
        roomy: () => {},
        draining: () => {},
        closed: () => {},
        handlerFailed: (error, method) =>
          this.transport.tell({ kind: "threw", method, error: cloneable(error) }),
      },
    });
    session.start();
  }

  #gated(method: AnyMethod, handler: Handler): Handler {
    if (method.kind === "server_stream" || method.kind === "duplex") {
      return (request, call) => this.#streamed(handler, request, call as LaneCall);
    }
    return (request, call) => this.#answered(handler, request, call as LaneCall);
  }

  /** A synchronous handler runs to its end inside the gate: the next call begins behind it. */
  #answered(handler: Handler, request: unknown, call: LaneCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#gate.enter(call.id, (slot) => {
        if (slot < 0) return reject(takenBack());
        const context = this.#context(call, slot);
        const leave = (): void => {
          context.settled();
          this.#gate.leave(call.id, slot);
        };
        let result: unknown;
        try {
          result = handler(request, context);
        } catch (error) {
          leave();
          return reject(error);
        }
        if (!isThenable(result)) {
          resolve(result);
          return leave();
        }
        // Settled before the next call begins: what that answers at once must not overtake it.
        result.then(
          (answer) => {
            resolve(answer);
            leave();
          },
          (error: unknown) => {
            reject(error);
            leave();
          },
        );
      });
    });
  }

  async *#streamed(handler: Handler, request: unknown, call: LaneCall): AsyncGenerator<unknown> {
    const slot = await new Promise<number>((resolve) => this.#gate.enter(call.id, resolve));
    if (slot < 0) throw takenBack();
    const context = this.#context(call, slot);
    try {
      yield* (await handler(request, context)) as AsyncIterable<unknown>;
    } finally {
      context.settled();
      this.#gate.leave(call.id, slot);
    }
  }

  #context(call: LaneCall, slot: number): WorkerContext {
    return new WorkerContext(call, this.#board, slot, this.#peers.get(this.#board.peer(slot)) ?? unknownPeer);
  }

  #noticed(notice: Notice): void {
    if (notice.kind === "peer") {
      this.#peers.set(notice.number, new WorkerPeer(notice));
    } else if (notice.kind === "gone") {
      this.#peers.delete(notice.number);
    }
  }
}

function takenBack(): VertexError {
  return new VertexError("CANCELLED", "the call was taken back", { outcome: "not-executed" });
}

/** What can go to another thread of something that was thrown. */
export function cloneable(error: unknown): unknown {
  try {
    return structuredClone(error);
  } catch {
    const { stack } = error instanceof Error ? error : { stack: undefined };
    return new Error(stack ?? String(error));
  }
}
