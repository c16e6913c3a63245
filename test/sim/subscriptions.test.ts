// Subscriptions on virtual time: whatever befalls their connections and their server, every event is delivered once and
// in order, and what paces the openings is the client's own clock.
import { Client } from "@vertex/client";
import { SimNetwork, SimNode, VirtualTime } from "@vertex/protocol/testing";
import { Server, Topic } from "@vertex/server";
import * as assert from "uvu/assert";
import { CountdownRequest, Greeter, type Tick } from "../gen/greeter.ts";
import { onlyHandlers } from "../support/server/greeter-handlers.ts";
import { suite } from "../support/suite.ts";

const test = suite("subscriptions in simulated worlds");
const ADDRESS = "tcp://server:7400";
const HOUR_MS = 3_600_000;

class Feed {
  readonly time: VirtualTime;
  readonly network: SimNetwork;
  readonly here: SimNode;
  readonly there: SimNode;
  readonly client: Client;
  readonly seen: number[] = [];
  opened = 0;
  published = 0;
  /** Outlives its server, as a log on disk does. */
  readonly #ticks = new Topic<Tick>({ history: 10_000, cursor: ({ n }) => n });
  ended: string | null = null;

  constructor(seed: number) {
    this.time = new VirtualTime({ seed });
    this.network = new SimNetwork(this.time);
    this.here = new SimNode(this.time, "client");
    this.there = new SimNode(this.time, "server");
    this.boot();
    const reconnect = { initialDelayMs: 200, maxDelayMs: 2_000 };
    this.client = new Client(ADDRESS, { reconnect, log: () => {} }, this.network.host(this.here));
    this.here.run(() => void this.#read());
  }

  boot(): void {
    const server = new Server({ log: () => {} }, this.there).handle(
      Greeter,
      onlyHandlers({ countdown: ({ from }, call) => this.#ticks.subscribe(call, { after: from }) }),
    );
    this.there.run(() => {
      this.network.listen(this.there, ADDRESS, (transport) => server.accept(transport));
    });
  }

  publish(): void {
    this.#ticks.publish({ n: ++this.published });
  }

  async #read(): Promise<void> {
    const greeter = this.client.use(Greeter);
    const open = (last?: Tick) => {
      this.opened++;
      const request = CountdownRequest.fromPartial({ from: last?.n ?? 0 });
      return greeter.countdown(request, { timeoutMs: Number.POSITIVE_INFINITY });
    };
    try {
      for await (const { n } of this.client.resume(open)) this.seen.push(n);
      this.ended = "well";
    } catch (error) {
      this.ended = (error as { code: string }).code;
    }
  }
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

for (const seed of [1, 2, 3]) {
  test(`deliver each event once and in order through an hour of resets, silence and kills (seed ${seed})`, async () => {
    const feed = new Feed(seed);
    const { time, network, there } = feed;
    const dice = time.dice.fork();
    const publishing = (): void => {
      if (time.now > HOUR_MS) return;
      feed.publish();
      time.after(dice.between(100, 3_000), publishing);
    };
    const breaking = (): void => {
      if (time.now > HOUR_MS) return;
      const [connection] = network.connections;
      if (dice.chance(0.2)) {
        there.crash();
        time.after(dice.between(10, 20_000), () => {
          there.start();
          feed.boot();
        });
      } else if (connection !== undefined) {
        if (dice.chance(0.5)) network.reset(connection);
        else network.blackHole(connection);
      }
      time.after(dice.between(30_000, 90_000), breaking);
    };
    time.after(0, publishing);
    time.after(5_000, breaking);
    await time.run(HOUR_MS + 120_000);
    assert.ok(feed.published > 1_000, `${feed.published} events`);
    assert.ok(feed.opened > 30, `opened ${feed.opened} times`);
    assert.equal(feed.seen, upTo(feed.published));
    const closed = time.now;
    await time.finish(feed.client.close({ graceMs: 0 }));
    await time.run(10_000);
    assert.ok(time.now - closed < 20_000);
    assert.is(feed.ended, "CANCELLED");
    assert.is(feed.here.timers, 0, "timers left");
  });
}

test("take the same course again from the same seed", async () => {
  const course = async () => {
    const feed = new Feed(7);
    for (let n = 0; n < 5; n++) {
      feed.publish();
      await feed.time.run(10_000);
      for (const connection of feed.network.connections) feed.network.reset(connection);
    }
    await feed.time.run(60_000);
    assert.equal(feed.seen, upTo(5));
    return feed.time.trace.hash;
  };
  assert.is(await course(), await course());
});

test("end at once when the client is closed while they wait to open again", async () => {
  const feed = new Feed(9);
  await feed.time.run(1_000);
  feed.there.crash();
  await feed.time.run(1_000);
  const { now } = feed.time;
  await feed.time.finish(feed.client.close());
  await feed.time.run(1);
  assert.is(feed.ended, "CANCELLED");
  assert.ok(feed.time.now - now < 100, `${feed.time.now - now} ms`);
});
