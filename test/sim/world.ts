// One simulated world: its programs, its load, its faults, and the proof at its end that nothing is left.
import { type ResolvedSessionOptions, resolveSessionOptions } from "@vertex/protocol";
import { type Dice, SimNetwork, VirtualTime } from "@vertex/protocol/testing";
import { makeCall } from "./callers.ts";
import { Faults } from "./faults.ts";
import { Handlers } from "./handlers.ts";
import { type CallRecord, Model } from "./model.ts";
import { drawPlan, everything, type Plan } from "./plan.ts";
import { ClientProgram, type Dismissal, type HandlerFactory, ServerProgram } from "./programs.ts";
import type { Scenario } from "./scenario.ts";

const AUDIT_MS = 500;
const LOOK_MS = 600_000;
/** What a frame may cost beyond the credit that it is sent on. */
const OVERDRAFT_BYTES = 255;
/** What a message of the simulation has beside its bytes, in bytes, and what its last piece may cost more. */
const MESSAGE_OVERHEAD_BYTES = 512;
/** Reasons that a connection between two programs that keep the rules cannot end with. */
const impossible = new Set([
  "PROTOCOL_ERROR",
  "NOT_VERTEX",
  "INTERNAL",
  "VERSION",
  "UNAUTHENTICATED",
  "LIMIT",
]);

/** What a run came to. */
export interface WorldReport {
  readonly hash: string;
  readonly events: number;
  readonly calls: number;
  readonly succeeded: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly repeats: number;
  readonly dismissals: Readonly<Record<string, number>>;
  /** Most bytes that one program has held at once for its peers. */
  readonly mostHeld: number;
}

export class World {
  readonly time: VirtualTime;
  readonly network: SimNetwork;
  readonly model: Model;
  readonly servers: ServerProgram[] = [];
  readonly clients: ClientProgram[] = [];
  readonly faults: Faults;
  readonly #scenario: Scenario;
  readonly #dice: Dice;
  readonly #plans: Dice;
  readonly #dismissals: Record<string, number> = {};
  /** What the sessions of each program are opened with. */
  readonly #windows = new Map<string, ResolvedSessionOptions>();
  #calling = true;
  #lull = false;
  #settling = false;
  #repeats = 0;
  #mostHeld = 0;

  /** @param handlers what serves calls: those that do as planned, unless a test wants to see others caught. */
  constructor(
    scenario: Scenario,
    seed: number,
    handlers: HandlerFactory = (model, node) => new Handlers(model, node),
  ) {
    this.#scenario = scenario;
    this.time = new VirtualTime({ seed, eventsPerRealTurn: seed % 10 === 0 ? 1 : 64 });
    this.time.onError = (error) => this.model.broken(`uncaught: ${(error as Error)?.stack ?? String(error)}`);
    this.#dice = this.time.dice.fork();
    this.#plans = this.time.dice.fork();
    this.network = new SimNetwork(this.time);
    this.model = new Model(this.time);
    this.model.promises = { noFailures: scenario.noFailures };
    Object.assign(this.network.conditions, scenario.path(this.#dice));
    this.network.writeMode = scenario.writeMode(this.#dice);
    this.#populate(handlers);
    const { servers, clients } = this;
    this.faults = new Faults(scenario, this.#dice.fork(), this.network, this.model, servers, clients);
  }

  /** Lets the world run for `forMs` under load and faults. `looked` is called every ten virtual minutes. */
  async run(forMs: number, looked: (minute: number) => unknown = () => {}): Promise<void> {
    this.#audit();
    for (const client of this.clients) this.#load(client);
    this.faults.start();
    const endsAt = this.time.now + forMs;
    while (this.time.now < endsAt) {
      await this.#pass(Math.min(LOOK_MS, endsAt - this.time.now));
      await looked(Math.round(this.time.now / 60_000));
    }
  }

  /** Nobody makes calls for so long, so that those that are open end and are forgotten. Faults go on. */
  async lull(forMs: number): Promise<void> {
    this.#lull = true;
    await this.#pass(forMs);
    this.#lull = false;
  }

  /** Faults stop: everything settles, new calls succeed, and then nothing is left of anything. */
  async settle(): Promise<void> {
    this.#calling = false;
    this.#settling = true;
    this.faults.stop();
    const [, longestMs] = this.#scenario.profile.timeoutMs;
    await this.#pass(longestMs + 1_000);
    this.#mustAllBeSettled();
    // Half-open connections are found out, and connections made.
    await this.#pass(60_000);
    this.#freshCalls();
    await this.#pass(40_000);
    this.#mustAllBeSettled();
    this.#mustBeIdle();
    for (const { node, client } of this.clients) node.run(() => void client.close());
    await this.#pass(10_000);
    for (const server of this.servers) server.shutDown(5_000, () => {});
    await this.#pass(20_000);
    this.#mustBeEmpty();
  }

  get report(): WorldReport {
    const { calls, succeeded, failed } = this.model.counts;
    const { trace, events } = this.time;
    const [repeats, mostHeld, dismissals] = [this.#repeats, this.#mostHeld, this.#dismissals];
    return { hash: trace.hash, events, calls, succeeded, failed, repeats, dismissals, mostHeld };
  }

  async #pass(ms: number): Promise<void> {
    // In steps, so that a violation ends the run soon.
    for (let left = ms; left > 0; left -= 60_000) {
      await this.time.run(Math.min(left, 60_000));
      if (this.model.violation !== null) throw this.model.violation;
    }
  }

  #populate(handlers: HandlerFactory): void {
    const { network, model } = this;
    const dismissed = (dismissal: Dismissal) => this.#dismissed(dismissal);
    const parts = (name: string) => {
      const session = this.#scenario.session(this.#dice);
      this.#windows.set(name, resolveSessionOptions(session));
      return { network, model, dismissed, handlers, session };
    };
    for (let i = 1; i <= this.#scenario.servers; i++) {
      const name = `server-${i}`;
      this.servers.push(new ServerProgram(parts(name), name));
    }
    const addresses = this.servers.map(({ address }) => address);
    for (let i = 1; i <= this.#scenario.clients; i++) {
      const connections = this.#scenario.connections(this.#dice);
      const name = `client-${i}`;
      this.clients.push(new ClientProgram(parts(name), name, addresses, connections));
    }
  }

  #load(client: ClientProgram): void {
    const everyMs = 1_000 / this.#scenario.callsPerSecond;
    this.time.after(-Math.log(1 - this.#plans.random()) * everyMs, () => {
      if (!this.#calling) return;
      if (this.#lull) return this.#load(client);
      const plan = drawPlan(this.#plans, this.#scenario.profile);
      if (this.#plans.chance(this.#scenario.reverseShare)) this.#callBack(plan);
      else if (client.node.alive) client.node.run(() => this.#call(client, plan));
      this.#load(client);
    });
  }

  #call(client: ClientProgram, plan: Plan): CallRecord {
    const record = this.model.begin(plan, client.node);
    makeCall(this.model, client.stub, record);
    return record;
  }

  /** A server calls one of its clients. */
  #callBack(plan: Plan): void {
    const server = this.#plans.pick(this.servers);
    if (!server.node.alive) return;
    server.node.run(() => {
      const stubs = server.stubs();
      if (stubs.length === 0) return;
      // A bug in a handler of a client becomes a warning of the process: nobody could be asked.
      const answer = plan.answer === "throws" ? "status" : plan.answer;
      makeCall(this.model, this.#plans.pick(stubs), this.model.begin({ ...plan, answer }, server.node));
    });
  }

  #freshCalls(): void {
    this.model.promises = { noFailures: true };
    const profile = {
      ...everything,
      failing: 0,
      cancelled: 0,
      leaving: 0,
      timeoutMs: [30_000, 30_000],
    } as const;
    for (const client of this.clients) {
      for (const shape of ["ask", "askAgain", "tell", "list", "collect", "chat"] as const) {
        const plan = { ...drawPlan(this.#plans, profile), shape, requestBytes: 100, responseBytes: 100 };
        client.node.run(() => this.#call(client, plan));
      }
    }
  }

  #audit(): void {
    this.time.after(AUDIT_MS, () => {
      this.model.audit();
      this.#auditMemory();
      this.#audit();
    });
  }

  /** Nobody holds more for its peers than the documented bound: credit × calls, the pool, and one message. */
  #auditMemory(): void {
    for (const { node, server } of this.servers) {
      if (!node.alive) continue;
      for (const { heldBytes, openCalls, runningCalls } of server.connections) {
        this.#checkHeld(node.name, heldBytes, openCalls + runningCalls, 1);
      }
    }
    for (const { node, stats } of this.clients) {
      // One that sleeps does not know yet which of its connections are gone.
      if (!node.alive || node.paused) continue;
      const { heldBytes, openCalls, runningCalls } = stats;
      const own = this.network.connections.filter(({ dialer }) => dialer.life === node.life);
      this.#checkHeld(node.name, heldBytes, openCalls + runningCalls, own.length);
    }
  }

  #checkHeld(name: string, heldBytes: number, calls: number, connections: number): void {
    const { profile } = this.#scenario;
    const { initialCreditBytes, connectionCreditBytes } = this.#windows.get(name) ?? resolveSessionOptions();
    const oneMessage = profile.largeBytes + MESSAGE_OVERHEAD_BYTES;
    const bound =
      calls * (initialCreditBytes + OVERDRAFT_BYTES) + connections * (connectionCreditBytes + oneMessage);
    this.#mostHeld = Math.max(this.#mostHeld, heldBytes);
    if (heldBytes > bound)
      this.model.broken(`${name} holds ${heldBytes} bytes for ${calls} calls, over ${bound}`);
  }

  #dismissed({ by, of, reason }: Dismissal): void {
    this.#dismissals[reason] = (this.#dismissals[reason] ?? 0) + 1;
    // Not thrown: this is called from inside a client or a server.
    if (impossible.has(reason)) this.model.broken(`a connection ended with ${reason}`);
    if (by === null || !this.#scenario.noFalseDismissals || this.#settling) return;
    if (reason !== "HEARTBEAT_TIMEOUT" && reason !== "WRITE_STALLED") return;
    const { now } = this.time;
    const silent = this.faults.pauses.some(
      ({ node, from, to }) =>
        node.name.startsWith(of) && to > now - 40_000 && Math.min(to, now) - from >= 9_000,
    );
    if (!silent) this.model.broken(`${by.name} dismissed ${of} with ${reason}, which was not silent`);
  }

  #mustAllBeSettled(): void {
    for (const record of this.model.open) throw this.model.broken("is still open at the end", record);
  }

  /** No call is open: no table, queue, wheel or slot may hold anything. */
  #mustBeIdle(): void {
    for (const { node, stats } of this.clients) {
      const { openCalls, waitingCalls, connections } = stats;
      this.#repeats += stats.repeats;
      if (openCalls !== 0) throw this.model.broken(`${node.name} has ${openCalls} calls open that are over`);
      if (waitingCalls !== 0) throw this.model.broken(`${node.name} has ${waitingCalls} calls waiting`);
      if (connections === 0) throw this.model.broken(`${node.name} has no connection`);
    }
    for (const { node, server } of this.servers) {
      const { runningCalls } = server.stats();
      if (runningCalls !== 0) throw this.model.broken(`${node.name} has ${runningCalls} slots taken`);
    }
    for (const { node } of [...this.servers, ...this.clients]) {
      const { size } = node.loop.deadlines;
      if (size !== 0) throw this.model.broken(`${size} deadlines are set on ${node.name}`);
      const running = this.model.running.get(node.life) ?? 0;
      if (running !== 0) throw this.model.broken(`${running} handlers of ${node.name} have not settled`);
    }
  }

  #mustBeEmpty(): void {
    for (const { node, server } of this.servers) {
      const { connections } = server.stats();
      if (connections !== 0) throw this.model.broken(`${node.name} has ${connections} connections left`);
    }
    for (const { node } of [...this.servers, ...this.clients]) {
      if (node.timers !== 0) throw this.model.broken(`${node.timers} timers are left on ${node.name}`);
    }
    const { length } = this.network.connections;
    if (length !== 0) throw this.model.broken(`${length} connections are left`);
  }
}
