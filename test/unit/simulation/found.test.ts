// What the simulator has found, each as the smallest thing that shows it.
import { Client } from "@vertex/client";
import { SimNetwork, SimNode, testPair, VirtualTime } from "@vertex/protocol/testing";
import { Server } from "@vertex/server";
import * as assert from "uvu/assert";
import { Blobs, type BlobsHandlers } from "../../gen/greeter.ts";
import { suite } from "../../support/suite.ts";

const test = suite("found by simulation");

const never: BlobsHandlers = {
  echo: (blob) => blob,
  swallow: () => ({}),
  produce: () => [],
  consume: () => new Promise(() => {}),
};

test("a stream that is read before there is a connection gets a first message above its credit", async () => {
  const time = new VirtualTime();
  const node = new SimNode(time, "alone");
  const data = new Uint8Array(300_000).fill(7);
  const pair = testPair(Blobs, { ...never, produce: () => [{ data }] }, { node });
  const read = async () => {
    const sizes: number[] = [];
    for await (const blob of pair.stub.produce({ count: 1, size: 300_000 })) sizes.push(blob.data.length);
    return sizes;
  };
  assert.equal(await time.finish(read(), 1_000), [300_000]);
  await time.finish(pair.close());
});

test("requests that had all come and were not read do not look complete once the call is cancelled", async () => {
  const time = new VirtualTime();
  const node = new SimNode(time, "alone");
  const seen: string[] = [];
  const consume: BlobsHandlers["consume"] = async (requests) => {
    await node.sleep(100);
    try {
      for await (const { data } of requests) seen.push(`${data.length} bytes`);
      seen.push("all");
    } catch (error) {
      seen.push((error as { code: string }).code);
    }
    return { total: 0n, count: 0 };
  };
  const pair = testPair(Blobs, { ...never, consume }, { node });
  const stream = pair.stub.consume();
  const answer = stream.send([1, 2, 3].map((size) => ({ data: new Uint8Array(size) }))).catch(() => {});
  await time.run(50);
  stream.cancel();
  await time.finish(answer);
  await time.run(100);
  assert.equal(seen, ["CANCELLED"]);
  await time.finish(pair.close());
});

for (const seed of [1, 2, 3, 4]) {
  test(`a process that slept over half-sent bytes does not dismiss a peer that reads (seed ${seed})`, async () => {
    const time = new VirtualTime({ seed });
    const network = new SimNetwork(time);
    const [here, there] = [new SimNode(time, "client"), new SimNode(time, "server")];
    Object.assign(network.path(here, there), { bytesPerSecond: 200_000, windowBytes: 20_000 });
    const server = new Server({ log: () => {} }, there).handle(Blobs, never);
    network.listen(there, "tcp://server:7400", (transport) => server.accept(transport));
    const ends: string[] = [];
    const onDisconnect = ({ reason }: { reason: string }) => ends.push(reason);
    const client = new Client("tcp://server:7400", { onDisconnect }, network.host(here));
    const call = client.use(Blobs).swallow({ data: new Uint8Array(1_000_000) }, { timeoutMs: 60_000 });
    await time.run(2_000);
    here.pause();
    await time.run(12_000);
    here.resume();
    await time.finish(call, 60_000);
    assert.equal(ends, []);
    await time.finish(Promise.all([client.close(), server.shutdown()]));
  });
}
