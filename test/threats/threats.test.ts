// Attacks against a server that runs, with a canary beside them: each is ended under the name of its limit, and the canary
// loses no call. Counts and bytes are judged; times are printed (`--verbose`).
// file-timeout: 240 s
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { HOARD_BYTES, HOARDERS_LEFT } from "./attacks.ts";
import { type Aftermath, grown, Siege } from "./siege.ts";

const MIB = 1_048_576;
const MAX_CONNECTIONS = 200;
const MAX_CALLS = 64;
/** Twenty hoarders stay within it, and not one more. */
const MAX_HELD_BYTES = HOARDERS_LEFT * HOARD_BYTES + HOARD_BYTES / 2;
/** `pnpm --filter @vertex/test slow-readers` has 1,000. */
const readers = Number(process.env.VERTEX_SLOW_READERS ?? "30");

const test = suite("a server under attack");
const patient = { timeoutMs: 60_000 + 60 * readers };

let siege: Siege;
test.before(async () => {
  const session = { frameTimeoutMs: 500, writeStallTimeoutMs: 1_000, maxConcurrentCalls: MAX_CALLS };
  siege = await Siege.begin({
    session,
    maxConnections: Math.max(readers + 1, MAX_CONNECTIONS),
    maxHeldBytes: MAX_HELD_BYTES,
  });
}, patient);
test.after(() => siege.end(), patient);

/** Connections that ended, by reason, without those of the canary and those that the attacker left. */
const ended = (aftermath: Aftermath) => {
  const { LINK_LOST: _lost, SHUTDOWN: _shutdown, ...rest } = grown(({ stats }) => stats.ended, aftermath);
  return rest;
};
const limits = (aftermath: Aftermath) => grown(({ stats }) => stats.limits, aftermath);

test(
  "row 1: headers that announce 16 MiB are refused before a byte of it comes",
  async () => {
    const aftermath = await siege.attack("giant", 150);
    assert.equal(ended(aftermath), { PROTOCOL_ERROR: 150 });
    assert.is(aftermath.spoils.ended, 150);
    assert.ok(aftermath.after.rss - aftermath.before.rss < 32 * MIB);
  },
  patient,
);

test(
  "row 2: frames that come byte by byte end at the deadline of their first byte",
  async () => {
    const aftermath = await siege.attack("dribble", 50);
    assert.equal([ended(aftermath), limits(aftermath)], [{ LIMIT: 50 }, { frameTimeoutMs: 50 }]);
  },
  patient,
);

test(
  "row 5: empty frames for a call that is over",
  async () => {
    const aftermath = await siege.attack("empty", 200_000);
    assert.equal([ended(aftermath), limits(aftermath)], [{ LIMIT: 1 }, { lateFrames: 1 }]);
    assert.equal(aftermath.spoils.farewells, { lateFrames: 1 });
  },
  patient,
);

test(
  "row 5: empty messages for a stream that nobody reads cost credit",
  async () => {
    const aftermath = await siege.attack("hollow", 200_000);
    assert.equal(ended(aftermath), { PROTOCOL_ERROR: 1 });
  },
  patient,
);

test(
  "row 6: a MiB in frames of one byte is over its credit before it is kept",
  async () => {
    const aftermath = await siege.attack("crumbs", MIB);
    assert.equal(ended(aftermath), { PROTOCOL_ERROR: 1 });
    assert.ok(aftermath.after.rss - aftermath.before.rss < 32 * MIB);
  },
  patient,
);

for (const [row, name] of [
  ["7: pings", "pings"],
  ["8: pings whose answers are not read", "deaf"],
] as const) {
  test(
    `row ${row} end with the last strike`,
    async () => {
      const aftermath = await siege.attack(name, 200_000);
      assert.equal([ended(aftermath), limits(aftermath)], [{ LIMIT: 1 }, { pings: 1 }]);
      assert.ok(aftermath.after.stats.received.frames - aftermath.before.stats.received.frames < 5_000);
    },
    patient,
  );
}

for (const [row, name] of [
  ["10: calls that the server has to break off", "broken"],
  ["11: calls that are taken back", "reset"],
] as const) {
  test(
    `row ${row} never run more handlers than may run, and end`,
    async () => {
      const aftermath = await siege.attack(name, 20_000);
      assert.equal([ended(aftermath), limits(aftermath)], [{ LIMIT: 1 }, { resets: 1 }]);
      assert.ok(aftermath.after.busiest <= MAX_CALLS, `${aftermath.after.busiest} handlers at once`);
      assert.ok(aftermath.after.entered - aftermath.before.entered <= MAX_CALLS + 200);
    },
    patient,
  );
}

test(
  "row 17: those who read nothing are dismissed at the stall deadline, and hold little",
  async () => {
    const aftermath = await siege.attack("lazy", readers);
    const { WRITE_STALLED: stalled = 0, LIMIT: over = 0, ...rest } = ended(aftermath);
    // Where very many leave very much unread, the sum is over before some of them have stalled for long enough.
    assert.equal([stalled + over, rest], [readers, {}]);
    assert.is(limits(aftermath).maxUnsentBytes ?? 0, over);
    assert.ok(aftermath.after.rss - aftermath.before.rss < 128 * MIB);
  },
  patient,
);

test(
  "messages that are begun on many connections and never ended are bounded by the sum of all",
  async () => {
    const aftermath = await siege.attack("hoard", 150);
    const { maxHeldBytes: dismissed = 0, ...rest } = limits(aftermath);
    assert.ok(dismissed >= 150 - HOARDERS_LEFT, `${dismissed} were dismissed`);
    assert.equal([ended(aftermath), rest], [{ LIMIT: dismissed }, {}]);
    assert.is(aftermath.after.stats.heldBytes, 0);
    // All that was sent is 206 MiB. What has been freed, malloc may keep for a while: anything up to 93 MiB has been seen.
    assert.ok(aftermath.after.rss - aftermath.before.rss < 128 * MIB);
  },
  patient,
);

test(
  "row 22: of 100,000 calls in one write every one is answered once, and the canary is served in between",
  async () => {
    const { spoils } = await siege.attack("pipelined", 100_000);
    assert.is((spoils.frames[4] ?? 0) + (spoils.frames[6] ?? 0), 100_000);
  },
  patient,
);

test(
  "row 23: those who come and go leave nothing behind",
  async () => {
    await siege.attack("fleeting", 600);
  },
  patient,
);

test(
  "row 42: of more than may come in those beyond are told, and the rest is served",
  async () => {
    const aftermath = await siege.attack("storm", 3 * MAX_CONNECTIONS);
    const refused = ended(aftermath).TOO_MANY_CONNECTIONS ?? 0;
    assert.is(aftermath.spoils.ended, 2 * MAX_CONNECTIONS + 1);
    assert.is(refused, 2 * MAX_CONNECTIONS + 1);
  },
  patient,
);
