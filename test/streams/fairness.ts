// Two measurements, printed and not judged: what a large upload does to small calls on the same connection, and
// how one stream compares with a bare socket. `pnpm --filter @vertex/test fairness [-- --rounds N --ms N]`
//
// Server and client are a process each. What is compared is measured in turn, round by round, so that a machine
// that slows down slows both; medians over the rounds are printed.
import { parseArgs } from "node:util";
import { type Sides, startSides } from "./sides.ts";

const MESSAGE_BYTES = 65_536;
const STREAM_BYTES = 268_435_456;
const BARE = "bare socket";
const cases: readonly Case[] = [
  { name: "64 KiB messages", messageBytes: 65_536, atOnce: 1, lends: false },
  { name: "64 KiB messages, lent", messageBytes: 65_536, atOnce: 1, lends: true },
  { name: "64 KiB messages", messageBytes: 65_536, atOnce: 64, lends: false },
  { name: "64 KiB messages, lent", messageBytes: 65_536, atOnce: 64, lends: true },
  { name: "4 MB messages", messageBytes: 4_000_000, atOnce: 64, lends: false },
  { name: "4 MB messages, lent", messageBytes: 4_000_000, atOnce: 64, lends: true },
];

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"),
  options: { rounds: { type: "string", default: "7" }, ms: { type: "string", default: "1500" } },
});
const rounds = Number(values.rounds);
const probeMs = Number(values.ms);

interface Case {
  readonly name: string;
  readonly messageBytes: number;
  readonly atOnce: number;
  /** Whether the server reads the upload with `lent`. */
  readonly lends: boolean;
}

interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly calls: number;
  /** Of the upload, in MB a second. */
  readonly rate: number;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

function median(numbers: readonly number[]): number {
  return quantile(
    [...numbers].sort((a, b) => a - b),
    0.5,
  );
}

async function probe({ client }: Sides, atOnce: number): Promise<Omit<Latency, "rate">> {
  const times = (await client.ask("probe", probeMs, atOnce)).sort((a, b) => a - b);
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), calls: times.length };
}

/** One round of one case; `beside` is where the upload goes, if there is one. */
async function probeBeside(
  sides: Sides,
  { messageBytes, atOnce, lends }: Case,
  beside: boolean | undefined,
): Promise<Latency> {
  if (beside === undefined) return { ...(await probe(sides, atOnce)), rate: 0 };
  const before = await sides.client.ask("sent");
  await sides.client.ask("upload", messageBytes, beside, lends);
  const latency = await probe(sides, atOnce);
  const rate = ((await sides.client.ask("sent")) - before) / probeMs / 1_000;
  await sides.client.ask("release");
  return { ...latency, rate };
}

async function measureFairness(sides: Sides, each: Case): Promise<void> {
  const idle: Latency[] = [];
  const same: Latency[] = [];
  const other: Latency[] = [];
  for (let round = 0; round < rounds; round++) {
    idle.push(await probeBeside(sides, each, undefined));
    same.push(await probeBeside(sides, each, false));
    other.push(await probeBeside(sides, each, true));
  }
  console.log(`${each.atOnce} small calls at once beside an upload in ${each.name}, ${rounds} rounds:`);
  print("no upload", idle, idle);
  print("on the same connection", same, idle);
  print("on another connection", other, idle);
}

function print(name: string, latencies: readonly Latency[], idle: readonly Latency[]): void {
  const of = (field: keyof Latency) => median(latencies.map((latency) => latency[field]));
  const ratio = (field: "p50" | "p99") =>
    median(latencies.map((latency, i) => latency[field] / (idle[i] as Latency)[field]));
  const times = `p50 ${of("p50").toFixed(3)} ms (${ratio("p50").toFixed(2)}x)   p99 ${of("p99").toFixed(3)} ms (${ratio("p99").toFixed(2)}x)`;
  console.log(`  ${name.padEnd(24)} ${times}   ${of("calls")} calls   ${of("rate").toFixed(0)} MB/s`);
}

async function measureThroughput({ client, server }: Sides): Promise<void> {
  const port = await server.ask("serveBare");
  const ways = {
    [BARE]: () => client.ask("passBare", port, STREAM_BYTES, MESSAGE_BYTES),
    "client stream": () => client.ask("pass", "up", STREAM_BYTES, MESSAGE_BYTES, false),
    "client stream, lent": () => client.ask("pass", "up", STREAM_BYTES, MESSAGE_BYTES, true),
    "server stream": () => client.ask("pass", "down", STREAM_BYTES, MESSAGE_BYTES, false),
    "server stream, lent": () => client.ask("pass", "down", STREAM_BYTES, MESSAGE_BYTES, true),
  };
  const rates = new Map<string, number[]>(Object.keys(ways).map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [way, pass] of Object.entries(ways)) {
      const { bytes, ms } = await pass();
      rates.get(way)?.push(bytes / ms / 1_000);
    }
  }
  const bare = rates.get(BARE) as number[];
  console.log(`one stream of 64 KiB messages, ${STREAM_BYTES / 1_048_576} MiB, ${rounds} rounds:`);
  for (const [name, each] of rates) {
    const ratio = median(each.map((rate, i) => rate / (bare[i] as number)));
    const rest = name === BARE ? "" : `   ${ratio.toFixed(2)}x of the bare socket (bar: 0.8x)`;
    console.log(`  ${name.padEnd(28)} ${median(each).toFixed(0)} MB/s${rest}`);
  }
}

const sides = await startSides();
try {
  await probe(sides, 1);
  for (const each of cases) await measureFairness(sides, each);
  await measureThroughput(sides);
} finally {
  await sides.close();
}
