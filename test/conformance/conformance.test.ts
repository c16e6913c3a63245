// node-flags: --no-disallow-code-generation-from-strings
// (ajv compiles what it checks)
// The conformance suite's binary requests and the answers that its runner took, replayed (vectors.ts).
import { rmSync } from "node:fs";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { type Codec, generateSuite, loadSuite } from "./codecs.ts";
import { readVectors } from "./vectors.ts";

const test = suite("protobuf conformance");
const dir = await generateSuite();
const find = await loadSuite(dir).finally(() => rmSync(dir, { recursive: true }));
const vectors = readVectors();

/** What the codec makes of the bytes: other bytes, or null for a refusal. */
function answer(codec: Codec, input: Uint8Array): Uint8Array | null {
  let message: unknown;
  try {
    message = codec.decode(input);
  } catch {
    return null;
  }
  return codec.encode(message).finish();
}

for (const syntax of ["proto2", "proto3"]) {
  const own = vectors.filter(({ messageType }) =>
    messageType.startsWith(`protobuf_test_messages.${syntax}.`),
  );

  test(`${syntax}: every message is read and written as the runner took it`, () => {
    const accepted = own.filter(({ output }) => output !== null);
    assert.ok(accepted.length > 300, `${accepted.length} vectors`);
    for (const { messageType, input, output } of accepted)
      assert.equal(
        answer(find(messageType) as Codec, input),
        output,
        `${messageType} ${Buffer.from(input).toString("hex")}`,
      );
  });

  test(`${syntax}: every malformed message is refused`, () => {
    const refused = own.filter(({ output }) => output === null);
    assert.ok(refused.length > 150, `${refused.length} vectors`);
    for (const { messageType, input } of refused)
      assert.is(
        answer(find(messageType) as Codec, input),
        null,
        `${messageType} ${Buffer.from(input).toString("hex")}`,
      );
  });
}
