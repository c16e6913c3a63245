// What streams hold in memory: no more than the stated windows, whoever does not read. Server and client are
// processes of their own, so that each is measured alone. `pnpm --filter @vertex/test streams` sends the full GiB.
// file-timeout: 300 s
import * as assert from "uvu/assert";
import { sleep } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";
import type { Direction } from "./commands.ts";
import { type Side, type Sides, startSides } from "./sides.ts";

const MIB = 1_048_576;
const STREAMS = 100;
const MESSAGE_BYTES = 65_536;
/** LIMITS.md: what a new call may carry, and what all calls of a connection are granted beyond it. */
const INITIAL_CREDIT = 65_536;
const CONNECTION_CREDIT = 4_194_304;
/** What 100 calls cost beside their messages: tables, promises, generators, and what a cold process compiles. */
const OVERHEAD = 4 * MIB;
const MAX_GROWTH = 64 * MIB;
const passedBytes = Number(process.env.VERTEX_STREAM_MIB ?? "256") * MIB;

const ways: readonly { direction: Direction; readers: string; from: keyof Omit<Sides, "close"> }[] = [
  { direction: "down", readers: "clients", from: "server" },
  { direction: "up", readers: "handlers", from: "client" },
];

/** Resolves with what has been sent, once no more is being sent. */
async function sentWhenStill(side: Side): Promise<number> {
  for (let before = -1; ; ) {
    await sleep(250);
    const sent = await side.ask("sent");
    if (sent > 0 && sent === before) return sent;
    before = sent;
  }
}

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

for (const { direction, readers, from } of ways) {
  const test = suite(`memory of streams that ${readers} read`);
  let sides: Sides;

  test.before(async () => {
    sides = await startSides();
  });
  test.after(() => sides.close());

  /** Fills streams until no more goes in, and says what was sent and what both processes hold of it. */
  const fill = async (messageBytes: number, taken: number) => {
    const producer = sides[from];
    const consumer = from === "server" ? sides.client : sides.server;
    const both = [consumer, producer] as const;
    const sentBefore = await producer.ask("sent");
    const before = await Promise.all(both.map((side) => side.ask("watchMemory")));
    await sides.client.ask("hold", { direction, streams: STREAMS, messageBytes }, taken);
    const sent = (await sentWhenStill(producer)) - sentBefore;
    const after = await Promise.all(both.map((side) => side.ask("held")));
    await sides.client.ask("release");
    const [consumerGrowth, producerGrowth] = after.map(({ heap }, i) => heap - (before[i]?.heap ?? 0)) as [
      number,
      number,
    ];
    return { sent, consumerGrowth, producerGrowth };
  };

  for (const messageBytes of [MESSAGE_BYTES, 4_000, 10]) {
    test(
      `${STREAMS} streams of ${messageBytes} bytes a message that nobody reads hold their initial credit and no more`,
      async () => {
        const { sent, consumerGrowth, producerGrowth } = await fill(messageBytes, 0);
        const window = STREAMS * INITIAL_CREDIT;
        // Each producer has one message that waits to go, or half of it does.
        const waiting = STREAMS * messageBytes;
        assert.ok(sent <= window + waiting, `sent ${mib(sent)}`);
        assert.ok(consumerGrowth <= window + OVERHEAD, `the consumer holds ${mib(consumerGrowth)}`);
        assert.ok(producerGrowth <= waiting + OVERHEAD, `the producer holds ${mib(producerGrowth)}`);
      },
      { timeoutMs: 30_000 },
    );
  }

  test(
    `${STREAMS} streams whose consumers stop in the middle hold the credit of the connection and no more`,
    async () => {
      const taken = 3;
      const { sent, consumerGrowth } = await fill(MESSAGE_BYTES, taken);
      const window = STREAMS * INITIAL_CREDIT + CONNECTION_CREDIT;
      const gone = STREAMS * taken * MESSAGE_BYTES;
      // One message may be let in beyond the windows, so that somebody can always go on.
      const beyond = (STREAMS + 1) * MESSAGE_BYTES;
      assert.ok(sent >= gone, `every consumer got its ${taken} messages, of ${mib(sent)}`);
      assert.ok(sent <= gone + window + beyond, `sent ${mib(sent)}`);
      assert.ok(consumerGrowth <= window + OVERHEAD, `the consumer holds ${mib(consumerGrowth)}`);
    },
    { timeoutMs: 30_000 },
  );

  test(
    `${mib(passedBytes)} through one stream let neither process grow by 64 MiB`,
    async () => {
      const both = [sides.server, sides.client];
      const before = await Promise.all(both.map((side) => side.ask("watchMemory")));
      const { bytes, ms } = await sides.client.ask("pass", direction, passedBytes, MESSAGE_BYTES, false);
      const after = await Promise.all(both.map((side) => side.ask("held")));
      const growth = after.map(({ rssPeak }, i) => rssPeak - (before[i]?.rss ?? 0));
      process.stdout.write(
        `${direction}: ${mib(bytes)} in ${ms.toFixed(0)} ms; grew ${growth.map(mib).join(", ")}\n`,
      );
      assert.is(bytes, passedBytes);
      for (const grown of growth) assert.ok(grown < MAX_GROWTH, `grew by ${mib(grown)}`);
    },
    { timeoutMs: 120_000 },
  );
}
