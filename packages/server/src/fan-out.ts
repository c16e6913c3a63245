// One command to many clients: the message is encoded once, whatever the number of receivers.

import {
  type AnyMethod,
  type Caller,
  type CallOptions,
  type Codec,
  compose,
  type InterceptedCall,
  type Interceptor,
  type Method,
  type Next,
  usageError,
} from "@vertex/protocol";
import type { Connection } from "./connection.ts";

/** A message that is encoded already. */
const encoded: Codec<Uint8Array> = {
  encode: (message, writer) => {
    if (writer === undefined) throw usageError("an encoded message needs a writer");
    return writer.raw(message);
  },
  decode: () => {
    throw usageError("an encoded message is never decoded");
  },
};

/** Sends one-way commands to all that `targets` names when the command is given. */
export class FanOut implements Caller {
  readonly #targets: Iterable<Connection>;
  readonly #failed: (error: unknown, target: Connection) => void;
  readonly #chain: Next;

  /** @param failed told of each receiver that the command did not reach. */
  constructor(
    targets: Iterable<Connection>,
    interceptors: readonly Interceptor[],
    failed: (error: unknown, target: Connection) => void,
  ) {
    this.#targets = targets;
    this.#failed = failed;
    this.#chain = compose(interceptors, (call) => this.#send(call));
  }

  /** Resolves when the bytes are on their way to all; one that is lost or full fails for itself, in the log. */
  async oneWay<I, O>(method: Method<I, O>, request: I, options: CallOptions = {}): Promise<void> {
    await this.#chain({ method: method as AnyMethod, side: "client", request, options });
  }

  async #send({ method, request, options }: InterceptedCall): Promise<void> {
    const bytes = method.request.encode(request).finish();
    const raw: Method<Uint8Array, unknown> = { ...method, request: encoded };
    const sent: Promise<void>[] = [];
    for (const target of this.#targets) {
      const one = target.caller.oneWayDirect(raw, bytes, options);
      sent.push(one.catch((error: unknown) => this.#failed(error, target)));
    }
    await Promise.all(sent);
  }

  unary(method: Method<never, never>): never {
    throw onlyOneWay(method.path);
  }

  serverStream(method: Method<never, never>): never {
    throw onlyOneWay(method.path);
  }

  clientStream(method: Method<never, never>): never {
    throw onlyOneWay(method.path);
  }

  duplex(method: Method<never, never>): never {
    throw onlyOneWay(method.path);
  }
}

function onlyOneWay(path: string): Error {
  return usageError(
    `${path} has an answer: only one-way commands go to many. Mark it one_way in the schema, or call each connection`,
    path,
  );
}
