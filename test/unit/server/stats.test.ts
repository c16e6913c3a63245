// Counters, and the report of a shutdown.
import { LimitExceeded, type SessionEnd } from "@vertex/protocol";
import * as assert from "uvu/assert";
import { Shutdown } from "../../../packages/server/src/shutdown.ts";
import { ServerStats } from "../../../packages/server/src/stats.ts";
import { thrownBy } from "../../support/server/waiting.ts";
import { suite } from "../../support/suite.ts";

const test = suite("server stats");

const end = (reason: SessionEnd["reason"]): SessionEnd => ({
  reason,
  message: "",
  by: "here",
  cancelledCalls: 0,
});
const of = (servedCalls: number) => ({ servedCalls, usage: { bytes: 10, frames: 2, busyMs: 0.5 } });
const received = { bytes: 0, frames: 0, busyMs: 0 };
const now = {
  connections: 1,
  runningCalls: 2,
  servedCalls: 3,
  heldBytes: 0,
  received,
  workers: [],
  handshakes: 0,
  waitingCalls: 0,
  concurrencyLimit: 5,
  refusedCalls: {},
};

test("connections that end are counted by the name of their reason, with the calls that they took", () => {
  const stats = new ServerStats();
  stats.ended(end("LINK_LOST"), of(5));
  stats.ended(end("LINK_LOST"), of(7));
  stats.ended(end("NOT_VERTEX"), of(0));
  assert.equal(stats.report(now).ended, { LINK_LOST: 2, NOT_VERTEX: 1 });
  assert.is(stats.servedCalls, 12);
  assert.equal(stats.received, { bytes: 30, frames: 6, busyMs: 1.5 });
});

test("those that went over a limit are counted by its name, too", () => {
  const stats = new ServerStats();
  for (const limit of ["pings", "resets", "pings"] as const) {
    stats.ended({ ...end("LIMIT"), cause: new LimitExceeded(limit, "too many") }, of(1));
  }
  const { ended, limits } = stats.report(now);
  assert.equal([ended, limits], [{ LIMIT: 3 }, { pings: 2, resets: 1 }]);
});

test("a report is a copy: it does not change with what comes later", () => {
  const stats = new ServerStats();
  const before = stats.report(now);
  stats.ended(end("LIMIT"), of(0));
  stats.accepted++;
  assert.equal([before.ended, before.accepted], [{}, 0]);
});

const shutdowns = suite("a shutdown of nobody");

shutdowns("is done at once, and says so", async () => {
  const shutdown = new Shutdown([], {});
  shutdown.start();
  const report = await shutdown.done;
  assert.equal([report.connections, report.finished, report.cancelled], [0, 0, 0]);
  assert.match(report.text, /^shut down in \d+ ms: 0 connections closed, 0 calls finished, 0 cancelled$/);
});

for (const graceMs of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
  shutdowns(`refuses a grace time of ${graceMs}`, () => {
    assert.match(thrownBy(() => new Shutdown([], { graceMs })).message, `graceMs must be from 0`);
  });
}
