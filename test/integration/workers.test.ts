// file-timeout: 120 s
// Commands that run in worker threads, from a client's call to the thread and back. What they do to the pace of the
// main thread is measured by `pnpm --filter @vertex/test workers`; here it is counted and put in order.
import * as assert from "uvu/assert";
import { HarmRequest_Kind as Harm } from "../gen/heavy.ts";
import { type HeavyBed, serveHeavy, work } from "../support/server/heavy.ts";
import { collect, failureOf, until } from "../support/server/waiting.ts";
import { suite } from "../support/suite.ts";

const patient = { timeoutMs: 60_000 };
const startMs = { timeoutMs: 60_000 };

const test = suite("commands in worker threads");
let bed: HeavyBed;
test.before(async () => {
  const authenticate = () => ({ id: 7, roles: ["a", "b"] });
  bed = await serveHeavy({}, { authenticate });
}, startMs);
test.after(() => bed.close());

test("run in each thread in turn, and on none of them when they are not marked", async () => {
  assert.is((await bed.heavy.light(work())).thread, 0);
  const threads = [];
  for (let n = 0; n < 4; n++) threads.push((await bed.heavy.crunch(work())).thread);
  assert.is(new Set(threads).size, 2);
  assert.equal(threads.slice(0, 2), threads.slice(2));
});

test("know who calls, how long there is, and what comes beside the request", async () => {
  let trailer: unknown;
  const about = await bed.heavy.about(work(), {
    timeoutMs: 5_000,
    metadata: { tenant: "blue" },
    onTrailers: (trailers) => {
      trailer = trailers.get("thread");
    },
  });
  assert.is(about.method, "vertex.test.v1.Heavy/About");
  assert.is(about.peer, "caller");
  assert.match(about.address, /^127\.0\.0\.1:\d+$/);
  assert.equal(JSON.parse(about.identity), { id: 7, roles: ["a", "b"] });
  assert.is(about.tenant, "blue");
  assert.ok(about.remainingMs > 0 && about.remainingMs <= 5_000, String(about.remainingMs));
  assert.is(trailer, String(about.thread));
});

for (const bytes of [0, 1, 16_383, 16_384, 16_385, 65_536, 3_000_000]) {
  test(`carry ${bytes} bytes there and back`, async () => {
    const data = new Uint8Array(bytes).map((_, at) => at * 7);
    assert.equal((await bed.heavy.mirror({ data })).data, data);
  });
}

test("carry streams each way, with trailers", async () => {
  const poured = bed.heavy.pour({ count: 40, size: 30_000 });
  const sizes = (await collect(poured)).map(({ data }) => data.length);
  assert.equal(
    sizes,
    Array.from({ length: 40 }, () => 30_000),
  );
  assert.is((await poured.trailers).get("poured"), "40");
  const loads = [1, 100_000, 20].map((size) => ({ data: new Uint8Array(size) }));
  assert.is((await bed.heavy.drain().send(loads)).total, 100_021n);
  const echo = bed.heavy.echo();
  const sent = echo.send(loads);
  assert.equal(
    (await collect(echo)).map(({ data }) => data.length),
    [1, 100_000, 20],
  );
  await sent;
});

test("take one-way commands", async () => {
  const { done } = bed.threads()[0] ?? { done: 0 };
  const total = () => bed.threads().reduce((sum, thread) => sum + thread.done, 0);
  const before = total();
  await bed.heavy.note(work());
  await until("the command has run", () => total() === before + 1);
  assert.ok(done <= before);
});

test("fail with what their handler says", async () => {
  const error = await failureOf(bed.heavy.harm({ kind: Harm.KIND_FAIL }));
  assert.equal([error.code, error.message, error.outcome], ["FAILED_PRECONDITION", "as asked", "executed"]);
  assert.is(error.retryAfterMs, 70);
  assert.equal(error.details, [{ type: "vertex.test.v1.Work", value: Uint8Array.of(1, 2) }]);
  assert.is(error.trailers.get("why"), "asked for");
});

test("keep the text of unknown errors in the server's log", async () => {
  const error = await failureOf(bed.heavy.harm({ kind: Harm.KIND_THROW }));
  assert.equal([error.code, error.message, error.outcome], ["INTERNAL", "the handler failed", "executed"]);
  await until("the log has it", () => bed.log.some(({ event }) => event === "handler-failed"));
  const entry = bed.log.find(({ event }) => event === "handler-failed");
  assert.is(entry?.method, "vertex.test.v1.Heavy/Harm");
  assert.match(String(entry?.error), "hunter2");
});

test("answer one by one, however many were handed over together", async () => {
  const order: string[] = [];
  const calls = Array.from({ length: 12 }, async () => {
    await bed.heavy.crunch(work(20), patient);
    order.push("heavy");
  });
  while (order.length === 0) await bed.heavy.light(work());
  order.push("light");
  await Promise.all(calls);
  assert.ok(order.indexOf("light") < 4, order.join(" "));
});

test("stop when their caller leaves, by the signal and inside a loop", async () => {
  for (const wait of [true, false]) {
    const caller = new AbortController();
    const call = failureOf(
      bed.heavy.crunch(work(30_000, { watch: true, wait }), { ...patient, signal: caller.signal }),
    );
    await until("it runs", () => bed.threads().some(({ running }) => running > 0));
    caller.abort();
    assert.is((await call).code, "CANCELLED");
    await bed.idle();
  }
  assert.is(
    bed.threads().reduce((sum, { killed }) => sum + killed, 0),
    0,
  );
});

const harm = suite("worker threads that come to harm");
let harmed: HeavyBed;
harm.before(async () => {
  harmed = await serveHeavy({ killAfterMs: 20 });
}, startMs);
harm.after(() => harmed.close());
harm.after.each(() => harmed.idle(), startMs);

for (const [what, kind, code] of [
  ["a crash", Harm.KIND_CRASH, "INTERNAL"],
  ["an exit", Harm.KIND_EXIT, "INTERNAL"],
  ["running out of memory", Harm.KIND_MEMORY, "RESOURCE_EXHAUSTED"],
] as const) {
  harm(
    `${what} fails its own call and no other, and the thread is replaced`,
    async () => {
      const restarts = () => harmed.threads().reduce((sum, thread) => sum + thread.restarts, 0);
      const before = restarts();
      const around = Array.from({ length: 6 }, () => harmed.heavy.crunch(work(5), patient));
      const bad = failureOf(harmed.heavy.harm({ kind }, patient));
      around.push(...Array.from({ length: 14 }, () => harmed.heavy.crunch(work(5), patient)));
      assert.is((await Promise.all(around)).length, 20);
      const error = await bad;
      assert.equal([error.code, error.outcome], [code, "unknown"]);
      assert.is(restarts(), before + 1);
      assert.ok(harmed.log.some(({ event }) => event === "worker-ended"));
    },
    startMs,
  );
}

harm(
  "a handler that loops for ever is ended behind its deadline, and the calls behind it move",
  async () => {
    const killed = () => harmed.threads().reduce((sum, thread) => sum + thread.killed, 0);
    const before = killed();
    const loops = [1, 2].map(() =>
      failureOf(harmed.heavy.harm({ kind: Harm.KIND_LOOP }, { timeoutMs: 300 })),
    );
    const behind = Array.from({ length: 10 }, () => harmed.heavy.crunch(work(), patient));
    // Both threads are taken: what answers meanwhile is the main thread.
    await until("both run", () => harmed.threads().every(({ running }) => running === 1));
    assert.is((await harmed.heavy.light(work())).thread, 0);
    for (const error of await Promise.all(loops)) {
      assert.equal([error.code, error.outcome], ["DEADLINE_EXCEEDED", "unknown"]);
    }
    assert.is((await Promise.all(behind)).length, 10);
    assert.is(killed(), before + 2);
    const entry = harmed.log.find(({ event }) => event === "worker-killed");
    assert.is(entry?.method, "vertex.test.v1.Heavy/Harm");
  },
  startMs,
);

harm(
  "a call does not wait behind a long one while another thread has nothing to do",
  async () => {
    const order: string[] = [];
    const after = async (what: string, ms: number): Promise<void> => {
      await harmed.heavy.crunch(work(ms, { wait: ms > 0 }), patient);
      order.push(what);
    };
    const calls = [after("long", 1_500), after("short", 100)];
    await until("both run", () => harmed.threads().every(({ running }) => running === 1));
    // Four of these are handed to each thread, ahead of their turn.
    for (let n = 0; n < 8; n++) calls.push(after("quick", 0));
    await until("they wait in both", () => harmed.threads().every(({ queued }) => queued > 0));
    await Promise.all(calls);
    assert.is(order.join(" "), `short${" quick".repeat(8)} long`);
  },
  startMs,
);

harm(
  "a call that ran out of time before it began was not executed, and never is",
  async () => {
    const long = [1, 2].map(() => harmed.heavy.crunch(work(400), patient));
    await until("both run", () => harmed.threads().every(({ running }) => running === 1));
    const late = await Promise.all(
      Array.from({ length: 8 }, () => failureOf(harmed.heavy.crunch(work(), { timeoutMs: 60 }))),
    );
    // By the caller's own clock the outcome is unknown; what the server says in time is that nothing ran.
    for (const error of late) assert.is(error.code, "DEADLINE_EXCEEDED");
    const begun = (await Promise.all(long)).map((answer) => answer.begun);
    const after = [await harmed.heavy.crunch(work()), await harmed.heavy.crunch(work())];
    assert.is(Math.max(...after.map((answer) => answer.begun)), Math.max(...begun) + 1);
  },
  startMs,
);

const bounds = suite("the queue before worker threads");

bounds(
  "is bounded, and refuses with a time to come back",
  async () => {
    const small = await serveHeavy({ threads: 1, callsPerThread: 1, maxQueuedCalls: 3 });
    try {
      const running = small.heavy.crunch(work(200), patient);
      await until("it runs", () => small.threads()[0]?.running === 1);
      const results = await Promise.allSettled(
        Array.from({ length: 5 }, () => small.heavy.crunch(work(), patient)),
      );
      await running;
      const refused = results.filter((result) => result.status === "rejected").map(({ reason }) => reason);
      assert.is(refused.length, 2);
      for (const error of refused) {
        assert.equal([error.code, error.outcome], ["RESOURCE_EXHAUSTED", "not-executed"]);
        assert.ok(error.retryAfterMs >= 50, String(error.retryAfterMs));
      }
      assert.ok((small.server.stats().workers[0]?.refused ?? 0) >= 2);
    } finally {
      await small.close();
    }
  },
  startMs,
);

bounds(
  "has its like in streams: a handler produces no faster than its consumer reads",
  async () => {
    const slow = await serveHeavy({ threads: 1, concurrency: 2 });
    try {
      const stream = slow.heavy.pour({ count: 1_000_000, size: 30_000 });
      for await (const _ of stream) {
        // The messages produced so far, less the calls that ask for them.
        const produced: number[] = [];
        while (produced.length < 40 || produced.at(-1) !== produced.at(-40)) {
          produced.push((await slow.heavy.crunch(work())).begun - produced.length - 1);
        }
        // Two hops of 64 KiB at first and 256 KiB then, and what is on its way between them.
        assert.ok((produced.at(-1) ?? 0) < 40, `${produced.at(-1)} messages ahead`);
        break;
      }
      await slow.idle();
    } finally {
      await slow.close();
    }
  },
  startMs,
);

bounds(
  "gives calls with one key to one thread",
  async () => {
    const keyed = await serveHeavy({
      threads: 3,
      balance: { key: (call) => String(call.metadata.get("tenant")) },
    });
    try {
      const byTenant = new Map<string, Set<number>>();
      await Promise.all(
        Array.from({ length: 60 }, async (_, n) => {
          const tenant = `tenant-${n % 6}`;
          const { thread } = await keyed.heavy.crunch(work(), { ...patient, metadata: { tenant } });
          byTenant.set(tenant, (byTenant.get(tenant) ?? new Set()).add(thread));
        }),
      );
      assert.equal(
        [...byTenant.values()].map(({ size }) => size),
        [1, 1, 1, 1, 1, 1],
      );
      assert.ok(new Set([...byTenant.values()].flatMap((threads) => [...threads])).size > 1);
    } finally {
      await keyed.close();
    }
  },
  startMs,
);

bounds(
  "empties before a shutdown ends the threads",
  async () => {
    const ending = await serveHeavy({ concurrency: 2 });
    const calls = Array.from({ length: 10 }, () => ending.heavy.crunch(work(10), patient));
    await until("they run", () => ending.threads().some(({ running }) => running > 0));
    const report = await ending.server.shutdown({ graceMs: 20_000 });
    assert.is((await Promise.all(calls)).length, 10);
    // How many of them were done before it began is nobody's promise.
    assert.is(report.cancelled, 0);
    await ending.client.close({ graceMs: 0 });
  },
  startMs,
);

bounds(
  "is cut off by a shutdown whose time is up, loops and all",
  async () => {
    const ending = await serveHeavy();
    const loop = failureOf(ending.heavy.harm({ kind: Harm.KIND_LOOP }, patient));
    await until("it runs", () => ending.threads().some(({ running }) => running > 0));
    const report = await ending.server.shutdown({ graceMs: 50 });
    assert.is(report.cancelled, 1);
    assert.equal([(await loop).code, (await loop).outcome], ["UNAVAILABLE", "unknown"]);
    await ending.client.close({ graceMs: 0 });
  },
  startMs,
);
