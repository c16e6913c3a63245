// The public surface: what each package exports is written down here, so that no name comes or goes unnoticed.

import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";

const test = suite("the public surface");

const surface: Record<string, string[]> = {
  "@vertex/client": [
    "Client",
    "VertexError",
    "connect",
    "detail",
    "detailOf",
    "formatLogEntry",
    "lent",
    "stderrLog",
    "violationsOf",
  ],
  "@vertex/server": [
    "Connection",
    "Connections",
    "Server",
    "Topic",
    "VertexError",
    "createServer",
    "detail",
    "detailOf",
    "formatLogEntry",
    "lent",
    "stderrLog",
  ],
  "@vertex/server/worker": ["VertexError", "detail", "workerHandlers"],
  "@vertex/server/worker-thread": ["serveLane"],
  "@vertex/protocol/gen": [
    "BinaryReader",
    "BinaryWriter",
    "putBool",
    "putDouble",
    "putFixed32",
    "putFixed64",
    "putFloat",
    "putInt32",
    "putInt64",
    "putSfixed32",
    "putSfixed64",
    "putSint32",
    "putSint64",
    "putUint32",
    "putUint64",
  ],
  "@vertex/protocol": [
    "Bucket",
    "HeldBytes",
    "LimitExceeded",
    "Loop",
    "QueueingCaller",
    "Router",
    "Session",
    "StatusNumber",
    "VertexError",
    "compose",
    "composeServing",
    "detail",
    "detailOf",
    "formatLogEntry",
    "isThenable",
    "lent",
    "rawCodec",
    "resolveSessionOptions",
    "sessionOptionRules",
    "statusName",
    "stderrLog",
    "usageError",
    "violationsOf",
  ],
  "@vertex/protocol/rules": [
    "MAX_RULE_DEPTH",
    "MAX_VIOLATIONS",
    "bytesAt",
    "bytesOf",
    "bytesWith",
    "characters",
    "compareNow",
    "compareTime",
    "explain",
    "formats",
    "matchesText",
    "pathsOutside",
    "pathsWithin",
    "pattern",
    "sameBytes",
    "samePaths",
    "subscript",
    "tooDeep",
    "unique",
    "utf8Bytes",
  ],
};

for (const [name, names] of Object.entries(surface)) {
  test(`${name} exports what is listed here`, async () => {
    assert.equal(Object.keys(await import(name)).sort(), [...names].sort());
  });
}

test("an error of the client is an error of the server: there is one class", async () => {
  const [client, server] = await Promise.all([import("@vertex/client"), import("@vertex/server")]);
  assert.is(client.VertexError, server.VertexError);
});
