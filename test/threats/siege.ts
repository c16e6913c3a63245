// The harness of all attacks: a victim, a canary on a connection of its own, and an attacker, in processes of their own
// but for the canary. It judges counts and bytes; times are printed.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Client, connect } from "@vertex/client";
import type { ServerOptions } from "@vertex/server";
import * as assert from "uvu/assert";
import { Greeter } from "../gen/greeter.ts";
import { sleep, until } from "../support/server/waiting.ts";
import type { Spoils } from "./attacks.ts";
import type { Report } from "./victim.ts";

const MIB = 1_048_576;
/** Calls of the canary a second. */
const CANARY_RATE = 200;
/** What the victim's heap may keep of an attack. */
const MAX_LEFT = 5 * MIB;

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Calls all the time, at planned moments, and notes what becomes of it. */
class Canary {
  readonly times: number[] = [];
  readonly failures: string[] = [];
  #open = 0;
  readonly #client: Client;
  readonly #timer: NodeJS.Timeout;

  constructor(client: Client) {
    this.#client = client;
    const greeter = client.use(Greeter);
    let planned = performance.now();
    this.#timer = setInterval(() => {
      for (const now = performance.now(); planned <= now; planned += 1_000 / CANARY_RATE)
        this.#sing(greeter, planned);
    }, 5);
  }

  get p99(): number {
    const sorted = [...this.times].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await until("the canary's calls have ended", () => this.#open === 0, 15_000);
    await this.#client.close({ graceMs: 0 });
  }

  #sing(greeter: ReturnType<typeof Greeter.createClient>, planned: number): void {
    this.#open++;
    greeter
      .hello({ name: "canary" })
      .then(
        () => this.times.push(performance.now() - planned),
        (error: Error) => this.failures.push(error.message),
      )
      .finally(() => this.#open--);
  }
}

/** What an attack has come to. */
export interface Aftermath {
  readonly spoils: Spoils;
  readonly before: Report;
  /** After the attacker has gone, and after a collection. */
  readonly after: Report;
}

/** A server under attack. */
export class Siege {
  readonly #victim: ChildProcess;
  /** Where the victim listens. */
  readonly address: string;

  private constructor(victim: ChildProcess, address: string) {
    this.#victim = victim;
    this.address = address;
  }

  static async begin(options: ServerOptions): Promise<Siege> {
    const execArgv = [...process.execArgv.filter((flag) => flag !== "--expose-gc"), "--expose-gc"];
    const victim = fork(program("victim.ts"), [JSON.stringify(options)], { execArgv });
    const address = await new Promise<string>((resolve, reject) => {
      victim.once("message", (said) => resolve(String(said)));
      victim.once("exit", (code) => reject(new Error(`the victim ended with ${code}`)));
    });
    return new Siege(victim, address);
  }

  report(): Promise<Report> {
    return new Promise((resolve) => {
      this.#victim.once("message", (said) => resolve(said as Report));
      this.#victim.send("report");
    });
  }

  /** Attacks, and judges what every attack is judged by. */
  async attack(name: string, size: number): Promise<Aftermath> {
    const before = await this.report();
    const client = connect(this.address);
    await client.ready();
    const canary = new Canary(client);
    await sleep(300);
    const calm = canary.p99;
    canary.times.length = 0;
    const spoils = await this.raid(name, size);
    await sleep(100);
    await canary.stop();
    await this.#quiet(before);
    const after = await this.report();
    const print = (value: number): string => value.toFixed(1);
    process.stdout.write(
      `${name} x${size}: ${print(spoils.ms)} ms; canary p99 ${print(canary.p99)} ms (calm ${print(calm)}), ${canary.times.length} calls; heap ${print((after.heap - before.heap) / MIB)} MiB, rss ${print((after.rss - before.rss) / MIB)} MiB\n`,
    );
    assert.equal(canary.failures, []);
    assert.ok(canary.times.length > 0);
    assert.equal(after.mishaps, []);
    assert.is(after.stats.failedHandlers, before.stats.failedHandlers);
    assert.ok(after.heap - before.heap < MAX_LEFT, `${after.heap - before.heap} bytes are left in the heap`);
    assert.ok(after.handles <= before.handles, `${before.handles} handles became ${after.handles}`);
    assert.equal([after.stats.connections, after.stats.handshakes, after.stats.runningCalls], [0, 0, 0]);
    return { spoils, before, after };
  }

  async end(): Promise<void> {
    if (this.#victim.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#victim.once("exit", resolve));
    this.#victim.send("end");
    await gone;
  }

  /** Attacks, and judges nothing. */
  raid(name: string, size: number): Promise<Spoils> {
    const port = this.address.slice(this.address.lastIndexOf(":") + 1);
    const attacker = fork(program("attacker.ts"), [name, port, String(size)]);
    return new Promise((resolve, reject) => {
      let spoils: Spoils | undefined;
      attacker.once("message", (said) => {
        spoils = said as Spoils;
      });
      attacker.once("exit", (code) => {
        if (spoils === undefined) reject(new Error(`the attacker ended with ${code}`));
        else resolve(spoils);
      });
    });
  }

  /** Waits until nothing of the attack runs any more. */
  async #quiet(before: Report): Promise<void> {
    for (let i = 0; i < 100; i++) {
      const { stats, handles, heap } = await this.report();
      const idle = stats.connections + stats.handshakes + stats.runningCalls === 0;
      if (idle && handles <= before.handles && heap - before.heap < MAX_LEFT) return;
      await sleep(100);
    }
  }
}

/** How much a counter has grown. */
export function grown(
  counters: (report: Report) => { readonly [name: string]: number | undefined },
  { before, after }: Aftermath,
): { readonly [name: string]: number } {
  const was = counters(before);
  const change = Object.entries(counters(after)).map(
    ([name, now]) => [name, (now ?? 0) - (was[name] ?? 0)] as const,
  );
  return Object.fromEntries(change.filter(([, difference]) => difference !== 0));
}
