// What befalls a simulated world, fault by fault, as dice decide.
import type { Dice, SimNetwork, SimNode } from "@vertex/protocol/testing";
import type { Model } from "./model.ts";
import type { ClientProgram, ServerProgram } from "./programs.ts";
import type { FaultWeights, Scenario } from "./scenario.ts";

/** Time that a server has to end in order, in milliseconds. */
const GRACE_MS = 10_000;

/** A pause of a node, on virtual time. */
export interface Pause {
  readonly node: SimNode;
  readonly from: number;
  to: number;
}

/** Breaks things until it is told to stop, then mends them. */
export class Faults {
  /** Pauses of the last minutes. */
  readonly pauses: Pause[] = [];
  readonly #scenario: Scenario;
  readonly #dice: Dice;
  readonly #network: SimNetwork;
  readonly #model: Model;
  readonly #servers: readonly ServerProgram[];
  readonly #clients: readonly ClientProgram[];
  #stopped = false;

  constructor(
    scenario: Scenario,
    dice: Dice,
    network: SimNetwork,
    model: Model,
    servers: readonly ServerProgram[],
    clients: readonly ClientProgram[],
  ) {
    this.#scenario = scenario;
    this.#dice = dice;
    this.#network = network;
    this.#model = model;
    this.#servers = servers;
    this.#clients = clients;
  }

  /** Something happens every now and then, from now on. */
  start(): void {
    this.#soon();
  }

  /** No more faults; what is broken is mended, as far as it can be: half-open connections stay so. */
  stop(): void {
    this.#stopped = true;
    for (const path of this.#network.paths) {
      Object.assign(path, {
        delayMs: 1,
        jitterMs: 1,
        bytesPerSecond: Number.POSITIVE_INFINITY,
        cloggedUntil: 0,
      });
      path.windowBytes = 262_144;
    }
    for (const server of this.#servers) {
      this.#network.setDialPolicy(server.address, "accept");
      this.#revive(server);
    }
    for (const client of this.#clients) this.#revive(client);
    this.#model.note("faults stop");
  }

  #soon(): void {
    const { faultEveryMs, faults } = this.#scenario;
    this.#network.time.after(this.#dice.between(0, 2 * faultEveryMs), () => {
      if (this.#stopped) return;
      this.#strike(this.#draw(faults));
      this.#soon();
    });
  }

  #draw(weights: Partial<FaultWeights>): keyof FaultWeights | undefined {
    const entries = Object.entries(weights) as [keyof FaultWeights, number][];
    let at = this.#dice.random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      at -= weight;
      if (at < 0) return name;
    }
    return undefined;
  }

  #strike(fault: keyof FaultWeights | undefined): void {
    switch (fault) {
      case "weather":
        return this.#weather();
      case "clog":
        return this.#clog();
      case "reset":
        return this.#connection("reset");
      case "blackHole":
        return this.#connection("blackHole");
      case "pause":
        return this.#pause();
      case "jump":
        return this.#jump();
      case "killServer":
        return this.#kill(this.#dice.pick(this.#servers));
      case "killClient":
        return this.#kill(this.#dice.pick(this.#clients));
      case "restart":
        return this.#restart();
      case "dialTrouble":
        return this.#dialTrouble();
    }
  }

  #pair(): [SimNode, SimNode] {
    const client = this.#dice.pick(this.#clients).node;
    const server = this.#dice.pick(this.#servers).node;
    return this.#dice.chance(0.5) ? [client, server] : [server, client];
  }

  #weather(): void {
    const [from, to] = this.#pair();
    Object.assign(this.#network.path(from, to), this.#scenario.path(this.#dice));
    this.#model.note(`other weather from ${from.name} to ${to.name}`);
  }

  #clog(): void {
    const [from, to] = this.#pair();
    const forMs = this.#dice.spread(50, 20_000);
    this.#network.clog(from, to, forMs);
    this.#model.note(`clogged from ${from.name} to ${to.name} for ${Math.round(forMs)} ms`);
  }

  #connection(what: "reset" | "blackHole"): void {
    const { connections } = this.#network;
    if (connections.length === 0) return;
    const connection = this.#dice.pick(connections);
    const { from, to } = connection;
    this.#model.note(`${what} of a connection from ${from.name} to ${to.name}`);
    if (what === "reset") this.#network.reset(connection);
    else this.#network.blackHole(connection, this.#dice.pick(["there", "back", "both"]));
  }

  #pause(): void {
    const { node } = this.#dice.pick([...this.#servers, ...this.#clients]);
    if (!node.alive || node.paused) return;
    const forMs = this.#dice.spread(10, this.#scenario.longestPauseMs);
    const { time } = this.#network;
    const pause = { node, from: time.now, to: time.now + forMs };
    this.pauses.push(pause);
    if (this.pauses.length > 100) this.pauses.shift();
    this.#model.note(`${node.name} sleeps for ${Math.round(forMs)} ms`);
    node.pause();
    const { life } = node;
    time.after(forMs, () => {
      if (node.life === life) this.#wake(node);
    });
  }

  #wake(node: SimNode): void {
    if (!node.paused) return;
    const pause = this.pauses.find((one) => one.node === node && one.to >= this.#network.time.now);
    if (pause !== undefined) pause.to = this.#network.time.now;
    node.resume();
    this.#model.note(`${node.name} wakes`);
  }

  #jump(): void {
    const { node } = this.#dice.pick([...this.#servers, ...this.#clients]);
    const ms = this.#dice.spread(100, this.#scenario.longestPauseMs);
    node.jump(ms);
    this.#model.note(`the clock of ${node.name} jumps by ${Math.round(ms)} ms`);
  }

  #kill(program: ServerProgram | ClientProgram): void {
    const { node } = program;
    if (!node.alive) return;
    const silent = this.#dice.chance(0.3);
    this.#model.note(`${node.name} is ${silent ? "switched off" : "killed"}`);
    node.crash({ silent });
    this.#network.time.after(this.#dice.spread(20, 15_000), () => this.#revive(program));
  }

  #restart(): void {
    const server = this.#dice.pick(this.#servers);
    const away = this.#servers.some((one) => one.leaving || !one.node.alive || one.node.paused);
    // A rolling restart takes one server at a time.
    if (away && this.#scenario.noFailures) return;
    if (!server.node.alive || server.leaving) return;
    this.#model.note(`${server.node.name} shuts down`);
    server.shutDown(GRACE_MS, () => {
      this.#model.note(`${server.node.name} has shut down`);
      server.node.crash();
      this.#network.time.after(this.#dice.spread(10, 3_000), () => this.#revive(server));
    });
  }

  #dialTrouble(): void {
    const { address, node } = this.#dice.pick(this.#servers);
    const slowMs = this.#dice.spread(10, 8_000);
    this.#network.setDialPolicy(address, this.#dice.pick(["refuse", "never", { slowMs }]));
    this.#model.note(`dialing ${node.name} is troubled`);
    this.#network.time.after(this.#dice.spread(100, 10_000), () =>
      this.#network.setDialPolicy(address, "accept"),
    );
  }

  #revive(program: ServerProgram | ClientProgram): void {
    const { node } = program;
    this.#wake(node);
    if (node.alive) return;
    node.start();
    program.boot();
    this.#model.note(`${node.name} starts`);
  }
}
