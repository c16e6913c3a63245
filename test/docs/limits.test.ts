// LIMITS.md and the code say the same.

import { readFileSync } from "node:fs";
import { sessionOptionRules } from "@vertex/protocol";
import { MAX_RULE_DEPTH, MAX_VIOLATIONS } from "@vertex/protocol/rules";
import * as assert from "uvu/assert";
import { resolveClientOptions } from "../../packages/client/src/client-options.ts";
import {
  LATE_FRAMES,
  PING_BURST,
  PINGS_PER_SECOND,
  RESET_BURST,
  RESETS_PER_SECOND,
} from "../../packages/protocol/src/accounting.ts";
import { TURN_MS } from "../../packages/protocol/src/turns.ts";
import { LOGGED_A_SECOND } from "../../packages/server/src/log-limit.ts";
import { Places } from "../../packages/server/src/places.ts";
import { resolveServerOptions } from "../../packages/server/src/server-options.ts";
import { workerOptionRules } from "../../packages/server/src/workers/worker-options.ts";
import { suite } from "../support/suite.ts";

const test = suite("LIMITS.md");
const page = readFileSync(new URL("../../LIMITS.md", import.meta.url), "utf8");

/** The rows of the table behind a heading: name to default and bounds, as written. */
function rows(heading: string): Map<string, { standard: string; bounds: string }> {
  const section = page.split("\n## ").find((part) => part.startsWith(heading)) ?? "";
  const found = new Map<string, { standard: string; bounds: string }>();
  for (const [, name, standard, bounds] of section.matchAll(/^\| `([^`]+)`[^|]*\| ([^|]+) \| ([^|]+) \|/gm)) {
    found.set(name as string, { standard: (standard as string).trim(), bounds: (bounds as string).trim() });
  }
  return found;
}

const doorNames = [
  "maxConnections",
  "maxHandshakes",
  "maxAcceptsPerSecond",
  "maxUnsentBytes",
  "maxHeldBytes",
  "maxConnectionAgeMs",
  "connectionAgeGraceMs",
] as const;

const number = (text: string) => Number(text.replaceAll(",", ""));

test("every limit of a connection stands there with its default and bounds", () => {
  const documented = rows("Of a connection");
  assert.equal([...documented.keys()].sort(), Object.keys(sessionOptionRules).sort());
  for (const [name, [standard, min, max]] of Object.entries(sessionOptionRules)) {
    const row = documented.get(name);
    assert.is(number(row?.standard ?? ""), standard, name);
    assert.equal(row?.bounds.split(" – ").map(number), [min, max], name);
  }
});

test("the server's limits stand there with their defaults", () => {
  const documented = rows("Of a server");
  const real = resolveServerOptions();
  for (const name of doorNames) {
    const row = documented.get(name);
    const standard = row?.standard ?? "";
    assert.is(standard === "unlimited" ? standard : number(standard), real[name], name);
    const least = number(row?.bounds.split(" –")[0] ?? "");
    assert.is(resolveServerOptions({ [name]: least })[name], least, name);
    assert.throws(() => resolveServerOptions({ [name]: least - 1 }), new RegExp(name));
  }
  const places = new Places(
    {},
    () => 0,
    () => {},
  );
  assert.is(number(documented.get("concurrency.maxRunningCalls")?.standard ?? ""), places.limit);
  assert.is(number(documented.get("unixMode")?.standard ?? ""), real.unixMode);
  assert.throws(() => resolveServerOptions({ maxConnections: 0 }), /maxConnections/);
});

test("the limits of worker threads stand there with their defaults and bounds", () => {
  const documented = rows("Of worker threads");
  assert.equal([...documented.keys()].sort(), Object.keys(workerOptionRules).sort());
  for (const [name, [standard, min, max]] of Object.entries(workerOptionRules)) {
    const row = documented.get(name);
    // As many as the machine has cores, less one: no number.
    if (name !== "threads") assert.is(number(row?.standard ?? ""), standard, name);
    assert.equal(row?.bounds.split(" – ").map(number), [min, max], name);
  }
});

test("the fixed budgets stand there as they are", () => {
  const stated = (amount: number) => amount.toLocaleString("en-US");
  assert.ok(page.includes(`${stated(PING_BURST)} at once, ${PINGS_PER_SECOND} a second after that`));
  assert.ok(page.includes(`(${RESET_BURST} at least); after that ${RESETS_PER_SECOND} a second`));
  assert.ok(page.includes(`${stated(LATE_FRAMES)}, and for each call`));
  assert.ok(page.includes(`| ${LOGGED_A_SECOND} a second for each event`));
  assert.ok(page.includes(`or ${TURN_MS} ms; the rest waits`));
});

test("the client's limits stand there with their defaults and bounds", () => {
  const documented = rows("Of a client");
  const real = resolveClientOptions();
  for (const name of ["connections", "connectTimeoutMs", "maxQueuedCalls", "maxAttempts"] as const) {
    const row = documented.get(name);
    assert.is(number(row?.standard ?? ""), real[name], name);
    const [min, max] = (row?.bounds ?? "").split(" – ").map(number) as [number, number];
    assert.is(resolveClientOptions({ [name]: min })[name], min);
    assert.is(resolveClientOptions({ [name]: max })[name], max);
    assert.throws(() => resolveClientOptions({ [name]: max + 1 }), new RegExp(name));
    assert.throws(() => resolveClientOptions({ [name]: min - 1 }), new RegExp(name));
  }
});

test("the bounds of validation stand there", () => {
  const section = page.split("\n## ").find((part) => part.startsWith("Of validation")) ?? "";
  assert.match(section, `| violations that one refused request is told of | ${MAX_VIOLATIONS} |`);
  assert.match(section, `| nesting that is validated | ${MAX_RULE_DEPTH} levels |`);
  const [parts, table] = ["MAX_PARTS", "MAX_TABLE"].map((name) => {
    const source = readFileSync(
      new URL("../../codegen/src/rules/pattern-automaton.ts", import.meta.url),
      "utf8",
    );
    return Number(
      new RegExp(`const ${name} = ([\\d_]+);`).exec(source)?.[1]?.replaceAll("_", ""),
    ).toLocaleString("en");
  });
  assert.match(section, `${parts} parts, ${table} entries`);
});
