// What a client says in its log: what its handlers throw, and one-way calls that nobody else is told of.
import type { LogEntry } from "@vertex/client";
import * as assert from "uvu/assert";
import { Greeter } from "../gen/greeter.ts";
import { greeterHandlers, SECRET, serve, type TestBed } from "../support/server/greeter.ts";
import { failureOf, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

const test = suite("the log of a client");

let bed: TestBed;
test.after.each(() => bed.close());

test("has what a handler of the client threw, which the server is not shown", async () => {
  bed = await serve();
  const log: LogEntry[] = [];
  await bed
    .connect({ log: (entry) => log.push(entry) })
    .handle(Greeter, greeterHandlers)
    .ready();
  await until("it is known", () => bed.server.connections.size === 1);
  const [connection] = bed.server.connections;
  const greeter = connection?.use(Greeter);
  if (greeter === undefined) throw new Error("nobody is connected");
  const error = await failureOf(greeter.fail({ code: 0, message: "", retryAfterMs: 0 }));
  assert.is(error.code, "INTERNAL");
  assert.not.match(error.message, SECRET);
  assert.equal(
    log.map(({ level, event, method }) => [level, event, method]),
    [["error", "handler-failed", "vertex.test.v1.Greeter/Fail"]],
  );
  assert.match(String(log[0]?.error), SECRET);
});

test("has a one-way call that failed, unless onOneWayError is told", async () => {
  const refused = () => {
    throw new TypeError("no");
  };
  bed = await serve("tcp://127.0.0.1:0", {}, { notify: refused });
  const log: LogEntry[] = [];
  const told: string[] = [];
  const client = bed.connect({ log: (entry) => log.push(entry) });
  await client.use(Greeter).notify({ text: "x" });
  await until("it is logged", () => log.length === 1);
  assert.equal([log[0]?.level, log[0]?.event], ["warn", "one-way-failed"]);
  const other = bed.connect({
    log: (entry) => log.push(entry),
    onOneWayError: ({ code }) => told.push(code),
  });
  await other.use(Greeter).notify({ text: "x" });
  await until("it is told", () => told.length === 1);
  assert.equal([told, log.length], [["INTERNAL"], 1]);
});
