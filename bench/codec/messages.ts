// One instance of each message of the suite, the way services send them. Shared with the wire package's tests.
import type {
  Blob,
  Deep,
  Mapped,
  Nested,
  Packed,
  Peer,
  Repeated,
  Strings,
  Tiny,
  Wide,
} from "./gen/vertex.ts";

export interface SuiteMessages {
  Tiny: Tiny;
  Nested: Nested;
  Strings: Strings;
  Wide: Wide;
  Mapped: Mapped;
  Repeated: Repeated;
  Packed: Packed;
  Blob: Blob;
  Deep: Deep;
  Peer: Peer;
}

function tree(levels: number): Deep {
  return {
    value: levels * 1000,
    child: levels > 1 ? tree(levels - 1) : undefined,
    extra: levels % 3 === 0 ? { $case: "note", value: `level ${levels}` } : undefined,
  };
}

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31) & 0xff);
}

function nested(): Nested {
  return {
    id: 4711,
    buyer: { id: 17, name: "Ada Lovelace", limit: { units: 250_000, nanos: 0, currency: "EUR" } },
    seller: { id: 3_000_017, name: "Analytical Engines Ltd", limit: undefined },
    lines: [
      { sku: "AE-1842", quantity: 2, price: { units: 1999, nanos: 500_000_000, currency: "EUR" } },
      { sku: "AE-1843-B", quantity: 1, price: { units: 79, nanos: 0, currency: "EUR" } },
      { sku: "CARD", quantity: 4000, price: { units: 0, nanos: 20_000_000, currency: "EUR" } },
    ],
  };
}

/** The ten instances. A fresh object each time. */
export function suiteMessages(): SuiteMessages {
  return {
    Tiny: { id: 1234, ok: true, delta: -5 },
    Nested: nested(),
    Strings: {
      key: "eu-1",
      name: "telemetry.sample",
      title: "Heartbeat of the northern gateway",
      text: "The gateway answered after 14 ms, which is within its usual range. ".repeat(3),
      local: "Grüße aus Köln, 東京 и Москва",
    },
    Wide: {
      signed: -1_234_567_890_123n,
      unsigned: 18_446_744_073_709_551_557n,
      zigzag: -300n,
      fixed: 0xdead_beef_cafe_f00dn,
      signedFixed: -9_007_199_254_740_993n,
      nanos: 1_761_000_000_123_456_789n,
    },
    Mapped: {
      labels: new Map([
        ["host", "node-17"],
        ["region", "eu-central"],
        ["service", "orders"],
        ["version", "2025.10.3"],
      ]),
      counters: new Map([
        [200, 1_048_576n],
        [404, 37n],
        [500, 2n],
      ]),
    },
    Repeated: {
      tags: ["alpha", "beta", "gamma-ray", "delta", "a somewhat longer tag"],
      points: Array.from({ length: 12 }, (_, i) => ({ x: i * 0.5, y: 100 - i, layer: i * 40 - 100 })),
    },
    Packed: {
      small: Array.from({ length: 40 }, (_, i) => (i * 37) % 300),
      any: Array.from({ length: 24 }, (_, i) => (i % 5 === 0 ? -i * 1000 : i * 70_000)),
      samples: Array.from({ length: 24 }, (_, i) => i * 1.25 - 7),
      hashes: Array.from({ length: 16 }, (_, i) => (i * 0x9e37_79b1) >>> 0),
    },
    Blob: { sequence: 77, digest: bytes(32), payload: bytes(1000) },
    Deep: tree(12),
    Peer: {
      string: "Lorem ipsum dolor sit amet.",
      uint32: 9000,
      inner: {
        int32: 20_161_110,
        innerInner: { long: 34_857_897_489_505n, kind: 1, sint32: -42 },
        outer: { bool: [true, false, false, true, false, false, true], double: 204.8 },
      },
      float: 0.25,
    },
  };
}
