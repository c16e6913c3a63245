// The pace of reconnecting: growth, bounds, jitter.
import * as assert from "uvu/assert";
import { Backoff, type ReconnectOptions } from "../../../packages/client/src/backoff.ts";
import { thrownBy } from "../../support/server/waiting.ts";
import { suite } from "../../support/suite.ts";

const middle = (): number => 0.5;
const lowest = (): number => 0;
const highest = (): number => 1 - 2 ** -53;

const test = suite("backoff");

test("the delays start at a second, grow by 1.6, and stop at two minutes", () => {
  const backoff = new Backoff({}, middle);
  const delays = Array.from({ length: 14 }, () => Math.round(backoff.next()));
  assert.equal(delays.slice(0, 5), [1_000, 1_600, 2_560, 4_096, 6_554]);
  assert.equal(delays.slice(-2), [120_000, 120_000]);
});

test("the delays vary by a fifth from the very first one on", () => {
  assert.is(Math.round(new Backoff({}, lowest).next()), 800);
  assert.is(Math.round(new Backoff({}, highest).next()), 1_200);
});

test("jitter varies the longest delay too", () => {
  const backoff = new Backoff({ initialDelayMs: 100, maxDelayMs: 100, jitter: 0.5 }, highest);
  assert.is(Math.round(backoff.next()), 150);
});

test("a million failures neither overflow nor end the delays", () => {
  const backoff = new Backoff({ factor: 100, maxDelayMs: 86_400_000, jitter: 1 }, highest);
  for (let i = 0; i < 1_000_000; i++) backoff.next();
  assert.ok(backoff.next() <= 2 * 86_400_000);
  assert.ok(backoff.next() < 0x7fffffff, "no delay is beyond what a timer takes");
});

test("after a reset the next delay is the first one again", () => {
  const backoff = new Backoff({}, middle);
  for (let i = 0; i < 5; i++) backoff.next();
  backoff.reset();
  assert.is(backoff.next(), 1_000);
});

test("a first delay above the longest is cut to the longest", () => {
  assert.is(new Backoff({ initialDelayMs: 5_000, maxDelayMs: 50 }, middle).next(), 50);
});

const wrong: readonly (readonly [ReconnectOptions, message: string])[] = [
  [{ initialDelayMs: 0 }, "reconnect.initialDelayMs must be from 1 to 3600000, not 0"],
  [{ initialDelayMs: Number.NaN }, "reconnect.initialDelayMs must be from 1 to 3600000, not NaN"],
  [{ factor: 0.9 }, "reconnect.factor must be from 1 to 100, not 0.9"],
  [{ maxDelayMs: Number.POSITIVE_INFINITY }, "reconnect.maxDelayMs must be from 1 to 86400000, not Infinity"],
  [{ jitter: -0.1 }, "reconnect.jitter must be from 0 to 1, not -0.1"],
  [{ jitter: 1.1 }, "reconnect.jitter must be from 0 to 1, not 1.1"],
  [{ initialDelay: 5 } as ReconnectOptions, "there is no option reconnect.initialDelay"],
];

for (const [options, message] of wrong) {
  test(`${JSON.stringify(options)} is refused: ${message}`, () => {
    const error = thrownBy(() => new Backoff(options, middle));
    assert.is(error.message, message);
    assert.is(error.family, "usage");
  });
}
