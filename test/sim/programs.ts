// The processes of a simulated world: servers that can be shut down, killed and started, and clients.
import { Client, type ClientStats, type SessionEnd } from "@vertex/client";
import type { SessionOptions } from "@vertex/protocol";
import { type SimNetwork, SimNode } from "@vertex/protocol/testing";
import { type LogEntry, Server } from "@vertex/server";
import type { Model } from "./model.ts";
import { type ParcelHandlers, type ParcelStub, parcels } from "./parcel-service.ts";

/** How long an ending process waits for its sockets: as the server does for those of its listeners. */
const LINGER_MS = 1_500;

/** How a connection ended, as the side that noticed tells it. */
export interface Dismissal {
  /** The side that dismissed the other; null when it only heard of it. */
  readonly by: SimNode | null;
  /** Name, or its beginning, of the node that was dismissed. */
  readonly of: string;
  readonly reason: string;
}

/** Makes the handlers of one run of a node. */
export type HandlerFactory = (model: Model, node: SimNode) => ParcelHandlers;

/** What programs are made with. */
export interface ProgramParts {
  readonly network: SimNetwork;
  readonly model: Model;
  readonly session: SessionOptions;
  readonly dismissed: (dismissal: Dismissal) => void;
  /** Handlers for the process that runs now on a node. */
  readonly handlers: HandlerFactory;
}

/** A server, whatever process runs it at the time. */
export class ServerProgram {
  readonly node: SimNode;
  readonly address: string;
  server!: Server;
  /** True while it is being shut down in order. */
  leaving = false;
  readonly #parts: ProgramParts;
  #listener: { close(): void } = { close: () => {} };

  constructor(parts: ProgramParts, name: string) {
    this.#parts = parts;
    this.node = new SimNode(parts.network.time, name);
    this.address = `tcp://${name}:7400`;
    this.boot();
  }

  /** Starts the program in the process that runs now. */
  boot(): void {
    const { model, network, session, handlers } = this.#parts;
    const { node } = this;
    this.leaving = false;
    const server = new Server({ name: node.name, session, log: (entry) => this.#log(entry) }, node);
    this.server = server;
    server.handle(parcels, handlers(model, node));
    node.run(() => {
      this.#listener = network.listen(node, this.address, (transport) => server.accept(transport));
    });
  }

  /** Ends in order, as on SIGTERM, and calls back when the process is gone. */
  shutDown(graceMs: number, ended: () => void): void {
    this.leaving = true;
    const { life } = this.node;
    this.node.run(() => {
      this.#listener.close();
      this.server.shutdown({ graceMs }).then(() => {
        if (!life.ended) this.#exit(ended, this.node.now() + LINGER_MS);
      });
    });
  }

  /** The process ends when its sockets are gone, as one with a real listener does: else they would be reset. */
  #exit(ended: () => void, atLatest: number): void {
    const { network } = this.#parts;
    const left = network.connections.some(
      ({ to, acceptor }) => to === this.node && acceptor.life === this.node.life && !acceptor.closed,
    );
    if (left && this.node.now() < atLatest) this.node.after(10, () => this.#exit(ended, atLatest));
    else ended();
  }

  /** Stubs of the clients that are connected. */
  stubs(): ParcelStub[] {
    return [...this.server.connections].map((connection) => connection.use(parcels));
  }

  #log({ event, message, peer, error }: LogEntry): void {
    if (event === "connection-dismissed") {
      const reason = message.split(":")[0] ?? "";
      this.#parts.model.note(`${this.node.name} dismisses ${peer}: ${message}`);
      this.#parts.dismissed({ by: this.node, of: (peer ?? "").split(":")[0] ?? "", reason });
    } else if (event === "handler-failed" && !String(error).includes("as planned")) {
      this.#parts.model.note(`a handler of ${this.node.name} failed: ${String(error)}`);
    }
  }
}

/** A client, whatever process runs it at the time. */
export class ClientProgram {
  readonly node: SimNode;
  client!: Client;
  stub!: ParcelStub;
  readonly #parts: ProgramParts;
  readonly #addresses: readonly string[];
  readonly #connections: number;

  constructor(parts: ProgramParts, name: string, addresses: readonly string[], connections: number) {
    this.#parts = parts;
    this.#addresses = addresses;
    this.#connections = connections;
    this.node = new SimNode(parts.network.time, name);
    this.boot();
  }

  /** Starts the program in the process that runs now. */
  boot(): void {
    const { model, network, session, handlers } = this.#parts;
    const { node } = this;
    const options = {
      name: node.name,
      session,
      connections: this.#connections,
      reconnect: { maxDelayMs: 5_000 },
      onDisconnect: (end: SessionEnd, retryInMs: number | null) => this.#ended(end, retryInMs),
      onOneWayError: (error: Parameters<Model["oneWayFailed"]>[0]) => model.oneWayFailed(error),
    };
    this.client = new Client(this.#addresses, options, network.host(node));
    this.client.handle(parcels, handlers(model, node));
    this.stub = this.client.use(parcels);
  }

  get stats(): ClientStats {
    return this.client.stats();
  }

  #ended({ reason, by, message }: SessionEnd, retryInMs: number | null): void {
    const when = retryInMs === null ? "no retry" : `retry in ${Math.round(retryInMs)} ms`;
    this.#parts.model.note(`${this.node.name}: ${reason} by ${by}: ${message} (${when})`);
    this.#parts.dismissed({ by: by === "here" ? this.node : null, of: "server", reason });
  }
}
