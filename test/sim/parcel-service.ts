// The service that simulated programs call: one method of every shape, whose messages say which call they belong to,
// where in it they stand, and carry bytes that can be checked.
import type { AnyMethod, Caller, Codec, Method, MethodKind, Service } from "@vertex/protocol";
import type {
  CallContext,
  CallOptions,
  ClientStream,
  DuplexStream,
  ServerStream,
} from "@vertex/protocol/gen";
import { BinaryReader, BinaryWriter } from "@vertex/wire";

/** One message of a call. */
export interface Parcel {
  /** The call. */
  readonly key: number;
  /** Place in its direction, from 0; for the answer to a stream, how many messages came. */
  readonly seq: number;
  readonly bytes: Uint8Array;
}

const PATTERN_BYTES = 1_048_576;
const STARTS = 4_093;
const pattern = Uint8Array.from({ length: PATTERN_BYTES + STARTS }, (_, i) => (i * 31 + (i >>> 8)) & 0xff);

/** The bytes that the message `seq` of call `key` carries. */
export function filler(key: number, seq: number, bytes: number): Uint8Array {
  const start = (key * 7 + seq * 13) % STARTS;
  return pattern.subarray(start, start + bytes);
}

/** True when a message carries what was put into it. */
export function intact({ key, seq, bytes }: Parcel): boolean {
  return Buffer.compare(bytes, filler(key, seq, bytes.length)) === 0;
}

const codec: Codec<Parcel> = {
  encode({ key, seq, bytes }, writer = new BinaryWriter()) {
    writer.uint32(8).uint32(key).uint32(16).uint32(seq);
    if (bytes.length > 0) writer.uint32(26).bytes(bytes);
    return writer;
  },
  decode(input, length) {
    const reader = input instanceof Uint8Array ? new BinaryReader(input) : input;
    const end = length === undefined ? reader.len : reader.pos + length;
    const parcel = { key: 0, seq: 0, bytes: new Uint8Array(0) };
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag === 8) parcel.key = reader.uint32();
      else if (tag === 16) parcel.seq = reader.uint32();
      else if (tag === 26) parcel.bytes = reader.bytes() as Uint8Array<ArrayBuffer>;
      else reader.skip(tag & 7);
    }
    return parcel;
  },
};

function method(
  name: string,
  id: number,
  kind: MethodKind,
  idempotency: Method<Parcel, Parcel>["idempotency"] = "unknown",
): Method<Parcel, Parcel> {
  return { path: `sim.Parcels/${name}`, id, kind, idempotency, request: codec, response: codec };
}

const methods = {
  ask: method("Ask", 0x5100_0001, "unary"),
  askAgain: method("AskAgain", 0x5100_0002, "unary", "idempotent"),
  tell: method("Tell", 0x5100_0003, "one_way"),
  list: method("List", 0x5100_0004, "server_stream"),
  collect: method("Collect", 0x5100_0005, "client_stream"),
  chat: method("Chat", 0x5100_0006, "duplex"),
};

/** The names of the methods. */
export type Shape = keyof typeof methods;

/** What callers hold. */
export class ParcelStub {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  ask(request: Parcel, options: CallOptions): Promise<Parcel> {
    return this.#caller.unary(methods.ask, request, options);
  }
  askAgain(request: Parcel, options: CallOptions): Promise<Parcel> {
    return this.#caller.unary(methods.askAgain, request, options);
  }
  tell(request: Parcel, options: CallOptions): Promise<void> {
    return this.#caller.oneWay(methods.tell, request, options);
  }
  list(request: Parcel, options: CallOptions): ServerStream<Parcel> {
    return this.#caller.serverStream(methods.list, request, options);
  }
  collect(options: CallOptions): ClientStream<Parcel, Parcel> {
    return this.#caller.clientStream(methods.collect, options);
  }
  chat(options: CallOptions): DuplexStream<Parcel, Parcel> {
    return this.#caller.duplex(methods.chat, options);
  }
}

/** What serves them. */
export interface ParcelHandlers {
  ask(request: Parcel, context: CallContext): Promise<Parcel> | Parcel;
  askAgain(request: Parcel, context: CallContext): Promise<Parcel> | Parcel;
  tell(request: Parcel, context: CallContext): Promise<void> | void;
  list(request: Parcel, context: CallContext): AsyncIterable<Parcel>;
  collect(requests: AsyncIterable<Parcel>, context: CallContext): Promise<Parcel>;
  chat(requests: AsyncIterable<Parcel>, context: CallContext): AsyncIterable<Parcel>;
}

export const parcels: Service<ParcelStub, ParcelHandlers> = {
  name: "sim.Parcels",
  fingerprint: 0x51,
  methods: methods as unknown as { readonly [name: string]: AnyMethod },
  createClient: (caller) => new ParcelStub(caller),
};
