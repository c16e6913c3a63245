import { formats } from "@vertex/protocol/rules";
import * as assert from "uvu/assert";
import { suite } from "../../../support/suite.ts";

const test = suite("formats of text");

/** Format, texts that it takes, texts that it does not. */
const cases: [format: string, good: string[], bad: string[]][] = [
  [
    "email",
    ["a@b", "first.last+tag@example.co.uk", "!#$%&'*+/=?^_`{|}~-@x"],
    ["a", "@b", "a@", "a@b@c", "a@-b", "a@b..c", "a b@c", '"a"@b', `a@${"x".repeat(64)}`],
  ],
  [
    "hostname",
    ["a", "example.com", "example.com.", "x-y.1a", `${"a".repeat(63)}.b`],
    [".", "a..b", "-a", "a-", "1.2", "a_b", `${"a".repeat(64)}.b`, `${"a.".repeat(127)}a`, "ä"],
  ],
  [
    "ipv4",
    ["0.0.0.0", "255.255.255.255"],
    ["1.2.3", "1.2.3.4.5", "256.1.1.1", "01.1.1.1", "1.1.1.1 ", "1.1.1.-1"],
  ],
  [
    "ipv6",
    [
      "::",
      "::1",
      "1::",
      "1:2:3:4:5:6:7:8",
      "1:2:3:4:5:6:7::",
      "::ffff:1.2.3.4",
      "fe80::a%en1",
      "1:2:3:4:5:6:1.2.3.4",
    ],
    [
      ":",
      ":::",
      "1",
      "1:2:3:4:5:6:7:8:9",
      "1::2::3",
      "12345::",
      "1.2.3.4::",
      "::1%",
      "g::",
      "1:2:3:4:5:6:7:1.2.3.4",
    ],
  ],
  ["ip", ["1.2.3.4", "::1"], ["1.2.3", "example.com"]],
  [
    "ip_with_prefixlen",
    ["1.2.3.4/24", "::1/64", "1.2.3.4/0"],
    ["1.2.3.4", "1.2.3.4/33", "::/129", "::1%a/64", "1.2.3.4/08"],
  ],
  [
    "ip_prefix",
    ["1.2.3.0/24", "::/0", "2001:db8::/33", "1.2.3.4/32"],
    ["1.2.3.4/24", "::1/64", "2001:db8:c000::/33"],
  ],
  ["address", ["example.com", "1.2.3.4", "::1"], ["a b", "1.2.3"]],
  [
    "host_and_port",
    ["a:1", "1.2.3.4:65535", "[::1]:80", "example.com.:0"],
    ["a", "a:", ":1", "a:65536", "a:01", "[::1]", "::1:80", "[a]:80", "a:+1"],
  ],
  [
    "uri",
    [
      "https://example.com/a?b#c",
      "a:",
      "urn:isbn:1",
      "http://u:p@[::1%25eth0]:8/",
      "http://[v1.x]/",
      "x://%C3%BC/",
      "file:///a",
    ],
    [
      "",
      " a:",
      "1a:b",
      "//a",
      "http://[::1",
      "http://a:b/",
      "a:%",
      "a:%g0",
      "a:#b#c",
      "http://%FF/",
      "a:[",
      "http://[1.2.3.4]/",
    ],
  ],
  ["uri_ref", ["", "./a", "//a/b", "?q", "#f", "a/b:c", "https://x"], ["a\\b", "%", ":a", "1:2", "//[x]"]],
  ["uuid", ["8b208305-00e8-4460-a440-5e0dcd83bb0a"], ["8b208305", "8b20830500e84460a4405e0dcd83bb0a"]],
  ["tuuid", ["8b20830500e84460a4405e0dcd83bb0a"], ["8b208305-00e8-4460-a440-5e0dcd83bb0a"]],
  [
    "ulid",
    ["01ARZ3NDEKTSV4RRFFQ69G5FAV"],
    ["81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAI"],
  ],
  ["protobuf_fqn", ["a", "a.b_c.D1"], [".a", "a.", "a..b", "1a", "a-b"]],
  ["protobuf_dot_fqn", [".a", ".a.b"], ["a", ".", "..a"]],
  ["header_name", ["x-y", ":path"], [":", "a b", "a:b", "ä"]],
  ["header_name_loose", ["a b"], ["a\n", "a\r", "\0"]],
  ["header_value", ["", "a b\t"], ["a\n", "\u007f", "\u0001"]],
  ["header_value_loose", ["", "\u0001"], ["a\n", "\0"]],
];

for (const [name, good, bad] of cases) {
  test(`${name} takes what is one, and nothing else`, () => {
    const format = formats[name];
    assert.ok(format);
    const wrong = [
      ...good.filter((text) => !format(text)),
      // The empty text passes where a rule of its own refuses it.
      ...bad.filter((text) => text !== "" && format(text)),
    ];
    assert.equal(wrong, []);
  });
}
