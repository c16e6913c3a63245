import * as assert from "uvu/assert";
import { crashKey } from "../../fuzz/src/crash.ts";
import { formatInput, type Input, op, parseInput } from "../../fuzz/src/input.ts";
import { minimise } from "../../fuzz/src/minimise.ts";
import { mutateInput } from "../../fuzz/src/mutate.ts";
import { Random } from "../../fuzz/src/random.ts";
import { suite } from "../support/suite.ts";

const test = suite("fuzz engine");

test("the same seed gives the same numbers, another seed others", () => {
  const draw = (seed: string) => {
    const random = new Random(seed);
    return Array.from({ length: 20 }, () => random.bits());
  };
  assert.equal(draw("a"), draw("a"));
  assert.not.equal(draw("a"), draw("b"));
});

test("numbers stay below their limit and reach all of it", () => {
  const random = new Random("limits");
  const seen = new Set(Array.from({ length: 500 }, () => random.below(7)));
  assert.equal([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
  const sizes = Array.from({ length: 5_000 }, () => random.size(100));
  assert.is(Math.min(...sizes), 0);
  assert.ok(Math.max(...sizes) > 90 && Math.max(...sizes) <= 100);
});

test("an input survives its text", () => {
  const input: Input = [op("call", [0, 3, 0xffffffff], Uint8Array.of(0, 255)), op("turn"), op("pass", [5])];
  assert.equal(parseInput(formatInput(input)), input);
});

test("a line that is no operation is refused", () => {
  for (const line of ["call x", "call =0", "call =zz", "1 2", "call -1"]) {
    assert.throws(() => parseInput(line), /not (an operation|bytes)/);
  }
});

test("the same seed changes an input in the same way", () => {
  const input = [op("a", [1, 2], Uint8Array.of(1, 2, 3)), op("b", [3]), op("c", [], Uint8Array.of(9))];
  const changes = (seed: string) => {
    const random = new Random(seed);
    return Array.from({ length: 50 }, () => formatInput(mutateInput(input, input, () => input, random)));
  };
  assert.equal(changes("x"), changes("x"));
  assert.ok(new Set(changes("x")).size > 25);
});

test("a finding is cut down to what shows it", async () => {
  const shows = async (input: Input) =>
    input.some(({ verb, bytes }) => verb === "b" && bytes.includes(7)) &&
    input.some(({ verb }) => verb === "d");
  const filler = Array.from({ length: 20 }, (_, i) => op("a", [i], new Uint8Array(9)));
  const input = [
    ...filler,
    op("b", [5], Uint8Array.of(1, 2, 7, 4)),
    ...filler,
    op("d", [3], Uint8Array.of(1)),
  ];
  assert.equal(await minimise(input, shows), [op("b", [0], Uint8Array.of(7)), op("d", [0])]);
});

test("findings are told apart by what was thrown, not by its numbers", () => {
  assert.is(crashKey(new Error("7 bytes at 3\ndetail 1")), crashKey(new Error("8 bytes at 4\ndetail 2")));
  assert.is.not(crashKey(new Error("a")), crashKey(new TypeError("a")));
});
