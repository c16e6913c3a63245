// file-timeout: 120 s
// The demo as a newcomer runs it, only shorter and from source; and the parts of it that compute.

import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Violation } from "@vertex/protocol";
import * as assert from "uvu/assert";
import { AgentRecord } from "../../examples/fleet/src/agent-record.ts";
import { Feed } from "../../examples/fleet/src/feed.ts";
import {
  validateReportRequest,
  validateSettings,
} from "../../examples/fleet/src/gen/fleet/v1/fleet.rules.ts";
import {
  Metric,
  Probe,
  type Reading,
  type ReportRequest,
} from "../../examples/fleet/src/gen/fleet/v1/fleet.ts";
import { makeSensors, trafficIn } from "../../examples/fleet/src/probes.ts";
import { Sequences } from "../../examples/fleet/src/sequences.ts";
import { type NamedReading, Store } from "../../examples/fleet/src/store.ts";
import { Summaries } from "../../examples/fleet/src/summaries.ts";
import { Window } from "../../examples/fleet/src/window.ts";
import { suite } from "../support/suite.ts";

const sources = fileURLToPath(new URL("../../examples/fleet/src/", import.meta.url));
const flags = ["--conditions=@vertex/source", "--import", import.meta.resolve("tsx")];

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs one of the example's programs; `temporary` is where it may keep files. */
function run(script: string, args: readonly string[], temporary = tmpdir(), signalAfterMs = 0): Promise<Ran> {
  const child = spawn(process.execPath, [...flags, join(sources, script), ...args], {
    env: { ...process.env, CI: "true", TMPDIR: temporary },
  });
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.err += text;
  });
  if (signalAfterMs > 0) setTimeout(() => child.kill("SIGINT"), signalAfterMs).unref();
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, ...said })));
}

async function inFolder(body: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "vertex-test-fleet-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the demo has left there; tsx has a folder of its own. */
function leftIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => !name.startsWith("tsx-"));
}

const demo = suite("the fleet demo");

demo(
  "ends well by itself, and its summary is plausible",
  () =>
    inFolder(async (folder) => {
      const { code, out, err } = await run("demo.ts", ["--seconds", "3", "--agents", "2"], folder);
      assert.is(code, 0, `${out}\n${err}`);
      const figure = (pattern: RegExp): number =>
        Number(pattern.exec(out)?.[1]?.replaceAll(",", "") ?? Number.NaN);
      const [calls, perSecond] = [figure(/calls +([\d,]+) made/), figure(/messages +([\d,]+) messages\/s/)];
      assert.ok(calls > 100 && perSecond > 200, out);
      assert.ok(figure(/p50 ([\d.]+) ms/) <= figure(/p99 ([\d.]+) ms/), out);
      assert.ok(figure(/reconnects +(\d+)/) >= 4, out);
      assert.ok(figure(/readings +([\d,]+) kept/) > 100, out);
      assert.ok(figure(/collector (\d+) MB/) > 20, out);
      assert.match(out, /1 x DEADLINE_EXCEEDED, not-executed/);
      assert.match(out, /its report: shut down in \d+ ms/);
      assert.not.match(out, /FAIL|NaN|undefined|Infinity/);
      assert.not.ok(out.includes("\u001b"), "no terminal, no escapes");
      assert.equal(leftIn(folder), [], "the journal is removed");
    }),
  { timeoutMs: 60_000 },
);

demo(
  "leaves neither process nor file behind when it is interrupted",
  () =>
    inFolder(async (folder) => {
      const { code } = await run("demo.ts", ["--agents", "2"], folder, 3_000);
      assert.is(code, 130);
      assert.equal(leftIn(folder), []);
      // That no process is left is what the runner looks at for every file.
    }),
  { timeoutMs: 30_000 },
);

for (const args of [["--agents", "0"], ["--agents", "two"], ["--seconds", "1e9"], ["--bogus"], ["extra"]]) {
  demo(`answers ${args.join(" ")} with its usage and exit code 2`, async () => {
    const { code, out, err } = await run("demo.ts", args);
    assert.is(code, 2);
    assert.is(out, "");
    assert.match(err, /usage: demo \[options\]/);
    assert.match(err, args[0] as string);
  });
}

demo("prints its usage when asked, and so do its programs", async () => {
  for (const script of ["demo", "collector", "agent"]) {
    const { code, out } = await run(`${script}.ts`, ["--help"]);
    assert.is(code, 0);
    assert.match(out, new RegExp(`^usage: ${script} `));
  }
});

demo("knows its probes by name", async () => {
  const { code, err } = await run("agent.ts", ["--probes", "cpu,toString"]);
  assert.is(code, 2);
  assert.match(err, /there is no probe "toString"/);
});

demo("says what is wrong with an address", async () => {
  for (const [script, option] of [
    ["agent", "--collector"],
    ["collector", "--listen"],
  ]) {
    const { code, err } = await run(`${script}.ts`, [option as string, "nonsense"]);
    assert.is(code, 2);
    assert.match(err, /"nonsense" is no address/);
  }
});

const window = suite("a window of values");

window("says nothing of nothing", () => {
  assert.equal(new Window().aggregate(), { count: 0, last: 0, min: 0, mean: 0, max: 0, p99: 0 });
});

window("aggregates what it holds", () => {
  const values = new Window();
  for (let value = 100; value >= 1; value--) values.add(value);
  assert.equal(values.aggregate(), { count: 100, last: 1, min: 1, mean: 50.5, max: 100, p99: 99 });
});

window("forgets the oldest", () => {
  const values = new Window();
  values.add(1_000_000);
  for (let index = 0; index < 1_024; index++) values.add(-1);
  assert.equal(values.aggregate(), { count: 1_024, last: -1, min: -1, mean: -1, max: -1, p99: -1 });
});

const sequences = suite("sequence numbers");

sequences("count once, however often they come", () => {
  const seen = new Sequences();
  assert.equal(
    [1n, 2n, 2n, 1n, 3n].map((each) => seen.add(each)),
    [true, true, false, false, true],
  );
  assert.equal([seen.kept, seen.missing], [3n, 0n]);
});

sequences("are missing until they come, in whatever order", () => {
  const seen = new Sequences();
  for (const each of [5n, 3n, 1n]) assert.ok(seen.add(each));
  assert.is(seen.missing, 2n);
  for (const each of [4n, 2n]) assert.ok(seen.add(each));
  assert.is(seen.missing, 0n);
  assert.not(seen.add(4n));
});

sequences("that never come do not cost memory for ever", () => {
  const seen = new Sequences();
  for (let each = 2n; each <= 50_000n; each++) assert.ok(seen.add(each));
  assert.is(seen.missing, 1n);
  assert.not(seen.add(30_000n));
});

const record = suite("the record of an agent");

const load = (sequence: bigint, one: number): Reading => ({
  sequence,
  takenAt: undefined,
  value: { $case: "load", value: { one, five: 0, fifteen: 0 } },
});
const report = (run: bigint, ...readings: Reading[]): ReportRequest => ({ run, readings, dropped: 0n });

record("keeps a reading that comes twice once", () => {
  const agent = new AgentRecord("a");
  assert.equal(
    agent.take(report(1n, load(1n, 3), load(2n, 5)), () => {}),
    { kept: 2, repeated: 0 },
  );
  assert.equal(
    agent.take(report(1n, load(2n, 5), load(3n, 7)), () => {}),
    { kept: 1, repeated: 1 },
  );
  assert.equal(agent.counts(), { agent: "a", kept: 3n, repeated: 1n, missing: 0n, dropped: 0n });
});

record("counts anew when its agent is started again, and refuses the run before", () => {
  const agent = new AgentRecord("a");
  agent.take(report(1n, load(1n, 1)), () => {});
  assert.equal(
    agent.take(report(2n, load(1n, 1)), () => {}),
    { kept: 1, repeated: 0 },
  );
  assert.throws(() => agent.take(report(1n, load(2n, 1)), () => {}), /started again/);
});

record("goes back as far as it is asked", () => {
  const agent = new AgentRecord("a");
  for (let each = 1n; each <= 1_000n; each++) agent.take(report(1n, load(each, 0)), () => {});
  assert.equal(
    agent.recent(2).map(({ sequence }) => sequence),
    [999n, 1_000n],
  );
  assert.equal(agent.recent(0), []);
  assert.ok(agent.recent(4_000_000_000).length <= 512);
});

const summary = suite("summaries of a journal");

summary("say what the store has written, up to now, whoever asks for whom", () =>
  inFolder((folder) => {
    const path = join(folder, "journal");
    const written = new Store(path, new Feed<NamedReading>());
    const summaries = new Summaries(path);
    assert.equal(summaries.of("").agents, []);
    written.report("a", report(1n, load(1n, 3), load(2n, 5)));
    written.report("b", report(1n, load(1n, 9)));
    assert.equal(
      summaries.of("").agents.map(({ agent, kept }) => [agent, kept]),
      [
        ["a", 2n],
        ["b", 1n],
      ],
    );
    written.report("a", report(1n, load(2n, 5), load(3n, 7)));
    assert.throws(() => written.report("a", report(0n, load(1n, 1))), /started again/);
    assert.equal(summaries.of("a").agents, [
      {
        agent: "a",
        kept: 3n,
        repeated: 1n,
        missing: 0n,
        dropped: 0n,
        metrics: [
          { metric: Metric.METRIC_LOAD_ONE_MINUTE, count: 3, last: 7, min: 3, mean: 5, max: 7, p99: 7 },
        ],
      },
    ]);
    assert.throws(() => summaries.of("c"), /nothing is known of an agent c/);
    summaries.close();
    written.close();
  }),
);

const store = suite("the collector's store");

store("finds in the journal what an earlier process kept, but for half an entry", () =>
  inFolder((folder) => {
    const path = join(folder, "journal");
    const open = (): Store => new Store(path, new Feed<NamedReading>());
    const first = open();
    first.report("a", report(1n, load(1n, 1)));
    first.report("b", report(1n, load(1n, 1)));
    first.close();
    const whole = statSync(path).size;
    appendFileSync(path, Uint8Array.of(0, 0, 0, 9, 1, 2));
    const second = open();
    assert.is(second.replayed, 2n);
    assert.is(statSync(path).size, whole);
    assert.equal(second.report("a", report(1n, load(1n, 1), load(2n, 1))), { kept: 1, repeated: 1 });
    second.close();
    const third = open();
    assert.is(third.kept, 3n);
    third.close();
    assert.ok(existsSync(path));
  }),
);

store("refuses agents that it cannot know", () =>
  inFolder((folder) => {
    const all = new Store(join(folder, "journal"), new Feed<NamedReading>());
    assert.throws(() => all.report("", report(1n, load(1n, 1))), /gives itself a name/);
    assert.throws(() => all.records("a"), /nothing is known/);
    all.close();
  }),
);

const contract = suite("the fleet's contract");

contract("refuses what cannot be a report, and settings that cannot be", () => {
  const broken = (violations: readonly Violation[] | undefined) =>
    (violations ?? []).map(({ field, rule }) => `${field} ${rule}`);
  const whole = { ...load(1n, 1), takenAt: { seconds: 1n, nanos: 0 } };
  assert.is(validateReportRequest(report(1n, whole)), undefined);
  assert.equal(broken(validateReportRequest(report(0n, { ...load(0n, 1), value: undefined }))), [
    "run uint64.gt",
    "readings[0].taken_at required",
    "readings[0].value required",
    "readings[0].sequence uint64.gt",
  ]);
  assert.equal(broken(validateReportRequest(report(1n, ...new Array<Reading>(1_001).fill(whole)))), [
    "readings repeated.max_items",
  ]);
  const settings = { intervalMs: 4_000_000, probes: [Probe.PROBE_CPU, 99 as Probe, Probe.PROBE_CPU] };
  assert.equal(broken(validateSettings(settings)), [
    "interval_ms uint32.lte",
    "probes repeated.unique",
    "probes[1] enum.defined_only",
  ]);
});

const feed = suite("a feed");

feed("tells a slow follower how much it has missed", async () => {
  const numbers = new Feed<number>();
  const following = numbers.follow(new AbortController().signal);
  const first = following.next();
  numbers.publish(0);
  assert.equal(await first, { done: false, value: { item: 0, skipped: 0 } });
  for (let each = 1; each <= 1_500; each++) numbers.publish(each);
  for (let each = 1; each <= 1_000; each++) await following.next();
  const waiting = following.next();
  numbers.publish(1_501);
  assert.equal(await waiting, { done: false, value: { item: 1_501, skipped: 500 } });
  numbers.end();
  assert.equal(await following.next(), { done: true, value: undefined });
});

feed("lets go of a follower who leaves", async () => {
  const leave = new AbortController();
  const waiting = new Feed<number>().follow(leave.signal).next();
  leave.abort();
  assert.equal(await waiting, { done: true, value: undefined });
});

const probes = suite("the probes");

probes("measure this machine", async () => {
  const every = Object.values(Probe);
  const sensors = makeSensors(every);
  for (const sensor of sensors) await sensor();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const values = await Promise.all(sensors.map((sensor) => sensor()));
  const found = new Map(
    values.map((value) => [value?.$case, value?.value as unknown as Record<string, number>]),
  );
  const within = (value: unknown, most: unknown) => Number(value) >= 0 && Number(value) <= Number(most);
  assert.ok(within(found.get("cpu")?.busyPercent, 100));
  assert.ok(within(found.get("memory")?.availableBytes, found.get("memory")?.totalBytes));
  assert.ok(within(found.get("disk")?.availableBytes, found.get("disk")?.totalBytes));
  assert.ok(within(found.get("load")?.one, 100_000));
  assert.ok(Number(found.get("process")?.residentBytes) > 1_000_000);
});

probes("read /proc/net/dev", () => {
  const table = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    1000      10    0    0    0     0          0         0     1000      10    0    0    0     0       0          0
  eth0: 500 5 0 0 0 0 0 0 70 1 0 0 0 0 0 0
`;
  assert.equal(trafficIn(table), { received: 1_500, sent: 1_070 });
});
