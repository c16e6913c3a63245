// The network between simulated nodes: who listens where, what the ways between them are like, and what befalls a
// connection.

import { type Address, formatAddress } from "../address.ts";
import type { Loop } from "../loop.ts";
import type { Sweeper } from "../sweeper.ts";
import type { Transport } from "../transport.ts";
import { calmPath, type DialPolicy, type SimPath, type WriteMode } from "./sim-conditions.ts";
import type { SimLife } from "./sim-life.ts";
import type { SimNode } from "./sim-node.ts";
import { SimTransport } from "./sim-transport.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** A dial under way. */
export interface SimDialing {
  /** Gives up. Nothing is called back after that. */
  abort(): void;
}

/** What comes of a dial: exactly one of the two. */
export interface SimDialResult {
  connected(transport: Transport): void;
  failed(error: Error): void;
}

/** What a client runs on: hand it to `new Client(address, options, host)`. */
export interface SimHost {
  readonly loop: Loop;
  readonly sweeper: Sweeper;
  dial(address: Address, tls: unknown, result: SimDialResult): SimDialing;
}

/** A place that takes connections. */
export interface SimListener {
  /** Takes no more. Those that were taken go on. */
  close(): void;
}

interface Listening {
  readonly node: SimNode;
  readonly life: SimLife;
  readonly accepted: (transport: Transport) => void;
}

/** One connection between two nodes. */
export interface SimConnection {
  readonly from: SimNode;
  readonly to: SimNode;
  readonly dialer: SimTransport;
  readonly acceptor: SimTransport;
}

/**
 * A simulated network.
 *
 * ```ts
 * const time = new VirtualTime({ seed: 7 });
 * const network = new SimNetwork(time);
 * const [here, there] = [new SimNode(time, "client"), new SimNode(time, "server")];
 * const server = new Server({}, there).handle(Greeter, handlers);
 * network.listen(there, "tcp://server:7400", (transport) => server.accept(transport));
 * const client = new Client("tcp://server:7400", {}, network.host(here));
 * network.path(here, there).delayMs = 80;
 * const { text } = await time.finish(client.use(Greeter).hello({ name: "Ada" }));
 * ```
 */
export class SimNetwork {
  readonly time: VirtualTime;
  /** What paths start as that have not been looked at yet. */
  conditions: SimPath = { ...calmPath };
  /** What connections do with the memory that is written, from now on. Default "copies". */
  writeMode: WriteMode = "copies";
  readonly #paths = new Map<string, SimPath>();
  readonly #listeners = new Map<string, Listening>();
  readonly #policies = new Map<string, DialPolicy>();
  readonly #connections = new Set<SimConnection>();
  readonly #watched = new Set<SimNode>();
  /** Nodes whose machine is off: nothing answers there, not even with a refusal. */
  readonly #dark = new Set<SimNode>();
  #directions = 0;

  constructor(time: VirtualTime) {
    this.time = time;
  }

  /** Connections that at least one end knows of. */
  get connections(): readonly SimConnection[] {
    return [...this.#connections];
  }

  /** The direction from one node to another. Its fields may be changed at any time. */
  path(from: SimNode, to: SimNode): SimPath {
    const name = `${from.name}>${to.name}`;
    let path = this.#paths.get(name);
    if (path === undefined) {
      path = { ...this.conditions };
      this.#paths.set(name, path);
    }
    return path;
  }

  /** All directions that have been used or looked at. */
  get paths(): readonly SimPath[] {
    return [...this.#paths.values()];
  }

  /** Takes connections to `address`, until the node is killed. The last one to listen has the address. */
  listen(node: SimNode, address: string, accepted: (transport: Transport) => void): SimListener {
    this.#watch(node);
    const listening = { node, life: node.life, accepted };
    this.#listeners.set(address, listening);
    return {
      close: () => {
        if (this.#listeners.get(address) === listening) this.#listeners.delete(address);
      },
    };
  }

  /** How those who dial `address` fare from now on. */
  setDialPolicy(address: string, policy: DialPolicy): void {
    this.#policies.set(address, policy);
  }

  /** What a client on `node` runs on, for as long as the node is not killed. */
  host(node: SimNode): SimHost {
    this.#watch(node);
    const { life } = node;
    return {
      loop: life.loop,
      sweeper: life.sweeper,
      dial: (address, _tls, result) => this.#dial(node, life, formatAddress(address), result),
    };
  }

  /** Nothing sets out from `from` to `to` for so long. Nothing is lost. */
  clog(from: SimNode, to: SimNode, forMs: number): void {
    const path = this.path(from, to);
    path.cloggedUntil = Math.max(path.cloggedUntil, this.time.now + forMs);
    this.time.trace.note(`clog ${from.name} ${to.name}`, this.time.now, forMs);
  }

  /** Resets a connection: both ends are told, and lose what was on its way. */
  reset({ from, to, dialer, acceptor }: SimConnection): void {
    dialer.lose();
    acceptor.lose();
    this.#later(this.path(to, from).delayMs, () => dialer.reset());
    this.#later(this.path(from, to).delayMs, () => acceptor.reset());
  }

  /** Swallows all that a connection carries in one direction or both, from now on: it is half open. */
  blackHole({ dialer, acceptor }: SimConnection, direction: "there" | "back" | "both" = "both"): void {
    if (direction !== "back") dialer.vanish();
    if (direction !== "there") acceptor.vanish();
  }

  #later(delayMs: number, run: () => void): void {
    this.time.post(this.time.now + delayMs, run);
  }

  #dial(node: SimNode, life: SimLife, address: string, result: SimDialResult): SimDialing {
    const { time } = this;
    const dialing = { open: true };
    const policy = this.#policies.get(address) ?? "accept";
    const target = this.#listeners.get(address)?.node ?? node;
    const slowMs = typeof policy === "object" ? policy.slowMs : 0;
    const thereMs = Math.max(time.now, this.path(node, target).cloggedUntil) - time.now;
    this.#later(this.path(node, target).delayMs + slowMs + thereMs, () => {
      const listening = this.#listeners.get(address);
      if (policy === "never" || life.ended || (listening !== undefined && this.#dark.has(listening.node)))
        return;
      const refused = policy === "refuse" || listening === undefined || listening.life.ended;
      const transport = refused ? null : this.#connect(node, life, address, listening);
      time.trace.note(`dialed ${address}`, time.now, refused ? 0 : 1);
      life.input(time.now + this.path(target, node).delayMs, () => {
        if (!dialing.open) return transport?.destroy();
        dialing.open = false;
        if (transport === null) result.failed(new Error(`connect ECONNREFUSED ${address}`));
        else result.connected(transport);
      });
    });
    return {
      abort: () => {
        dialing.open = false;
      },
    };
  }

  /** The kernels have agreed. The server's process takes the connection when it runs. */
  #connect(node: SimNode, life: SimLife, address: string, { node: to, life: toLife, accepted }: Listening) {
    const { time, writeMode } = this;
    const number = this.#directions;
    this.#directions += 2;
    const gone = () => this.#forgetIfGone(connection);
    const common = { time, writeMode, gone };
    const dialer = new SimTransport({ ...common, life, address, path: this.path(node, to), number });
    const acceptor = new SimTransport({
      ...common,
      life: toLife,
      address: `${node.name}:${number}`,
      path: this.path(to, node),
      number: number + 1,
    });
    const connection: SimConnection = { from: node, to, dialer, acceptor };
    SimTransport.join(dialer, acceptor);
    this.#connections.add(connection);
    toLife.input(time.now, () => accepted(acceptor));
    return dialer;
  }

  #forgetIfGone(connection: SimConnection): void {
    const { dialer, acceptor } = connection;
    if ((dialer.closed || dialer.life.ended) && (acceptor.closed || acceptor.life.ended)) {
      this.#connections.delete(connection);
    }
  }

  #watch(node: SimNode): void {
    if (this.#watched.has(node)) return;
    this.#watched.add(node);
    node.watch(
      (life, silent) => this.#crashed(node, life, silent),
      () => this.#started(node),
    );
  }

  #crashed(node: SimNode, life: SimLife, silent: boolean): void {
    if (silent) this.#dark.add(node);
    for (const connection of this.connections) {
      const { dialer, acceptor } = connection;
      if (dialer.life !== life && acceptor.life !== life) continue;
      if (silent) this.blackHole(connection);
      else (dialer.life === life ? dialer : acceptor).destroy();
      this.#forgetIfGone(connection);
    }
  }

  #started(node: SimNode): void {
    this.#dark.delete(node);
    for (const { dialer, acceptor } of this.connections) {
      if (dialer.life.ended) acceptor.forgotten();
      if (acceptor.life.ended) dialer.forgotten();
    }
  }
}
