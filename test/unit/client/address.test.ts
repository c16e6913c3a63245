// Addresses as users write them.
import * as assert from "uvu/assert";
import { type Address, formatAddress, parseAddress } from "../../../packages/protocol/src/address.ts";
import { thrownBy } from "../../support/server/waiting.ts";
import { suite } from "../../support/suite.ts";

const test = suite("addresses");

const long = `/${"é".repeat(53)}`;
const good: readonly (readonly [text: string, address: Address, again?: string])[] = [
  ["tcp://127.0.0.1:7400", { scheme: "tcp", host: "127.0.0.1", port: 7400 }],
  ["tcp://example.org:1/", { scheme: "tcp", host: "example.org", port: 1 }, "tcp://example.org:1"],
  ["tls://a_b-c.example:65535", { scheme: "tls", host: "a_b-c.example", port: 65_535 }],
  ["tcp://[::1]:7400", { scheme: "tcp", host: "::1", port: 7400 }],
  ["tls://[2001:db8::ff]:443", { scheme: "tls", host: "2001:db8::ff", port: 443 }],
  ["tcp://[::ffff:127.0.0.1]:0", { scheme: "tcp", host: "::ffff:127.0.0.1", port: 0 }],
  ["tcp://[fe80::1%eth0]:7400", { scheme: "tcp", host: "fe80::1%eth0", port: 7400 }],
  ["unix:/run/app.sock", { scheme: "unix", path: "/run/app.sock" }],
  ["unix:///run/app.sock", { scheme: "unix", path: "/run/app.sock" }, "unix:/run/app.sock"],
  ["unix:relative.sock", { scheme: "unix", path: "relative.sock" }],
  [`unix:${long}`, { scheme: "unix", path: long }],
];

for (const [text, address, again = text] of good) {
  test(`${text} is read, and written again`, () => {
    assert.equal(parseAddress(text), address);
    assert.is(formatAddress(address), again);
  });
}

const form = "it is not of the form scheme://host:port";
const bad: readonly (readonly [text: string, why: string])[] = [
  ["", form],
  ["127.0.0.1:7400", form],
  ["http://127.0.0.1:7400", form],
  ["TCP://127.0.0.1:7400", form],
  ["tcp://127.0.0.1", form],
  ["tcp://:7400", form],
  ["tcp://127.0.0.1:", form],
  ["tcp://127.0.0.1:-1", form],
  ["tcp://127.0.0.1:7400/path", form],
  ["tcp://user@host:7400", form],
  ["tcp://::1:7400", form],
  ["tcp://[::1:7400", form],
  ["tcp://[host]:7400", form],
  ["tcp://a b:7400", form],
  ["tcp://host:7400\n", form],
  ["tcp://127.0.0.1:65536", "a port is at most 65535"],
  ["unix:", "it has no path"],
  ["unix:/a\0b", "it has no path"],
  [`unix:${long}x`, "a socket path has at most 107 bytes"],
];

for (const [text, why] of bad) {
  test(`${JSON.stringify(text)} is refused: ${why}`, () => {
    const error = thrownBy(() => parseAddress(text));
    assert.is(error.family, "usage");
    assert.ok(error.message.includes(` is no address: ${why}. Write tcp://`), error.message);
    assert.ok(!error.message.includes("\n"));
  });
}

test("the message shows no more than 128 characters of a wrong address", () => {
  assert.ok(thrownBy(() => parseAddress("x".repeat(100_000))).message.length < 400);
});
