// Which handler serves which method. Both sides have one: the server for its services, a client for those that
// it offers back.

import type { CallContext, ForwardedCall } from "./call.ts";
import type { ServiceInfo } from "./gen/vertex/v1/control.ts";
import { composeServing, type Interceptor } from "./interceptor.ts";
import { rawMethod } from "./raw.ts";
import type { AnyMethod, Service } from "./service.ts";
import { usageError } from "./vertex-error.ts";

/** A handler as the session calls it: a message or a stream in, a message, a promise or a stream out. */
export type Invoke = (request: unknown, context: CallContext) => unknown;

/** A method that is served. */
export interface Registration {
  readonly method: AnyMethod;
  readonly invoke: Invoke;
}

/** Where calls go on to whose messages this side does not read. */
export interface Forwarding {
  /** Local names of the methods. */
  readonly names: ReadonlySet<string>;
  /** Serves one call: requests and answers are the bytes of messages, which nobody else holds. */
  invoke(method: AnyMethod, request: unknown, context: ForwardedCall): unknown;
}

/** The handlers of one side, by method id. */
export class Router {
  /** By the signed twin of the id: an integer above 2^31 is an object of its own, and slow to find. */
  readonly #registrations = new Map<number, Registration>();
  readonly #services = new Map<string, ServiceInfo>();
  readonly #interceptors: readonly Interceptor[];

  constructor(interceptors: readonly Interceptor[] = []) {
    this.#interceptors = interceptors;
  }

  /** The services served here, as the handshake announces them. */
  get services(): ServiceInfo[] {
    return [...this.#services.values()];
  }

  /** The handler of a method id from the wire. */
  find(methodId: number): Registration | undefined {
    return this.#registrations.get(methodId | 0);
  }

  /**
   * Serves `service` with `handlers`. Interceptors see the messages of forwarded methods as bytes.
   * @throws VertexError (usage) when a handler is missing, the service is served already, or two methods have one id.
   */
  add<Client, Handlers extends object>(
    service: Service<Client, Handlers>,
    handlers: Handlers,
    forwarding?: Forwarding,
  ): void {
    if (this.#services.has(service.name)) throw usageError(`${service.name} is served already`);
    const added: Registration[] = [];
    for (const [name, method] of Object.entries(service.methods)) {
      const other =
        this.#registrations.get(method.id | 0) ?? added.find((one) => one.method.id === method.id);
      if (other !== undefined) {
        throw usageError(
          `${method.path} and ${other.method.path} have the same method id: rename one of them`,
        );
      }
      const forwarded = forwarding?.names.has(name) === true;
      const direct = forwarded
        ? forwardTo(forwarding, method)
        : handlerOf(service.name, handlers, name, method);
      added.push({
        method: forwarded ? rawMethod(method) : method,
        invoke: composeServing(this.#interceptors, method, direct),
      });
    }
    for (const registration of added) this.#registrations.set(registration.method.id | 0, registration);
    this.#services.set(service.name, { name: service.name, fingerprint: service.fingerprint });
  }
}

function handlerOf(service: string, handlers: object, name: string, method: AnyMethod): Invoke {
  const handler: unknown = Reflect.get(handlers, name);
  if (typeof handler !== "function" || handler === Reflect.get(Object.prototype, name))
    throw usageError(`${service} needs a handler for ${name}`, method.path);
  return (request, context) => Reflect.apply(handler, handlers, [request, context]);
}

/** What the session gives to a handler is always a call of its own, which has more than handlers are shown. */
function forwardTo(forwarding: Forwarding, method: AnyMethod): Invoke {
  return (request, context) => forwarding.invoke(method, request, context as ForwardedCall);
}
