// file-timeout: 60 s
// The wire suite against this repository's server and client, and its cases against the tables of PROTOCOL.md.
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { clientCases, clientServingCases } from "./client-cases.ts";
import { ownClients } from "./client-under-test.ts";
import { disagreements, pageCells, readPage } from "./page.ts";
import { runClientCase, runClientServingCase } from "./run-client.ts";
import { type CaseResult, factsOf, inParallel, runServerCase } from "./run-server.ts";
import { startOwnServer } from "./server.ts";
import { serverCases } from "./server-cases.ts";

const test = suite("the wire suite");
const AT_ONCE = 24;
const facts = {
  frame: 20_000,
  message: 60_000,
  calls: 8,
  credit: 16_000,
  heartbeatIntervalMs: 600,
  heartbeatTimeoutMs: 500,
};

function assertPassed(results: readonly CaseResult[], least: number): void {
  const failed = results.filter(({ behaviour, ending }) => behaviour !== "" || ending !== "");
  assert.equal(failed, []);
  assert.ok(results.length >= least, `${results.length} cases`);
}

test(
  "passes against the server",
  async () => {
    const { server, target } = await startOwnServer();
    try {
      const real = await factsOf(target);
      assert.equal(real, facts);
      const cases = serverCases(real, true);
      assertPassed(await inParallel(cases, AT_ONCE, (one) => runServerCase(target, one, real)), 160);
    } finally {
      await server.shutdown({ graceMs: 0 });
    }
  },
  { timeoutMs: 30_000 },
);

test(
  "passes against the client",
  async () => {
    const calling = await inParallel(clientCases, AT_ONCE, (one) => runClientCase(one, ownClients));
    const serving = await inParallel(clientServingCases, AT_ONCE, (one) =>
      runClientServingCase(one, ownClients),
    );
    assertPassed([...calling, ...serving], 60);
  },
  { timeoutMs: 30_000 },
);

test("has a case for every cell of the tables of PROTOCOL.md, with the verdict that stands there", () => {
  const cells = pageCells(readPage());
  assert.is(cells.length, 55);
  const cases = [...serverCases(facts, true), ...clientCases, ...clientServingCases];
  assert.equal(disagreements(cells, cases), []);
  for (const some of [serverCases(facts, true), clientCases, clientServingCases]) {
    assert.is(new Set(some.map(({ name }) => name)).size, some.length, "every case has a name of its own");
  }
});

test("notices a cell without a case, a verdict that differs, and a cell that is not there", () => {
  const cell = { table: "serving", frame: "DATA", state: "over" } as const;
  const page = [{ ...cell, verdict: "ignored" as const }];
  assert.is(disagreements(page, []).length, 1);
  assert.is(disagreements(page, [{ name: "a", cell, verdict: "ends" }]).length, 1);
  assert.is(
    disagreements(page, [{ name: "a", cell: { ...cell, state: "up" }, verdict: "ignored" }]).length,
    2,
  );
});
