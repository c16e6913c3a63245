// What generated code and the runtime agree on: a method, a service, and the two faces of a call. Types only,
// so a contract package needs nothing but this.

import type { BinaryReader, BinaryWriter } from "@vertex/wire";
import type { CallContext, CallOptions, ClientStream, DuplexStream, ServerStream } from "./call.ts";
import type { Violation } from "./rules/violation.ts";

/** Encodes and decodes one message type. Every generated message constant is one. */
export interface Codec<T> {
  /** Appends the message to `writer` and returns it. */
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  /**
   * Reads `length` bytes (all that are left without it).
   * @throws WireError on malformed bytes.
   */
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}

/** The shape of a method: who sends how many messages. A `one_way` call has no answer at all. */
export type MethodKind = "unary" | "one_way" | "server_stream" | "client_stream" | "duplex";

/** `idempotency_level` of the schema. Only the last two may be repeated when it is unknown whether they ran. */
export type Idempotency = "unknown" | "no_side_effects" | "idempotent";

/** One method as the wire and the runtime see it. Generated. */
export interface Method<Request, Response> {
  /** Full name, `package.Service/Method`. */
  readonly path: string;
  /** FNV-1a (32 bit) of `path`: what travels on the wire. */
  readonly id: number;
  readonly kind: MethodKind;
  readonly idempotency: Idempotency;
  /** Deadline in milliseconds of calls that name none, from the schema. */
  readonly timeoutMs?: number;
  /** Marked in the schema: servers run it in a worker thread. Nothing to clients. */
  readonly worker?: boolean;
  readonly request: Codec<Request>;
  readonly response: Codec<Response>;
  /** What a request breaks of the rules of its schema; `undefined` when nothing. Absent when it has no rules. */
  validate?(request: Request): readonly Violation[] | undefined;
}

/** A method of any type, for tables. */
export type AnyMethod = Method<unknown, unknown>;

/** A message that failures carry as a detail. Generated from the methods' `error` option. */
export interface ErrorType<T> {
  /** Full name, `package.Message`. */
  readonly type: string;
  readonly codec: Codec<T>;
}

/**
 * One service: its methods by local name, and how to make a stub. Generated.
 * `Client` is the stub class; `Handlers` is what serves all of it; `InWorkers` is the part of that which a server runs
 * in worker threads, by the marks of the schema.
 */
export interface Service<Client, Handlers, InWorkers extends object = Record<never, never>> {
  /** Full name, `package.Service`. */
  readonly name: string;
  /** FNV-1a (32 bit) over the schema of the service. */
  readonly fingerprint: number;
  /** Keyed by the name that stub and handlers use (`sayHello`). */
  readonly methods: { readonly [localName: string]: AnyMethod };
  /** Makes a stub whose calls go through `caller`. */
  createClient(caller: Caller): Client;
  /** Never set: carries the type of the handlers. */
  readonly handlers?: Handlers;
  /** Never set: carries the type of the handlers in workers. */
  readonly inWorkers?: InWorkers;
}

/** What a generated stub needs from a connection: one function per shape of call. */
export interface Caller {
  unary<I, O>(method: Method<I, O>, request: I, options?: CallOptions): Promise<O>;
  oneWay<I, O>(method: Method<I, O>, request: I, options?: CallOptions): Promise<void>;
  serverStream<I, O>(method: Method<I, O>, request: I, options?: CallOptions): ServerStream<O>;
  clientStream<I, O>(method: Method<I, O>, options?: CallOptions): ClientStream<I, O>;
  duplex<I, O>(method: Method<I, O>, options?: CallOptions): DuplexStream<I, O>;
}

/** Answers one request with one response; a plain value is as good as a promise, and cheaper. */
export type UnaryHandler<I, O> = (request: I, context: CallContext) => O | Promise<O>;

/** Takes one request that nobody waits for. What it throws goes to the log of the side that serves. */
export type OneWayHandler<I> = (request: I, context: CallContext) => void | Promise<void>;

/** Answers one request with a stream: usually an async generator. */
export type ServerStreamHandler<I, O> = (request: I, context: CallContext) => Iterable<O> | AsyncIterable<O>;

/** Takes a stream of requests and answers once. */
export type ClientStreamHandler<I, O> = (requests: AsyncIterable<I>, context: CallContext) => O | Promise<O>;

/** Takes a stream and answers with one. */
export type DuplexHandler<I, O> = (
  requests: AsyncIterable<I>,
  context: CallContext,
) => Iterable<O> | AsyncIterable<O>;
