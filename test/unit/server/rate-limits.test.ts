// Rate limits and places on a manual clock: exact by construction, in tenths of a second or in half a minute.
import type { CallContext, Placed, Starter, VertexError } from "@vertex/protocol";
import * as assert from "uvu/assert";
import { AdaptiveLimit } from "../../../packages/server/src/adaptive-limit.ts";
import { checkConcurrency, Places } from "../../../packages/server/src/places.ts";
import { checkRateLimits, RateLimiter, type RateLimits } from "../../../packages/server/src/rate-limits.ts";
import { thrownBy } from "../../support/server/waiting.ts";
import { suite } from "../../support/suite.ts";

const METHOD = "demo.v1.Greeter/Hello";

function callOf(client: number, identity: unknown = `client ${client}`, method = METHOD): CallContext {
  return { method, identity, peer: peers[client] } as unknown as CallContext;
}
const peers = Array.from({ length: 200 }, (_, id) => ({ name: `${id}` }));

const rates = suite("rate limits");

rates("take 1,000 calls a second from 100 clients for 30 s, exact to 2 %", () => {
  let now = 0;
  const limiter = new RateLimiter({ server: { callsPerSecond: 1_000 } }, () => now);
  let taken = 0;
  for (; now < 30_000; now++) {
    for (let client = 0; client < 5; client++) {
      if (limiter.refusal(callOf((now * 5 + client) % 100), 30) === null) taken++;
    }
  }
  assert.ok(Math.abs(taken / 30_000 - 1) <= 0.02, String(taken));
});

rates("keep one that asks for 50 times its share to its share, and take nothing from the others", () => {
  let now = 0;
  const limits: RateLimits = {
    identity: { callsPerSecond: 10, callBurst: 2 },
    server: { callsPerSecond: 1_100 },
  };
  const limiter = new RateLimiter(limits, () => now);
  const taken = new Array<number>(100).fill(0);
  const asked = new Array<number>(100).fill(0);
  const ask = (client: number): void => {
    asked[client] = (asked[client] ?? 0) + 1;
    if (limiter.refusal(callOf(client), 30) === null) taken[client] = (taken[client] ?? 0) + 1;
  };
  for (; now < 30_000; now++) {
    if (now % 2 === 0) ask(0);
    if (now % 100 === 0) for (let client = 1; client < 100; client++) ask(client);
  }
  assert.is(asked[0], 15_000);
  assert.ok((taken[0] as number) <= 302, String(taken[0]));
  assert.equal(taken.slice(1), asked.slice(1));
});

rates("say by name what is over, and when to come back; then it is true", () => {
  let now = 0;
  const limiter = new RateLimiter({ connection: { callsPerSecond: 4, callBurst: 1 } }, () => now);
  assert.is(limiter.refusal(callOf(1), 30), null);
  const error = limiter.refusal(callOf(1), 30) as VertexError;
  assert.equal(
    [error.code, error.outcome, error.retryAfterMs, error.message],
    ["RESOURCE_EXHAUSTED", "not-executed", 250, "over the rate limit of this connection"],
  );
  assert.is(limiter.refusal(callOf(2), 30), null, "another connection");
  now = 249;
  assert.is((limiter.refusal(callOf(1), 30) as VertexError).retryAfterMs, 1);
  now = 250;
  assert.is(limiter.refusal(callOf(1), 30), null);
});

rates("count bytes, also those of streams, and have them paid back", () => {
  let now = 0;
  const limiter = new RateLimiter({ server: { bytesPerSecond: 1_000, byteBurst: 1_000 } }, () => now);
  assert.is(limiter.refusal(callOf(1), 400), null);
  limiter.charge(callOf(1), 2_600);
  assert.is((limiter.refusal(callOf(2), 1) as VertexError).retryAfterMs, 2_001);
  now = 2_001;
  assert.is(limiter.refusal(callOf(2), 1), null);
});

rates("are of a method by its full name, and of no other", () => {
  const limiter = new RateLimiter({ methods: { [METHOD]: { callsPerSecond: 1, callBurst: 1 } } }, () => 0);
  assert.is(limiter.refusal(callOf(1), 1), null);
  assert.match((limiter.refusal(callOf(2), 1) as VertexError).message, METHOD);
  assert.is(limiter.refusal(callOf(2, "b", "demo.v1.Greeter/Other"), 1), null);
});

rates(
  "of an identity hold over its connections, and a key says who is who where identities are objects",
  () => {
    const identity = { callsPerSecond: 1, callBurst: 1 };
    const plain = new RateLimiter({ identity }, () => 0);
    assert.is(plain.refusal(callOf(1, "ada"), 1), null);
    assert.ok(plain.refusal(callOf(2, "ada"), 1));
    for (const nobody of [{ user: "ada" }, null]) {
      assert.is(plain.refusal(callOf(3, nobody), 1), null);
      assert.is(plain.refusal(callOf(3, nobody), 1), null);
    }
    const keyed = new RateLimiter(
      { identity, key: (call) => (call.identity as { user: string }).user },
      () => 0,
    );
    assert.is(keyed.refusal(callOf(1, { user: "ada" }), 1), null);
    assert.ok(keyed.refusal(callOf(2, { user: "ada" }), 1));
  },
);

rates("forget identities that have used nothing of late, and none that has", () => {
  let now = 0;
  const limiter = new RateLimiter({ identity: { callsPerSecond: 1, callBurst: 1 } }, () => now);
  for (let i = 0; i < 1_023; i++) limiter.refusal(callOf(1, `once ${i}`), 1);
  now = 10_000;
  limiter.refusal(callOf(1, "now"), 1);
  limiter.refusal(callOf(1, "one more"), 1);
  assert.is(limiter.identities, 2);
  assert.ok(limiter.refusal(callOf(1, "now"), 1));
});

for (const [limits, message] of [
  [{ server: {} }, "rateLimits.server names neither callsPerSecond nor bytesPerSecond"],
  [{ server: { callsPerSecond: 0 } }, "rateLimits.server.callsPerSecond must be a number above 0, not 0"],
  [
    { methods: { "a.B/C": { callsPerSecond: 5, callBurst: 0.5 } } },
    "rateLimits.a.B/C.callBurst must be a number from 1, not 0.5",
  ],
  [
    { connection: { callsPerSecond: Number.POSITIVE_INFINITY } },
    "rateLimits.connection.callsPerSecond must be a number above 0, not Infinity",
  ],
  [{ connection: { calls: 5 } } as RateLimits, "rateLimits.connection has no calls"],
  [{ user: {} } as RateLimits, 'there is no rate limit "user"'],
] as const) {
  rates(`refuse options: ${message}`, () => {
    assert.is(thrownBy(() => checkRateLimits(limits)).message, message);
  });
}

/** A call that waits, and what became of it. */
class WaitingCall implements Starter {
  started = 0;
  error: VertexError | undefined;
  remainingMs = 1_000;
  readonly call: Placed = this as unknown as Placed;
  onStart: () => void = () => {};
  start(): void {
    this.started++;
    this.onStart();
  }
  refuse(error: VertexError): void {
    this.error = error;
  }
}

const places = suite("places");

const full = (maxRunningCalls: number, maxWaitingCalls: number): { places: Places; refused: number[] } => {
  const refused = [0];
  return {
    places: new Places(
      { maxRunningCalls, maxWaitingCalls },
      () => 0,
      () => (refused[0] as number)++,
    ),
    refused,
  };
};

places("are given until there are none; then calls wait in order, and those beyond are refused", () => {
  const { places: all, refused } = full(2, 2);
  const calls = Array.from({ length: 5 }, () => new WaitingCall());
  assert.equal(
    calls.map((each) => all.enter(each.call, each)),
    [true, true, false, false, false],
  );
  assert.equal([all.running, all.waiting, refused[0]], [2, 2, 1]);
  const error = calls[4]?.error;
  assert.equal(
    [error?.code, error?.outcome, error?.retryAfterMs],
    ["RESOURCE_EXHAUSTED", "not-executed", 100],
  );
  all.leave((calls[0] as WaitingCall).call);
  assert.equal(
    calls.map(({ started }) => started),
    [0, 0, 1, 0, 0],
  );
  all.leave((calls[1] as WaitingCall).call);
  assert.equal([all.running, all.waiting], [2, 0]);
});

places("are not given to calls that are over or out of time", () => {
  const { places: all } = full(1, 10);
  const [first, over, late, last] = Array.from({ length: 4 }, () => new WaitingCall()) as [
    WaitingCall,
    WaitingCall,
    WaitingCall,
    WaitingCall,
  ];
  for (const each of [first, over, late, last]) all.enter(each.call, each);
  all.forget(over.call);
  late.remainingMs = 0;
  all.leave(first.call);
  assert.equal([over.started, late.started, last.started], [0, 0, 1]);
  all.forget(late.call);
  all.leave(last.call);
  assert.equal([all.running, all.waiting], [0, 0]);
});

places("that come back while one is being given do not pile up calls upon calls", () => {
  const { places: all } = full(1, 10_000);
  const first = new WaitingCall();
  all.enter(first.call, first);
  const calls = Array.from({ length: 10_000 }, () => new WaitingCall());
  for (const each of calls) {
    each.onStart = () => all.leave(each.call);
    all.enter(each.call, each);
  }
  all.leave(first.call);
  assert.ok(calls.every(({ started }) => started === 1));
  assert.equal([all.running, all.waiting], [0, 0]);
});

for (const [options, message] of [
  [{ maxRunningCalls: 0 }, "concurrency.maxRunningCalls must be a whole number from 1, not 0"],
  [{ maxWaitingCalls: -1 }, "concurrency.maxWaitingCalls must be a whole number from 0, not -1"],
  [
    { adaptive: { min: 5 }, maxRunningCalls: 4 },
    "concurrency.adaptive.min is over concurrency.maxRunningCalls",
  ],
  [{ max: 4 } as object, "concurrency has no max"],
] as const) {
  places(`refuse options: ${message}`, () => {
    assert.is(thrownBy(() => checkConcurrency(options)).message, message);
  });
}

const adaptive = suite("a limit that follows latency");

/** A server of so many cores: calls take longer when more run than that. */
function latency(running: number, cores: number): number {
  return 10 * Math.max(1, running / cores);
}

adaptive("finds what a server bears, and stays there", () => {
  const limit = new AdaptiveLimit(4, 1_000);
  for (let i = 0; i < 20_000; i++) limit.sample(latency(limit.value, 50), limit.value);
  assert.ok(limit.value >= 50 && limit.value <= 250, String(limit.value));
});

adaptive("falls when calls take longer than usual, never below its least", () => {
  const limit = new AdaptiveLimit(4, 1_000);
  for (let i = 0; i < 500; i++) limit.sample(10, limit.value);
  const before = limit.value;
  for (let i = 0; i < 50; i++) limit.sample(200, limit.value);
  assert.ok(limit.value < before / 4, `${before} to ${limit.value}`);
  for (let i = 0; i < 100; i++) limit.sample(10_000, limit.value);
  assert.ok(limit.value >= 4);
});

adaptive("learns nothing while few calls run", () => {
  const limit = new AdaptiveLimit(100, 1_000);
  for (let i = 0; i < 1_000; i++) limit.sample(10, 3);
  assert.is(limit.value, 100);
});
