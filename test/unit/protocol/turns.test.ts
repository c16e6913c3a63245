// Whose turn it is.
import * as assert from "uvu/assert";
import { TURN_MS, Turns, type Waiting } from "../../../packages/protocol/src/turns.ts";
import { ManualEnvironment, microtasks } from "../../support/protocol/manual-environment.ts";
import { suite } from "../../support/suite.ts";

const test = suite("turns");

/** Waits again as often as it is told, and says when it had a turn. */
class Client implements Waiting {
  readonly #name: string;
  readonly #turns: Turns;
  readonly #said: string[];
  #again: number;
  readonly #work: () => void;

  constructor(name: string, turns: Turns, said: string[], again: number, work: () => void = () => {}) {
    this.#name = name;
    this.#turns = turns;
    this.#said = said;
    this.#again = again;
    this.#work = work;
  }

  turn(): void {
    this.#said.push(this.#name);
    this.#work();
    if (this.#again-- > 0) this.#turns.wait(this);
  }
}

/** Turns of an event loop that goes round when it is told to. */
function manual(): { turns: Turns; round(): number; clock: { at: number } } {
  const clock = { at: 0 };
  let due: (() => void)[] = [];
  const turns = new Turns({ now: () => clock.at, setTimer: () => ({ cancel: () => {} }) }, (callback) =>
    due.push(callback),
  );
  const round = (): number => {
    const now = due;
    due = [];
    for (const callback of now) callback();
    return now.length;
  };
  return { turns, round, clock };
}

test("go round: who has not finished stands behind those who wait already", async () => {
  const env = new ManualEnvironment();
  const turns = new Turns(env.clock, (callback) => env.later(callback));
  const said: string[] = [];
  for (const [name, again] of [
    ["a", 2],
    ["b", 0],
    ["c", 1],
  ] as const)
    turns.wait(new Client(name, turns, said, again));
  await env.settle();
  assert.is(said.join(""), "abcaca");
});

test("share the time of one turn of the event loop: the rest waits for the next, in order", () => {
  const { turns, round, clock } = manual();
  const said: string[] = [];
  const work = () => {
    clock.at += TURN_MS / 2;
  };
  for (const name of "abcde") turns.wait(new Client(name, turns, said, name === "a" ? 1 : 0, work));
  const rounds: string[] = [];
  while (round() > 0) rounds.push(said.splice(0).join(""));
  assert.equal(rounds, ["ab", "cd", "ea"]);
});

test("let few of those who rest go on in each turn, in order", async () => {
  const { turns, round } = manual();
  const said: number[] = [];
  for (let i = 0; i < 20; i++) void turns.rest().then(() => said.push(i));
  const after: number[] = [];
  while (round() > 0) {
    await microtasks();
    after.push(said.length);
  }
  assert.equal(after, [8, 16, 20]);
  assert.equal(
    said,
    [...said].sort((a, b) => a - b),
  );
});

test("cost nothing when nobody waits: one callback a round, none afterwards", () => {
  const { turns, round } = manual();
  for (const name of "abc") turns.wait(new Client(name, turns, [], 1));
  assert.equal([round(), round(), round()], [1, 1, 0]);
});
