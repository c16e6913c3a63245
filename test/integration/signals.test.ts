// SIGTERM and SIGINT, sent to a real server in a process of its own.
import { connect } from "@vertex/client";
import * as assert from "uvu/assert";
import { Greeter } from "../gen/greeter.ts";
import { type Child, startChild } from "../support/server/child.ts";
import { clientOptions } from "../support/server/greeter.ts";
import { failureOf, sleep } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

const test = suite("signals");

let child: Child;
test.after.each(() => child.close());

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} lets what runs finish, prints one line, and exits with 0`, async () => {
    child = startChild("child-server.ts");
    const client = connect(await child.says(/listening (\S+)/), clientOptions());
    await client.ready();
    const call = client.use(Greeter).slow({ waitMs: 200, name: "x" });
    await sleep(50);
    child.signal(signal);
    assert.equal(await call, { text: "Finally, x" });
    assert.is(await child.ended, 0);
    assert.match(
      child.stderr(),
      new RegExp(`^${signal}: shut down in \\d+ ms: 1 connection closed, 1 call finished, 0 cancelled\\n$`),
    );
    await client.close();
  });
}

test("a second signal exits at once with 1", async () => {
  child = startChild("child-server.ts", "60000");
  const client = connect(await child.says(/listening (\S+)/), clientOptions());
  await client.ready();
  const call = failureOf(client.use(Greeter).slow({ waitMs: 60_000, name: "x" }, { timeoutMs: 60_000 }));
  await sleep(50);
  child.signal("SIGTERM");
  await sleep(150);
  assert.is(child.process.exitCode, null);
  child.signal("SIGTERM");
  assert.is(await child.ended, 1);
  assert.equal([(await call).code, (await call).outcome], ["UNAVAILABLE", "unknown"]);
  await client.close();
});

test("what outlasts the grace time is cut off, reported, and the exit code is still 0", async () => {
  child = startChild("child-server.ts", "100");
  const client = connect(await child.says(/listening (\S+)/), clientOptions());
  await client.ready();
  const call = failureOf(client.use(Greeter).slow({ waitMs: 60_000, name: "x" }, { timeoutMs: 60_000 }));
  await sleep(50);
  child.signal("SIGTERM");
  assert.is(await child.ended, 0);
  assert.match(child.stderr(), "0 calls finished, 1 cancelled");
  assert.equal([(await call).code, (await call).outcome], ["UNAVAILABLE", "unknown"]);
  await client.close();
});

test("a server that is killed is lost to its clients: unknown calls say so", async () => {
  child = startChild("child-server.ts");
  const client = connect(await child.says(/listening (\S+)/), clientOptions());
  await client.ready();
  const call = failureOf(client.use(Greeter).slow({ waitMs: 60_000, name: "x" }, { timeoutMs: 60_000 }));
  await sleep(50);
  child.signal("SIGKILL");
  assert.equal([(await call).code, (await call).outcome], ["UNAVAILABLE", "unknown"]);
  await client.close();
});
