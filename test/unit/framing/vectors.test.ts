// The golden vectors: PROTOCOL.md quotes them, so a change here is a change of the protocol.
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import { decodeFrames } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";
import { encodeVector, hexOf, unhex, vectors } from "../../support/vectors.ts";

const test = suite("the golden vectors");

test("have names of their own and show every kind of frame", () => {
  assert.is(new Set(vectors.map(({ name }) => name)).size, vectors.length);
  const kinds = new Set(vectors.map(({ kind }) => kind));
  assert.equal([...kinds].sort(), Object.keys(Kind).sort());
});

for (const vector of vectors) {
  test(`${vector.name}: its fields make exactly these bytes`, () => {
    assert.is(hexOf(encodeVector(vector)), vector.hex.replaceAll(" ", ""));
  });

  test(`${vector.name}: its bytes are one frame of this kind, with these flags and this id`, () => {
    const [frame, ...others] = decodeFrames(unhex(vector.hex));
    assert.is(others.length, 0);
    assert.is(frame?.name, vector.kind);
    const flags = [(frame?.flags ?? 0) & 0x80 ? "END" : "", (frame?.flags ?? 0) & 0x40 ? "MORE" : ""];
    assert.equal(
      flags.filter((flag) => flag !== ""),
      vector.flags,
    );
    assert.is(frame?.id, vector.callId);
    assert.is(hexOf(frame?.payload ?? new Uint8Array(0)), vector.hex.replaceAll(" ", "").slice(16));
  });
}
