// Rate limits under load, printed and not judged: 100 clients against a server-wide limit of 1,000 calls a second, and what one
// client that asks for 50 times its share does to the others. `pnpm --filter @vertex/test ratelimits [-- --seconds N]`
//
// The server is a process of its own. The deterministic half is test/unit/server/rate-limits.test.ts.
import { parseArgs } from "node:util";
import { type Client, connect } from "@vertex/client";
import type { ServerOptions } from "@vertex/server";
import { Greeter } from "../gen/greeter.ts";
import { sleep } from "../support/server/waiting.ts";
import { Siege } from "./siege.ts";

const CLIENTS = 100;
const RATE = 1_000;
const SHARE = RATE / CLIENTS;
const ROUND_MS = 4_000;
/** Kind of the frame that answers. */
const DATA = 4;

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"),
  options: { seconds: { type: "string", default: "30" } },
});
const seconds = Number(values.seconds);

/** Clients that call at planned moments, `rates` a second each. */
class Crowd {
  readonly times: number[] = [];
  taken = 0;
  refused = 0;
  /** Refusals that named no time, or were something else. */
  odd = 0;
  readonly #clients: Client[];

  constructor(address: string) {
    this.#clients = Array.from({ length: CLIENTS }, () => connect(address));
  }

  ready(): Promise<unknown> {
    return Promise.all(this.#clients.map((client) => client.ready()));
  }

  /** Calls for so long; resolves when all calls have ended. */
  async call(ms: number, rates: readonly number[]): Promise<void> {
    const stubs = this.#clients.map((client) => client.use(Greeter));
    const startedAt = performance.now();
    const planned = rates.map((rate, i) => startedAt + (i / CLIENTS) * (1_000 / rate));
    const open: Promise<void>[] = [];
    for (let now = startedAt; now < startedAt + ms; now = performance.now()) {
      for (const [i, stub] of stubs.entries()) {
        for (
          ;
          (planned[i] as number) <= now;
          planned[i] = (planned[i] as number) + 1_000 / (rates[i] as number)
        ) {
          open.push(this.#one(stub));
        }
      }
      await sleep(2);
    }
    await Promise.all(open);
  }

  /** The 99th percentile of the calls made in there, in milliseconds. */
  async p99During(calls: () => Promise<void>): Promise<number> {
    this.times.length = 0;
    await calls();
    return p99(this.times);
  }

  close(): Promise<unknown> {
    return Promise.all(this.#clients.map((client) => client.close({ graceMs: 0 })));
  }

  async #one(stub: ReturnType<typeof Greeter.createClient>): Promise<void> {
    const from = performance.now();
    try {
      await stub.hello({ name: "Ada" });
      this.taken++;
      this.times.push(performance.now() - from);
    } catch (error) {
      const { code, outcome, retryAfterMs } = error as {
        code?: string;
        outcome?: string;
        retryAfterMs?: number;
      };
      this.refused++;
      if (code !== "RESOURCE_EXHAUSTED" || outcome !== "not-executed" || retryAfterMs === undefined)
        this.odd++;
    }
  }
}

function p99(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
}

async function measure(options: ServerOptions, ms: number, rates: readonly number[]): Promise<Crowd> {
  const siege = await Siege.begin(options);
  const crowd = new Crowd(siege.address);
  await crowd.ready();
  await crowd.call(ms, rates);
  await crowd.close();
  await siege.end();
  return crowd;
}

const evenly = (rate: number): number[] => new Array<number>(CLIENTS).fill(rate);

const all = await measure(
  { rateLimits: { server: { callsPerSecond: RATE } } },
  seconds * 1_000,
  evenly(2 * SHARE),
);
const wanted = RATE * seconds;
console.log(
  `${CLIENTS} clients ask for ${2 * RATE} calls/s of ${RATE}, ${seconds} s: ${all.taken} taken of ${wanted} (${((all.taken / wanted - 1) * 100).toFixed(2)} %, bar: 2 %), ${all.refused} refused, ${all.odd} of them oddly`,
);

/** The others beside one client, in a process of its own, that asks for 50 times its share: rounds on one server, in turn. */
async function abuse(): Promise<void> {
  const siege = await Siege.begin({ rateLimits: { connection: { callsPerSecond: 2 * SHARE } } });
  const crowd = new Crowd(siege.address);
  await crowd.ready();
  await crowd.call(1_000, evenly(SHARE));
  const ratios: number[] = [];
  for (let round = 0; round < 5; round++) {
    const calm = await crowd.p99During(() => crowd.call(ROUND_MS, evenly(SHARE)));
    const refused = (await siege.report()).stats.refusedCalls.rateLimits ?? 0;
    const abuser = siege.raid("greedy", (50 * SHARE * ROUND_MS) / 1_000);
    const abused = await crowd.p99During(() => crowd.call(ROUND_MS, evenly(SHARE)));
    const { frames } = await abuser;
    const now = (await siege.report()).stats.refusedCalls.rateLimits ?? 0;
    ratios.push(abused / calm);
    console.log(
      `one client asks for ${50 * SHARE} calls/s, its share being ${SHARE}: the others' p99 ${calm.toFixed(2)} ms without it, ${abused.toFixed(2)} ms with it; it had ${frames[DATA] ?? 0} calls in ${ROUND_MS / 1_000} s, ${now - refused} were refused`,
    );
  }
  await crowd.close();
  await siege.end();
  console.log(
    `the others' p99: ${(ratios.sort((a, b) => a - b)[2] as number).toFixed(2)}x, the median of 5 (bar: 2x); ${crowd.refused} of theirs refused`,
  );
}

await abuse();
