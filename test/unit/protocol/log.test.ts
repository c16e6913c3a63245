// Log lines: one each, printable, short, whatever is in them.
import { formatLogEntry, type LogEntry } from "@vertex/server";
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";

const test = suite("log lines");

const plain: LogEntry = { level: "warn", event: "connection-dismissed", message: "gone" };

test("a line is JSON with the fields that there are", () => {
  assert.is(formatLogEntry(plain), '{"level":"warn","event":"connection-dismissed","message":"gone"}');
  const full = { ...plain, peer: "127.0.0.1:1", method: "a.B/C", error: "why" };
  assert.equal(JSON.parse(formatLogEntry(full)), full);
});

const hostile: readonly (readonly [name: string, text: string])[] = [
  ["CR and LF", 'ok\r\n{"level":"error"}\r\n'],
  ["a terminal's escape sequences", "\x1b[2J\x1b]0;title\x07\x9b31m"],
  ["bidirectional overrides", "abc\u202egpj.exe\u2066\u2069"],
  ["line separators", "a\u2028b\u2029c\u0085d\x0b\x0c"],
  ["NUL, DEL and a lone surrogate", "\0\x7f\ud800"],
  ["quotes and backslashes", '"\\'.repeat(10)],
  ["Cyrillic, an emoji and a byte order mark", "Привет \u{1F600}\ufeff"],
];

for (const [name, text] of hostile) {
  test(`${name} stay on one printable line and can be read back`, () => {
    const line = formatLogEntry({ ...plain, message: text, peer: text, method: text, error: text });
    assert.match(line, /^[\x20-\x7e]+$/);
    const read = JSON.parse(line) as LogEntry;
    assert.equal([read.message, read.peer, read.method, read.error], [text, text, text, text]);
  });
}

const units = ["x", "\n", "\x1b", '"', "\u202e", "\u{1F600}", "\r\n\x1b[2J\u202e"];

for (const unit of units) {
  test(`a mebibyte of ${JSON.stringify(unit)} makes a line of at most 1 KiB, and 2 KiB more with a stack`, () => {
    const text = unit.repeat(Math.ceil(1_048_576 / unit.length));
    const line = formatLogEntry({ ...plain, message: text, peer: text, method: text });
    assert.ok(line.length <= 1_024, `${line.length} characters`);
    assert.match(line, /^[\x20-\x7e]+$/);
    JSON.parse(line);
    const error = new Error(text);
    assert.ok(formatLogEntry({ ...plain, message: text, peer: text, method: text, error }).length <= 3_072);
  });
}

const odd: readonly (readonly [name: string, error: unknown, shown: string])[] = [
  ["null", null, "null"],
  ["a symbol", Symbol("s"), "Symbol(s)"],
  ["an object without a prototype", Object.create(null), "something that has no text"],
  [
    "an object whose toString throws",
    {
      toString: () => {
        throw new Error("no");
      },
    },
    "something that has no text",
  ],
  ["an error whose stack is a number", Object.assign(new Error("x"), { stack: 5 }), "5"],
];

for (const [name, error, shown] of odd) {
  test(`${name} that was thrown has a line like everything else`, () => {
    assert.is((JSON.parse(formatLogEntry({ ...plain, error })) as LogEntry).error, shown);
  });
}

test("an error is shown with its stack", () => {
  const line = formatLogEntry({ ...plain, error: new TypeError("boom") });
  assert.match(line, "TypeError: boom\\n    at ");
});
