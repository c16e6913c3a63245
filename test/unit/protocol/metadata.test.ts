import * as assert from "uvu/assert";
import {
  decodeMetadata,
  encodeMetadata,
  fromMessage,
  MAX_METADATA_BYTES,
  MAX_METADATA_ENTRIES,
  toMessage,
} from "../../../packages/protocol/src/metadata.ts";
import { VertexError } from "../../../packages/protocol/src/vertex-error.ts";
import { concat, metadataPayload } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";
import { unhex } from "../../support/vectors.ts";

const encoding = suite("metadata that is sent");
const decoding = suite("metadata that comes");

const isUsage = (error: unknown) => error instanceof VertexError && error.family === "usage";
const isRefused = (error: unknown) =>
  error instanceof VertexError && error.family === "protocol" && error.code === "RESOURCE_EXHAUSTED";
const decode = (bytes: Uint8Array) => decodeMetadata(bytes, 0, bytes.length);

encoding("comes back as it was, from a Map and from a plain object", () => {
  const pairs: [string, string | Uint8Array][] = [
    ["trace-id", "7f"],
    ["a.b_c-0", ""],
    ["bin", new Uint8Array([0, 255])],
    ["utf8", "żółw 🐢"],
  ];
  for (const init of [new Map(pairs), Object.fromEntries(pairs)]) {
    assert.equal([...decode(encodeMetadata(init)).entries()], pairs);
  }
  assert.is(encodeMetadata({}).length, 0);
  assert.is(decode(new Uint8Array(0)).size, 0);
});

const goodKeys = ["a", "0", "x-y", "a.b_c", "constructor", "tostring", "z".repeat(128)];
const badKeys = [
  "",
  "A",
  "-a",
  ".a",
  "_a",
  "a b",
  "a:b",
  "ä",
  "a\n",
  "z".repeat(129),
  "__proto__",
  "hasOwnProperty",
  "a\0",
];

encoding("has keys of lower case letters, digits, dash, underscore and dot, up to 128", () => {
  for (const key of goodKeys) assert.is(decode(encodeMetadata({ [key]: "v" })).get(key), "v");
  for (const key of badKeys)
    assert.throws(() => encodeMetadata(new Map([[key, "v"]])), isUsage, JSON.stringify(key));
});

encoding("has values of text or bytes", () => {
  for (const value of [1, null, undefined, {}, [1], 5n]) {
    assert.throws(() => encodeMetadata({ key: value as unknown as string }), isUsage);
  }
});

encoding("has at most 64 entries and 8 KiB", () => {
  const entries = (n: number) => new Map(Array.from({ length: n }, (_, i) => [`k${i}`, ""]));
  assert.is(decode(encodeMetadata(entries(MAX_METADATA_ENTRIES))).size, 64);
  assert.throws(() => encodeMetadata(entries(MAX_METADATA_ENTRIES + 1)), isUsage);
  const room = MAX_METADATA_BYTES - encodeMetadata({ k: "x".repeat(8_000) }).length;
  const full = encodeMetadata({ k: "x".repeat(8_000 + room) });
  assert.is(full.length, MAX_METADATA_BYTES);
  assert.is(decode(full).size, 1);
  assert.throws(() => encodeMetadata({ k: "x".repeat(8_001 + room) }), isUsage);
});

encoding("in an object has only the object's own keys", () => {
  const init = Object.create({ inherited: "x" }) as Record<string, string>;
  init.own = "y";
  assert.equal([...decode(encodeMetadata(init)).keys()], ["own"]);
});

decoding("is refused with a key that is not allowed, or with one twice", () => {
  for (const key of badKeys)
    assert.throws(() => decode(metadataPayload([[key, "v"]])), isRefused, JSON.stringify(key));
  assert.throws(
    () =>
      decode(
        metadataPayload([
          ["a", "1"],
          ["b", "2"],
          ["a", "3"],
        ]),
      ),
    isRefused,
  );
});

decoding("is refused with a pair that has no value", () => {
  assert.throws(() => decode(unhex("0a030a0161")), isRefused);
});

decoding("leaves Object.prototype alone", () => {
  for (const key of ["constructor", "prototype", "valueof", "tostring"]) {
    const metadata = decode(metadataPayload([[key, "x"]]));
    assert.is(metadata.get(key), "x");
    assert.is(metadata.get("__proto__"), undefined);
  }
  assert.is(({} as Record<string, unknown>).x, undefined);
});

decoding("is refused over 64 entries, counted before they are made, and over 8 KiB", () => {
  const pairs = (n: number) => Array.from({ length: n }, (_, i) => [`k${i}`, ""] as const);
  assert.is(decode(metadataPayload(pairs(64))).size, 64);
  assert.throws(() => decode(metadataPayload(pairs(65))), isRefused);
  assert.throws(() => decode(concat(...Array.from({ length: 4_096 }, () => unhex("0a00")))), isRefused);
  assert.throws(() => decode(new Uint8Array(MAX_METADATA_BYTES + 1)), isRefused);
});

decoding("is refused when it is not protobuf, wherever it breaks off", () => {
  const good = metadataPayload([["key", "value"]]);
  for (let end = 1; end < good.length; end++)
    assert.throws(() => decodeMetadata(good, 0, end), isRefused, `${end}`);
  for (const hex of ["00", "07", "0aff", "0b", "0c", "ffffffffffffffffffffff", "0a050a0161120180"]) {
    assert.throws(() => decode(unhex(hex)), isRefused, hex);
  }
});

decoding("ignores fields that it does not know", () => {
  assert.is(decode(concat(unhex("1001"), metadataPayload([["a", "b"]]))).get("a"), "b");
});

decoding("inside a control message has the same limits", () => {
  const entries = Array.from({ length: 65 }, (_, i) => ({
    key: `k${i}`,
    value: { $case: "text" as const, value: "" },
  }));
  assert.is(fromMessage({ entries: entries.slice(1) }).size, 64);
  assert.throws(() => fromMessage({ entries }), isRefused);
  assert.is(toMessage(new Map()), undefined);
  assert.is(toMessage(new Map([["a", "b"]]))?.entries.length, 1);
});
