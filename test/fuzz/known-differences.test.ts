// node-flags: --no-disallow-code-generation-from-strings
// protobufjs writes its decoders as strings.

import * as assert from "uvu/assert";
import { rows } from "../../fuzz/src/known-differences.ts";
import { messageType } from "../../fuzz/src/message-types.ts";
import { peers } from "../../fuzz/src/peers.ts";
import { suite } from "../support/suite.ts";

const test = suite("known differences from other decoders");

/** How a peer stands to generated code on bytes. */
function stand(peer: (typeof peers)[number], name: string, hex: string): "refusal" | "value" | "none" {
  const type = messageType(name);
  assert.ok(type, name);
  const bytes = new Uint8Array(Buffer.from(hex, "hex"));
  const read = (decode: () => unknown) => {
    try {
      return { value: decode() };
    } catch {
      return null;
    }
  };
  const ours = read(() => type.decode(bytes, false));
  const theirs = read(() => peer.decode(type, bytes));
  if ((ours === null) !== (theirs === null)) return "refusal";
  if (ours === null || theirs === null) return "none";
  const again = type.encode(ours.value);
  const found = read(() => peer.difference(type, ours.value as object, theirs.value, again));
  return found !== null && found.value === null ? "none" : "value";
}

for (const { kind, peer, why, example } of rows) {
  test(`still there: ${why}`, () => {
    const concerned = peers.filter(({ name }) => peer === "both" || peer === name);
    assert.ok(concerned.length > 0);
    for (const each of concerned) assert.is(stand(each, ...example), kind, each.name);
  });
}

test("nothing else differs in a message in order", () => {
  for (const peer of peers) assert.is(stand(peer, "Scalars", "1805"), "none");
});
