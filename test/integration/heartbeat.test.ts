// Peers that fall silent, and processes that were asleep: with real processes that are stopped and continued.
import { connect } from "@vertex/client";
import * as assert from "uvu/assert";
import { Greeter } from "../gen/greeter.ts";
import { type Child, startChild } from "../support/server/child.ts";
import { clientOptions, serve, transports } from "../support/server/greeter.ts";
import { relayTo } from "../support/server/sockets.ts";
import { failureOf, sleep, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

const session = { heartbeatIntervalMs: 200, heartbeatTimeoutMs: 200 };
/** Interval, timeout, one sweep, and what a busy machine adds. */
const DISMISSED_MS = 5_000;

const quiet = suite("a heartbeat on real sockets");

for (const transport of transports) {
  quiet(`connections over ${transport.name} that are idle live on, and know their round trip`, async () => {
    const bed = await serve(transport.address(), { session: { ...session, heartbeatIntervalMs: 30 } });
    const client = bed.connect({ session: { ...session, heartbeatIntervalMs: 30 } });
    await client.ready();
    await sleep(500);
    assert.equal([client.stats().disconnects, bed.server.connections.size], [0, 1]);
    assert.ok([...bed.server.connections].every(({ roundTripMs }) => roundTripMs >= 0));
    await bed.close();
  });
}

quiet("a relay that passes nothing on is noticed on both sides", async () => {
  const bed = await serve("tcp://127.0.0.1:0", { session });
  const relay = await relayTo(bed.address);
  const reasons: string[] = [];
  const client = connect(
    relay.address,
    clientOptions({ session, onDisconnect: ({ reason, by }) => reasons.push(`${reason} by ${by}`) }),
  );
  await client.ready();
  const call = failureOf(client.use(Greeter).slow({ waitMs: 10_000, name: "x" }, { timeoutMs: 60_000 }));
  await until("it runs", () => bed.server.stats().runningCalls === 1);
  relay.freeze();
  await until(
    "both noticed",
    () => reasons.length > 0 && bed.server.stats().ended.HEARTBEAT_TIMEOUT !== undefined,
    DISMISSED_MS,
  );
  assert.is(reasons[0], "HEARTBEAT_TIMEOUT by here");
  assert.match((await call).message, "nothing was heard for");
  await client.close({ graceMs: 0 });
  await relay.close();
  await bed.close();
});

const stopped = suite("a process that is stopped");

let child: Child;
stopped.after.each(() => child.close());

stopped("is dismissed by its server when it does not wake up in time", async () => {
  const bed = await serve("tcp://127.0.0.1:0", { session });
  child = startChild("child-client.ts", bed.address, "200", "200");
  await until("it is connected", () => bed.server.connections.size === 1, 8_000);
  child.signal("SIGSTOP");
  const started = performance.now();
  await until("it is dismissed", () => bed.server.connections.size === 0, DISMISSED_MS);
  assert.ok(performance.now() - started >= 150, "not before its time");
  assert.equal(bed.server.stats().ended, { HEARTBEAT_TIMEOUT: 1 });
  assert.match(bed.log.at(-1)?.message ?? "", /^HEARTBEAT_TIMEOUT: nothing was heard for \d+ ms$/);
  child.signal("SIGCONT");
  await until("it is back", () => bed.server.connections.size === 1);
  child.signal("SIGUSR2");
  assert.is(await child.says(/answer (.*)/), "Hello child");
  await child.close();
  await bed.close();
});

stopped("is dismissed by its client, whose calls end", async () => {
  child = startChild("child-server.ts", "1000", "200", "200");
  const ends: string[] = [];
  const address = await child.says(/listening (\S+)/);
  const client = connect(
    address,
    clientOptions({ session, onDisconnect: ({ reason, by }) => ends.push(`${reason} by ${by}`) }),
  );
  await client.ready();
  child.signal("SIGSTOP");
  const call = failureOf(client.use(Greeter).slow({ waitMs: 1, name: "x" }, { timeoutMs: 60_000 }));
  await until("it is dismissed", () => ends.length > 0, DISMISSED_MS);
  assert.is(ends[0], "HEARTBEAT_TIMEOUT by here");
  assert.equal([(await call).code, (await call).outcome], ["UNAVAILABLE", "unknown"]);
  child.signal("SIGCONT");
  assert.equal(await client.use(Greeter).hello({ name: "again" }), { text: "Hello again" });
  await client.close();
});

stopped("does not dismiss a healthy peer for its own sleep, twice over", async () => {
  // The server is patient; the client's own clock jumps far beyond its interval and timeout each time.
  const bed = await serve("tcp://127.0.0.1:0", {
    session: { heartbeatIntervalMs: 400, heartbeatTimeoutMs: 60_000 },
  });
  child = startChild("child-client.ts", bed.address, "200", "200");
  await child.says(/(connected)/);
  for (let i = 0; i < 2; i++) {
    child.signal("SIGSTOP");
    await sleep(1_200);
    child.signal("SIGCONT");
    await sleep(300);
  }
  child.signal("SIGUSR2");
  assert.is(await child.says(/answer (.*)/), "Hello child");
  assert.is(child.stdout(), "connected\nanswer Hello child\n");
  await child.close();
  await bed.close();
});
