import type { Transport } from "@vertex/protocol";
import { parseAddress } from "@vertex/protocol/host";
import { SimNetwork, SimNode, type SimPath, VirtualTime } from "@vertex/protocol/testing";
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";

const test = suite("a simulated network");
const address = "tcp://server:7400";

/** One end, and what became of it. */
class End {
  readonly transport: Transport;
  received: number[] = [];
  chunks = 0;
  drained = 0;
  closed: string[] = [];

  constructor(transport: Transport) {
    this.transport = transport;
    transport.start({
      received: (chunk) => {
        this.chunks++;
        this.received.push(...chunk);
      },
      drained: () => this.drained++,
      closed: (error) => this.closed.push(error?.message ?? "in order"),
    });
  }
}

async function joined(conditions: Partial<SimPath> = {}, seed = 1) {
  const time = new VirtualTime({ seed });
  const network = new SimNetwork(time);
  Object.assign(network.conditions, { jitterMs: 0, delayMs: 10 }, conditions);
  const [client, server] = [new SimNode(time, "client"), new SimNode(time, "server")];
  const ends: End[] = [];
  network.listen(server, address, (transport) => ends.push(new End(transport)));
  const dialing = new Promise<Transport>((connected, failed) => {
    network.host(client).dial(parseAddress(address), undefined, { connected, failed });
  });
  const here = new End(await time.finish(dialing));
  const [there] = ends as [End];
  return { time, network, client, server, here, there };
}

const bytes = (count: number, from = 0) => Uint8Array.from({ length: count }, (_, i) => (from + i) & 0xff);

test("delivers in order, after the delay of the direction, whatever it is chopped to", async () => {
  const { time, network, client, server, here, there } = await joined({ chop: 1, jitterMs: 50 });
  for (let i = 0; i < 20; i++) here.transport.write(bytes(1_000, i));
  await time.run(9);
  assert.is(there.received.length, 0);
  await time.run(1_000);
  const expected = Array.from({ length: 20 }, (_, i) => [...bytes(1_000, i)]).flat();
  assert.equal(there.received, expected);
  assert.ok(there.chunks > 20, `${there.chunks} chunks`);
  network.path(server, client).delayMs = 500;
  there.transport.write(bytes(3));
  await time.run(499);
  assert.is(here.received.length, 0);
  await time.run(60);
  assert.equal(here.received, [0, 1, 2]);
});

test("is congested by a receiver that does not read, and drains when it does", async () => {
  const { time, here, there } = await joined({ windowBytes: 50_000 });
  there.transport.pause();
  here.transport.write(bytes(40_000));
  assert.is(here.transport.bufferedBytes, 0);
  here.transport.write(bytes(40_000));
  assert.is(here.transport.bufferedBytes, 30_000);
  assert.ok(here.transport.congested);
  await time.run(5_000);
  assert.is(here.drained, 0);
  there.transport.resume();
  await time.run(1_000);
  assert.is(there.received.length, 80_000);
  assert.is(here.drained, 1);
  assert.not(here.transport.congested);
});

test("stays congested until it has drained, also when a little is written on the way", async () => {
  const { time, here } = await joined({ bytesPerSecond: 10_000 });
  here.transport.write(bytes(30_000));
  assert.ok(here.transport.congested);
  for (let second = 0; here.drained === 0; second++) {
    assert.ok(second < 20 && here.transport.congested, `${here.transport.bufferedBytes} bytes wait`);
    if (here.transport.bufferedBytes > 1_000) here.transport.write(bytes(8));
    await time.run(1_000);
  }
  assert.is(here.transport.bufferedBytes, 0);
  assert.not(here.transport.congested);
});

test("passes no more bytes in a second than it is wide", async () => {
  const { time, here, there } = await joined({ bytesPerSecond: 10_000 });
  here.transport.write(bytes(50_000));
  await time.run(2_010);
  assert.ok(Math.abs(there.received.length - 20_000) <= 2_920, `${there.received.length} bytes`);
  await time.run(4_000);
  assert.is(there.received.length, 50_000);
});

test("clogged, it keeps everything back and loses nothing", async () => {
  const { time, network, client, server, here, there } = await joined();
  network.clog(client, server, 3_000);
  here.transport.write(bytes(10));
  await time.run(2_900);
  assert.is(there.received.length, 0);
  await time.run(200);
  assert.is(there.received.length, 10);
});

test("an end in order delivers all that was written, then both ends are closed", async () => {
  const { time, network, here, there } = await joined({ bytesPerSecond: 100_000 });
  here.transport.write(bytes(30_000));
  here.transport.end();
  await time.run(2_000);
  assert.is(there.received.length, 30_000);
  assert.equal([here.closed, there.closed], [["in order"], ["in order"]]);
  assert.is(network.connections.length, 0);
});

test("a reset loses what was on its way and tells both ends", async () => {
  const { time, network, here, there } = await joined({ delayMs: 100 });
  here.transport.write(bytes(10));
  network.reset(network.connections[0]!);
  await time.run(1_000);
  assert.is(there.received.length, 0);
  assert.equal([here.closed, there.closed], [["read ECONNRESET"], ["read ECONNRESET"]]);
});

test("a black hole swallows one direction and tells nobody", async () => {
  const { time, network, here, there } = await joined();
  network.blackHole(network.connections[0]!, "there");
  here.transport.write(bytes(10));
  there.transport.write(bytes(5));
  await time.run(60_000);
  assert.equal([there.received.length, here.received.length], [0, 5]);
  assert.equal([here.closed, there.closed], [[], []]);
  here.transport.end();
  await time.run(2_000);
  assert.equal([here.closed, there.closed], [["in order"], []]);
});

test("the kernel of a killed process closes its connections; that of a machine that is off does not", async () => {
  const killed = await joined();
  killed.server.crash();
  await killed.time.run(2_000);
  assert.equal(killed.here.closed, ["in order"]);
  const off = await joined();
  off.server.crash({ silent: true });
  await off.time.run(60_000);
  assert.equal(off.here.closed, []);
  off.server.start();
  off.here.transport.write(bytes(1));
  await off.time.run(100);
  assert.equal(off.here.closed, ["read ECONNRESET"]);
});

test("memory that was written is copied, spoilt, or kept, as the test wants it", async () => {
  const { time, network, client } = await joined();
  const written: Record<string, [reusable: boolean, after: number]> = {};
  for (const mode of ["copies", "poisons", "keeps"] as const) {
    network.writeMode = mode;
    const chunk = bytes(4, 1);
    const dialed = new Promise<Transport>((connected, failed) => {
      network.host(client).dial(parseAddress(address), undefined, { connected, failed });
    });
    written[mode] = [(await time.finish(dialed)).write(chunk), chunk[0]!];
  }
  assert.equal(written, { copies: [true, 1], poisons: [true, 0xaa], keeps: [false, 1] });
});

test("who dials is refused, left waiting, answered late, or refused where nobody listens", async () => {
  const { time, network, client } = await joined();
  const outcomeOf = async (to: string, waitMs: number) => {
    let outcome = "nothing";
    network.host(client).dial(parseAddress(to), undefined, {
      connected: () => {
        outcome = "connected";
      },
      failed: (error) => {
        outcome = error.message;
      },
    });
    await time.run(waitMs);
    return outcome;
  };
  assert.is(await outcomeOf("tcp://nowhere:1", 100), "connect ECONNREFUSED tcp://nowhere:1");
  network.setDialPolicy(address, "refuse");
  assert.is(await outcomeOf(address, 100), `connect ECONNREFUSED ${address}`);
  network.setDialPolicy(address, "never");
  assert.is(await outcomeOf(address, 100_000), "nothing");
  network.setDialPolicy(address, { slowMs: 2_000 });
  assert.is(await outcomeOf(address, 1_900), "nothing");
  network.setDialPolicy(address, "accept");
  assert.is(await outcomeOf(address, 100), "connected");
});

test("the same seed takes the same course, another one another", async () => {
  const course = async (seed: number) => {
    const { time, here, there } = await joined({ chop: 1, jitterMs: 30 }, seed);
    for (let i = 0; i < 50; i++) here.transport.write(bytes(500, i));
    there.transport.write(bytes(2_000));
    await time.run(1_000);
    return time.trace.hash;
  };
  assert.is(await course(5), await course(5));
  assert.is.not(await course(5), await course(6));
});
