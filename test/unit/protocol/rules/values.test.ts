import {
  bytesAt,
  bytesOf,
  bytesWith,
  characters,
  compareNow,
  compareTime,
  matchesText,
  pathsOutside,
  pathsWithin,
  sameBytes,
  samePaths,
  unique,
  utf8Bytes,
} from "@vertex/protocol/rules";
import * as assert from "uvu/assert";
import { suite } from "../../../support/suite.ts";

const test = suite("what rules ask of values");

test("characters are code points, counted no further than needed", () => {
  for (const text of ["", "a", "ab", "😀", "a😀b", "äöü", "\ud800x", "😀".repeat(5)]) {
    const count = [...text].length;
    for (let n = 0; n < 12; n++) {
      assert.is(characters(text, n) < n, count < n, `${text} under ${n}`);
      assert.is(characters(text, n) > n, count > n, `${text} over ${n}`);
      assert.is(characters(text, n) === n, count === n, `${text} is ${n}`);
    }
  }
});

test("bytes of text are those of UTF-8, lone surrogates three each", () => {
  const encoder = new TextEncoder();
  for (const text of ["", "a", "ä", "€", "😀", "a😀€", "\ud800", "\udc00a"]) {
    assert.is(utf8Bytes(text, 100), encoder.encode(text).length, JSON.stringify(text));
  }
  assert.ok(utf8Bytes("x".repeat(1_000_000), 3) > 3);
});

test("bytes are found where they are", () => {
  const text = (part: string) => bytesOf(part);
  assert.ok(sameBytes(text("\u00ffa"), Uint8Array.of(255, 97)));
  assert.not.ok(sameBytes(text("ab"), text("abc")));
  assert.ok(bytesAt(text("abc"), text("bc"), 1));
  assert.not.ok(bytesAt(text("abc"), text("bc"), 2));
  assert.not.ok(bytesAt(text("a"), text("bc"), -1));
  for (const part of ["", "a", "aab", "abab", "aaa"]) {
    for (const whole of ["", "a", "aaab", "aabaab", "ababab", "aaabaaa"]) {
      assert.is(bytesWith(text(part))(text(whole)), whole.includes(part), `${part} in ${whole}`);
    }
  }
});

test("a pattern on bytes wants UTF-8", () => {
  assert.ok(matchesText(bytesOf("abc"), (each) => each === "abc"));
  assert.not.ok(matchesText(Uint8Array.of(0xff), () => true));
});

test("items are unique by value, in short lists and long ones", () => {
  const lists: [items: unknown[], isUnique: boolean][] = [
    [[], true],
    [[1, 2, 1], false],
    [[0, -0], false],
    [[Number.NaN, Number.NaN], true],
    [[1n, 2n, 1n], false],
    [["a", "b"], true],
    [["a", "a"], false],
    [[true, false], true],
    [[Uint8Array.of(1), Uint8Array.of(1)], false],
    [[Uint8Array.of(1), Uint8Array.of(1, 2)], true],
  ];
  for (const [items, isUnique] of lists) assert.is(unique(items), isUnique, String(items));
  const many = Array.from({ length: 1_000 }, (_, index) => index - 500);
  const kinds: ((index: number) => unknown)[] = [
    Number,
    BigInt,
    String,
    (index) => Uint8Array.of(index, index >> 8),
  ];
  for (const make of kinds) {
    assert.ok(unique(many.map(make)));
    assert.not.ok(unique([...many, 17].map(make)));
  }
  assert.ok(unique([...many, Number.NaN, Number.NaN]));
  assert.not.ok(unique(many.map((index) => index > 0)));
});

test("times compare by seconds, then by nanoseconds", () => {
  const time = { seconds: 5n, nanos: 7 };
  assert.ok(compareTime(time, 5n, 7) === 0);
  assert.ok(compareTime(time, 5n, 8) < 0);
  assert.ok(compareTime(time, 4n, 999_999_999) > 0);
  assert.ok(compareTime({ seconds: -1n, nanos: 0 }, 0n, -1) < 0);
});

test("now is the machine's clock, moved by a duration", () => {
  const original = Date.now;
  try {
    Date.now = () => 1_700_000_000_900;
    assert.is(compareNow({ seconds: 1_700_000_000n, nanos: 900_000_000 }, 0n, 0), 0);
    assert.is(compareNow({ seconds: 1_700_000_002n, nanos: 100_000_000 }, 1n, 200_000_000), 0);
    assert.is(compareNow({ seconds: 1_699_999_998n, nanos: 999_999_999 }, -1n, -900_000_001), 0);
    assert.ok(compareNow({ seconds: 1_700_000_001n, nanos: 0 }, 0n, 0) > 0);
  } finally {
    Date.now = original;
  }
});

test("paths of a field mask are those listed, or below them", () => {
  assert.ok(pathsWithin(["a", "b.c"], ["a", "b"]));
  assert.not.ok(pathsWithin(["ab"], ["a"]));
  assert.ok(pathsOutside(["ab"], ["a"]));
  assert.not.ok(pathsOutside(["c", "a.b"], ["a"]));
  assert.ok(samePaths(["a", "b"], ["a", "b"]));
  assert.not.ok(samePaths(["b", "a"], ["a", "b"]));
});
